import Reports
import StorageIO
import TerminalScreen

extension ScreenError: ExplainedError {
    var sentence: ErrorSentence { ErrorSentence(self) }
}

extension ErrorSentence {
    init(_ error: ScreenError) {
        let plain = "`strata analyze`, `strata files` and `strata df` print the same figures"
        switch error {
        case .notATerminal(let stream):
            self.init(code: "no-terminal", message: "cannot open the explorer: \(stream) is not a terminal", hint: plain)
        case .dumbTerminal:
            self.init(
                code: "dumb-terminal", message: "cannot open the explorer: the terminal cannot move its cursor (TERM=dumb)",
                hint: plain)
        case .unknownTerminal(nil):
            self.init(
                code: "unknown-terminal", message: "cannot open the explorer: TERM is not set", hint: "TERM=xterm-256color")
        case .unknownTerminal(let name?):
            self.init(
                code: "unknown-terminal", message: "cannot open the explorer: the terminal type `\(name)` is not known here",
                hint: "TERM=xterm-256color")
        case .weakTerminal(let name):
            self.init(
                code: "weak-terminal",
                message: "cannot open the explorer: a terminal of type `\(name)` cannot move its cursor", hint: plain)
        case .noLibrary(let problem):
            self.init(
                code: "no-ncurses", message: "cannot open the explorer: \(problem)",
                hint: "install ncurses (Debian and Ubuntu: libncursesw6)")
        case .gone: self.init(code: "terminal-gone", message: "the terminal was closed")
        case .system(let number):
            self.init(code: "terminal", message: "cannot open the terminal: \(Self.reason(number))")
        }
    }
}
