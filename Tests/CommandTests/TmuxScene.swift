import Foundation
import Glibc
import TestSupport
import Testing

/// A shell's command in a terminal, which is looked at once more when the command has ended.
struct TmuxScene {
    let bench: Workbench
    private let screen: TmuxScreen

    /// A terminal of that size in which a shell's command runs, and then shows its status.
    ///
    /// `$STRATA` is the program.
    init(
        _ bench: Workbench, _ command: String, columns: Int = 80, rows: Int = 24, environment: [String: String] = [:]
    ) throws {
        self.bench = bench
        var shell = ["LC_ALL": "C.UTF-8", "STRATA": Program.strata.path, "STRATA_STORE": bench.store, "HOME": bench.folder.path]
        shell["SWIFT_BACKTRACE"] = "enable=no"
        for (name, value) in environment { shell[name] = value }
        let words = shell.map { "\($0.key)='\($0.value)'" }.sorted().joined(separator: " ")
        let script =
            "trap : INT\n\(command)\necho \"status $?\"\nstty -a | grep -o -e '-\\?icanon' -e '-\\?echo\\b'\nexec sleep 1000"
        let path = bench.folder.path("script-\(UUID().uuidString.prefix(8))")
        try Data(script.utf8).write(to: URL(filePath: path))
        screen = try TmuxScreen(shell: "env \(words) sh '\(path)'", columns: columns, rows: rows)
    }

    var lines: [String] { get throws { try screen.lines() } }
    var painted: String { get throws { try screen.painted } }
    func state(_ format: String) throws -> String { try screen.state(format) }
    func press(_ keys: String...) throws { for key in keys { try screen.press(key) } }
    func type(_ text: String) throws { try screen.type(text) }
    func resize(columns: Int, rows: Int) throws { try screen.resize(columns: columns, rows: rows) }

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
    var explorer: Int32 { get throws { try #require(try screen.processID()) } }

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
