import Foundation
import TestSupport
import Testing

/// Compares a text with the file at `path` of the package, byte for byte.
///
/// With STRATA_RECORD=1 in the environment the file is written instead, and the test fails, saying so.
func expectGolden(_ text: String, _ path: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let file = URL(fileURLWithPath: "\(Program.packageRoot)/\(path)")
    if ProcessInfo.processInfo.environment["STRATA_RECORD"] == "1" {
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
        Issue.record("recorded \(path): look at it, and run again without STRATA_RECORD", sourceLocation: sourceLocation)
        return
    }
    guard let data = FileManager.default.contents(atPath: file.path) else {
        Issue.record("\(path) is absent: record it with STRATA_RECORD=1", sourceLocation: sourceLocation)
        return
    }
    let expected = String(decoding: data, as: UTF8.self)
    guard text != expected else { return }
    let (old, new) = (expected.components(separatedBy: "\n"), text.components(separatedBy: "\n"))
    let line = zip(old, new).enumerated().first { $1.0 != $1.1 }?.offset ?? min(old.count, new.count)
    func show(_ lines: [String]) -> String { lines.indices.contains(line) ? "`\(lines[line])`" : "nothing" }
    Issue.record(
        "\(path), line \(line + 1): expected \(show(old)), got \(show(new)); STRATA_RECORD=1 records what is printed now",
        sourceLocation: sourceLocation)
}
