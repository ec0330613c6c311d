import Foundation
import Testing

/// The tree of files tells what is inside, and docs/architecture.md tells the truth about it.
struct RoomTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Paths below `Sources` of all Swift files.
    private static func files() throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: "Sources").path).filter {
            $0.hasSuffix(".swift")
        }
    }

    /// What does not fit into a page of a file manager has folders by noun.
    @Test func noFolderHasMoreFilesThanOneSees() throws {
        let folders = Dictionary(grouping: try Self.files()) { $0.split(separator: "/").dropLast().joined(separator: "/") }
        for (folder, files) in folders where files.count > 26 {
            Issue.record("Sources/\(folder) has \(files.count) files: put them into folders by noun")
        }
    }

    /// Each file on a way through the floors is there: `Module/Folder/File`, or shorter where the module was named before.
    @Test func everyFileOfAWayIsThere() throws {
        let text = try String(contentsOf: Self.root.appending(path: "docs/architecture.md"), encoding: .utf8)
        let start = try #require(text.range(of: "## The ways through the floors"))
        let end = try #require(text.range(of: "\n## ", range: start.upperBound..<text.endIndex))
        let files = try Self.files().map { "/" + $0 }
        let named = text[start.upperBound..<end.lowerBound].matches(of: /`([A-Z][A-Za-z0-9+]*(?:\/[A-Za-z0-9+]+)*)`/)
        #expect(named.count > 20)
        for path in named.map(\.output.1) where !Self.isModule(path) {
            #expect(files.contains { $0.hasSuffix("/\(path).swift") }, "no file `\(path)` below Sources")
        }
    }

    private static func isModule(_ name: Substring) -> Bool {
        FileManager.default.fileExists(atPath: root.appending(path: "Sources/\(name)").path)
    }
}
