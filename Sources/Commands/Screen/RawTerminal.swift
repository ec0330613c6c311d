import Glibc

/// A terminal that hands every key on as it is pressed, until it is restored.
final class RawTerminal {
    private let terminal: Terminal
    private var before = termios()

    /// Nil where it is no terminal.
    init?(_ terminal: Terminal) {
        self.terminal = terminal
        guard tcgetattr(terminal.fd, &before) == 0 else { return nil }
        var raw = before
        cfmakeraw(&raw)
        tcsetattr(terminal.fd, TCSANOW, &raw)
    }

    func restore() { tcsetattr(terminal.fd, TCSADRAIN, &before) }
}
