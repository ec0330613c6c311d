import Foundation
import Glibc
import TestSupport
import Testing

/// The program in a terminal of tmux, whose screen is read and whose keys are pressed.
final class TmuxScene {
    let bench: Workbench
    private let socket: String
    private var tmux: Program { Program("tmux") }

    /// A terminal of that size in which a shell's command runs, and then shows its status.
    ///
    /// `$STRATA` is the program.
    init(
        _ bench: Workbench, _ command: String, columns: Int = 80, rows: Int = 24, environment: [String: String] = [:]
    ) throws {
        self.bench = bench
        socket = bench.folder.path("tmux-\(UUID().uuidString.prefix(8))")
        var shell = ["LC_ALL": "C.UTF-8", "STRATA": Program.strata.path, "STRATA_STORE": bench.store, "HOME": bench.folder.path]
        shell["SWIFT_BACKTRACE"] = "enable=no"
        for (name, value) in environment { shell[name] = value }
        let words = shell.map { "\($0.key)='\($0.value)'" }.sorted().joined(separator: " ")
        let script =
            "trap : INT\n\(command)\necho \"status $?\"\nstty -a | grep -o -e '-\\?icanon' -e '-\\?echo\\b'\nexec sleep 1000"
        let path = bench.folder.path("script-\(UUID().uuidString.prefix(8))")
        try Data(script.utf8).write(to: URL(filePath: path))
        _ = try run(
            ["-u", "-f", "/dev/null", "new-session", "-d", "-x", "\(columns)", "-y", "\(rows)", "env \(words) sh '\(path)'"])
        // Otherwise an Escape waits for what may follow it.
        _ = try run(["set-option", "-s", "escape-time", "0"])
    }

    deinit { _ = try? run(["kill-server"]) }

    private func run(_ arguments: [String]) throws -> String {
        try tmux.run(["-S", socket] + arguments, environment: ["LC_ALL": "C.UTF-8"]).output
    }

    /// The screen's lines, blanks at their ends left out.
    var lines: [String] {
        get throws {
            try run(["capture-pane", "-p"]).split(separator: "\n", omittingEmptySubsequences: false).map { line in
                String(line.reversed().drop { $0 == " " }.reversed())
            }
        }
    }

    /// The screen with its colours.
    var painted: String { get throws { try run(["capture-pane", "-p", "-e"]) } }

    /// What tmux says of the terminal, such as `#{alternate_on}`.
    func state(_ format: String) throws -> String {
        try run(["display-message", "-p", format]).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Presses keys as tmux calls them.
    func press(_ keys: String...) throws { _ = try run(["send-keys"] + keys) }
    func type(_ text: String) throws { _ = try run(["send-keys", "-l", text]) }
    func resize(columns: Int, rows: Int) throws { _ = try run(["resize-window", "-x", "\(columns)", "-y", "\(rows)"]) }

    /// The screen as soon as a line has that text.
    @discardableResult
    func see(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> [String] {
        var lines: [String] = []
        for _ in 0..<600 {
            lines = try self.lines
            if lines.contains(where: { $0.contains(text) }) { return lines }
            usleep(50_000)
        }
        Issue.record("`\(text)` does not come: \(lines.joined(separator: "\n"))", sourceLocation: sourceLocation)
        return lines
    }

    /// The process of the explorer, of which there is one.
    var explorer: Int32 {
        get throws {
            let shell = try state("#{pane_pid}")
            let found = try Program("pgrep").run(["-P", shell]).lines.first.flatMap { Int32($0) }
            return try #require(found)
        }
    }

    /// Waits for the end of the program, and holds that the terminal is as it was before.
    func expectEnd(status: Int32, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let lines = try see("status ", sourceLocation: sourceLocation)
        #expect(lines.contains("status \(status)"), "\(lines)", sourceLocation: sourceLocation)
        try see("echo", sourceLocation: sourceLocation)
        let after = try self.lines
        #expect(after.contains("icanon") && after.contains("echo"), "\(after)", sourceLocation: sourceLocation)
        let state = try state("#{alternate_on} #{mouse_any_flag} #{keypad_cursor_flag} #{cursor_flag}")
        #expect(state == "0 0 0 1", sourceLocation: sourceLocation)
    }
}
