import DockerfileLanguage
import Foundation
import TestSupport
import Testing

/// Ignore files against published tables, and against a context whose copies are known.
@Suite struct IgnoreTests {
    private struct Tables: Decodable {
        struct Row: Decodable {
            var patterns: [String]
            var path: String
            var match: Bool?
            var error: Bool
        }
        struct File: Decodable {
            var content: String
            var patterns: [String]
        }
        var cases: [Row]
        var ignorefile: File
    }

    @Test(.needsCases) func pathsMatchAsInTheTable() throws {
        let folder = try #require(SharedCases.folder)
        let table = SharedCases.decode(Tables.self, "\(folder)/dockerignore/patterns.json")
        #expect(table.cases.count > 90)
        for row in table.cases {
            let result = Result { try IgnorePatterns(row.patterns).excludes(row.path) }
            if row.error {
                #expect(throws: IgnorePatternError.self, "\(row.patterns) on \(row.path)") { try result.get() }
            } else {
                #expect((try? result.get()) == row.match, "\(row.patterns) on \(row.path)")
            }
        }
    }

    @Test(.needsCases) func aFilesTextGivesItsPatterns() throws {
        let folder = try #require(SharedCases.folder)
        let file = SharedCases.decode(Tables.self, "\(folder)/dockerignore/patterns.json").ignorefile
        #expect(IgnorePatterns.lines(of: file.content) == file.patterns)
    }

    private struct Trees: Decodable {
        struct Case: Decodable {
            var name: String
            var dockerignore: String?
            var copied: [String]?
            var error: Bool?
        }
        var cases: [Case]
    }

    @Test(.needsCases) func knownFilesLeaveWhatIsCopied() throws {
        let folder = try #require(SharedCases.folder)
        let trees = SharedCases.decode(Trees.self, "\(folder)/dockerignore/trees.json")
        let all = try #require(trees.cases.first { $0.name == "none" }?.copied)
        for known in trees.cases {
            let result = Result { try IgnorePatterns(IgnorePatterns.lines(of: known.dockerignore ?? "")) }
            guard known.error != true else {
                #expect(throws: IgnorePatternError.self, "\(known.name)") { try result.get() }
                continue
            }
            let patterns = try result.get()
            let paths = all + (known.dockerignore == nil ? [] : [".dockerignore"])
            // A directory that is excluded stands when something below it is taken back in.
            let kept = Set(paths.filter { !patterns.excludes($0) })
            let shown = paths.filter { path in kept.contains(path) || kept.contains { $0.hasPrefix(path + "/") } }
            #expect(shown.sorted() == known.copied?.sorted(), "\(known.name)")
        }
    }

    @Test func manyStarsDoNotTakeForever() throws {
        let patterns = try IgnorePatterns([String(repeating: "**/*a", count: 40) + "b"])
        #expect(!patterns.excludes(String(repeating: "aaaa/", count: 40) + "x"))
    }
}
