import Foundation
package import Glibc

/// A program at a terminal of tmux: keys go in, and what stands on the screen is read.
package final class TmuxScreen {
    /// Why a screen is not what was waited for.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    private let folder: TemporaryDirectory
    private let tmux = Program("tmux")
    /// What the shell says once the program has ended, before its status.
    private static let ended = "ended with status"

    /// Starts `strata arguments…` with the variables of `program` at a terminal of this size.
    package convenience init(_ program: Program, _ arguments: [String], columns: Int, rows: Int) throws {
        var variables = program.environment
        variables["TERM"] = "screen-256color"
        variables["LANG"] = "C.UTF-8"
        variables["PATH"] = variables["PATH"] ?? "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        let words = ["env", "-i"] + variables.map { "\($0)=\($1)" } + [program.path] + arguments
        let command = words.map {
            "'" + $0.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
        }
        let line = command.joined(separator: " ") + "; printf '\\r\\n\(Self.ended) %s\\r\\n' $?; exec cat"
        try self.init(shell: line, columns: columns, rows: rows)
    }

    /// Starts a shell's line at a terminal of this size.
    package init(shell line: String, columns: Int, rows: Int) throws {
        folder = try TemporaryDirectory()
        try run("new-session", "-d", "-s", "s", "-x", "\(columns)", "-y", "\(rows)", "-c", Program.packageRoot, line)
        // Otherwise an Escape waits for what may follow it.
        try run("set-option", "-s", "escape-time", "0")
    }

    deinit {
        // A server that is gone already has nothing to end.
        _ = try? tmux.run(["-S", folder.path("sock"), "kill-server"])
    }

    @discardableResult
    private func run(_ arguments: String...) throws -> String {
        let outcome = try tmux.run(
            ["-u", "-S", folder.path("sock"), "-f", "/dev/null"] + arguments, environment: ["LANG": "C.UTF-8", "TERM": "xterm"])
        guard outcome.status == 0 else { throw Failure(description: "tmux \(arguments): \(outcome.errors)") }
        return outcome.output
    }

    /// Presses keys as tmux names them: `Space`, `Enter`, `Escape`, `d`.
    package func press(_ keys: String...) throws { for key in keys { try run("send-keys", "-t", "s", key) } }

    /// Types a text.
    package func type(_ text: String) throws { try run("send-keys", "-t", "s", "-l", text) }

    /// Presses the mouse's first button on a line and a column of the screen, both from 0.
    package func click(line: Int, column: Int) throws {
        // As the terminals do for which tmux stands in: a button, a column and a line, each by 32 more.
        let places = [column, line].map { String(UnicodeScalar(UInt8(33 + $0))) }
        // Pressed, and let go: a button that is down is not pressed again.
        try type("\u{1B}[M " + places.joined() + "\u{1B}[M#" + places.joined())
    }

    /// Gives the terminal another size.
    package func resize(columns: Int, rows: Int) throws {
        try run("resize-window", "-t", "s", "-x", "\(columns)", "-y", "\(rows)")
    }

    /// The screen with its colours.
    package var painted: String { get throws { try run("capture-pane", "-p", "-e", "-t", "s") } }

    /// What tmux says of the terminal, such as `#{alternate_on}`.
    package func state(_ format: String) throws -> String {
        try run("display-message", "-p", "-t", "s", format).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// What stands on the screen, from the top, without blanks at the ends of lines.
    package func lines() throws -> [String] {
        try run("capture-pane", "-p", "-t", "s").split(separator: "\n", omittingEmptySubsequences: false).map { line in
            String(line.reversed().drop { $0 == " " }.reversed())
        }
    }

    /// The screen once it satisfies a condition and stands still.
    @discardableResult
    package func wait(seconds: Double = 40, _ what: String, until condition: ([String]) -> Bool) throws -> [String] {
        let end = Date().addingTimeInterval(seconds)
        var last: [String] = []
        while Date() < end {
            let now = try lines()
            if condition(now), now == last { return now }
            last = now
            usleep(30_000)
        }
        throw Failure(description: "\(what) did not come:\n" + last.joined(separator: "\n"))
    }

    /// The screen once a text stands on it.
    @discardableResult
    package func wait(for text: String, seconds: Double = 40) throws -> [String] {
        try wait(seconds: seconds, "`\(text)`") { $0.contains { $0.contains(text) } }
    }

    /// The status that the program ended with.
    package func status() throws -> Int32? {
        let lines = try wait(for: Self.ended)
        // A program that was killed leaves the screen as it was.
        let line = lines.last { $0.contains(Self.ended) } ?? ""
        let words = line.components(separatedBy: Self.ended + " ").last ?? ""
        return Int32(words.prefix { $0.isNumber })
    }

    /// The process of the program itself.
    package func processID() throws -> pid_t? {
        let shell = try state("#{pane_pid}")
        let children = try String(contentsOfFile: "/proc/\(shell)/task/\(shell)/children", encoding: .utf8)
        return children.split(separator: " ").first.flatMap { pid_t($0) }
    }
}
