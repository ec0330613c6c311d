import Foundation
import TestSupport
import Testing

/// Each limit can be raised by the one option that its error names, in every command that reads layers.
struct LimitOptionTests {
    /// A layer over a limit that is set low, and the option that is to be named.
    struct Row: Sendable, CustomStringConvertible {
        var option: String
        var low: String
        var high: String
        var description: String { option }
    }

    private static let rows = [
        Row(option: "--max-tar", low: "2kB", high: "1MB"), Row(option: "--max-entries", low: "1", high: "5"),
        Row(option: "--max-path", low: "3B", high: "1kB"), Row(option: "--max-names", low: "3B", high: "1kB"),
        Row(option: "--max-content", low: "9B", high: "1MB"), Row(option: "--max-window", low: "2KiB", high: "1GiB"),
    ]

    private func archive(_ bench: Workbench) throws -> String {
        let tar = Tar([.file("first/file", size: 5000, seed: 1), .file("second/file", size: 5000, seed: 2)]).bytes
        let stored = try Compressor.run("sh", ["-c", "zstd -qc --long=20 < \"$0\""], on: tar)
        return try bench.file(
            "layer.tar", ImageBuilder([BuiltLayer(tar, stored: stored)], named: "localhost/limits:1").layout().tar)
    }

    @Test(arguments: rows, [["scan"], ["analyze"], ["files"], ["check", "--max-size", "1GB"], ["load", "-i"]])
    func theErrorNamesTheOptionThatHelps(_ row: Row, _ command: [String]) throws {
        let bench = try Workbench()
        let path = try archive(bench)
        let words = command.last == "-i" ? command + [path] : [command[0], path] + command.dropFirst()
        let refused = try bench.program.run(words + [row.option, row.low])
        expectSentence(refused, naming: path)
        #expect(refused.errors.contains("`\(row.option)"), "\(refused.errors)")
        #expect(try bench.program.run(words + [row.option, row.high]).status == 0)
    }

    @Test func theOlderNameOfOneStillWorks() throws {
        let bench = try Workbench()
        let path = try archive(bench)
        expectSentence(try bench.strata("scan", "--max-layer", "2kB", path), naming: path)
        #expect(try bench.strata("check", "--max-layer", "2kB", path).status == 1)
    }
}
