import Foundation
import Glibc
import Operations

/// Questions to whoever sits at the terminal.
enum PasswordPrompt {
    private static let longestPassword = 1 << 20

    static func line(_ question: String, missing: String) throws -> String {
        guard Terminal.standardInput.isTerminal else { throw CommandError.loginIncomplete(missing: missing) }
        Terminal.standardError.write(question)
        guard let line = readLine() else { throw CommandError.loginIncomplete(missing: missing) }
        return line.trimmingCharacters(in: .whitespaces)
    }

    /// A line that is not shown while it is typed.
    static func secret(_ question: String) throws -> String {
        guard Terminal.standardInput.isTerminal else { throw CommandError.loginIncomplete(missing: "password") }
        var old = termios()
        guard tcgetattr(0, &old) == 0 else { throw CommandError.loginIncomplete(missing: "password") }
        var silent = old
        silent.c_lflag &= ~tcflag_t(ECHO)
        let shown = old
        Interruption.clean {
            var shown = shown
            tcsetattr(0, TCSAFLUSH, &shown)
        }
        tcsetattr(0, TCSAFLUSH, &silent)
        defer {
            tcsetattr(0, TCSAFLUSH, &old)
            Interruption.clean(with: nil)
            Terminal.standardError.write("\n")
        }
        return try line(question, missing: "password")
    }

    /// All of standard input, without the end of its last line.
    static func standardInput() throws(CommandError) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count <= longestPassword {
            let count = read(0, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .passwordInput(.unreadable(errno: errno)) }
            if count == 0 { break }
            bytes += buffer[..<count]
        }
        guard bytes.count <= longestPassword else { throw .passwordInput(.tooLong(limit: longestPassword)) }
        guard var text = String(validating: bytes, as: UTF8.self) else { throw .passwordInput(.notText) }
        while text.last?.isNewline == true { text.removeLast() }
        return text
    }
}
