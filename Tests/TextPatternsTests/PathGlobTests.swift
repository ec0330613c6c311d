import Testing
import TextPatterns

@Suite struct PathGlobTests {
    private static let cases: [(pattern: String, path: String, matches: Bool)] = [
        ("/usr/share/doc/**", "usr/share/doc/x/y", true), ("/usr/share/doc/**", "usr/share/doc", false),
        ("usr/share/doc", "usr/share/doc/x/y", true), ("usr/share/do", "usr/share/doc/x", false),
        ("**/*.pyc", "a/b/c.pyc", true), ("**/*.pyc", "c.pyc", true), ("**/*.pyc", "c.py", false),
        ("**/.git", "srv/app/.git/objects/1", true), ("*/b", "a/b", true), ("*/b", "x/a/b", false), ("a?c", "abc", true),
        ("a?c", "a/c", false), ("a[b-d]e", "ace", true), ("a[!b-d]e", "ace", false), ("a[!b-d]e", "axe", true),
        ("a[", "a[", true), ("**", "x", true), ("**/a/**/b", "a/b", true), ("**/a/**/b", "x/a/y/z/b", true),
        ("*", "x/y", true), ("a*b*c", "aXbYbZc", true), ("a*b*c", "aXbYbZ", false),
    ]

    @Test(arguments: cases) func patternsMeanPathsAndWhatIsBelow(_ known: (pattern: String, path: String, matches: Bool)) throws {
        let glob = try #require(PathGlob(known.pattern))
        #expect(glob.matches(Array(known.path.utf8)) == known.matches, "\(known.pattern) on \(known.path)")
    }

    @Test func nothingIsNoPattern() {
        #expect(PathGlob("") == nil)
        #expect(PathGlob("///") == nil)
    }

    @Test func manyStarsDoNotTakeForever() throws {
        let glob = try #require(PathGlob(String(repeating: "*a", count: 200) + "b"))
        #expect(!glob.matches(Array(repeating: UInt8(ascii: "a"), count: 2000)))
    }

    @Test func manyStarsAcrossPartsDoNotTakeForever() throws {
        let glob = try #require(PathGlob(String(repeating: "**/a/", count: 60) + "b"))
        #expect(!glob.matches(Array(String(repeating: "a/", count: 2000).utf8)))
    }

    /// The rule by itself: a part for a part, and `**` for any number of them.
    private static func means(_ pattern: ArraySlice<String>, _ path: ArraySlice<String>) -> Bool {
        guard let first = pattern.first else { return true }
        let rest = pattern.dropFirst()
        if first == "**" {
            return rest.isEmpty ? !path.isEmpty : (path.startIndex...path.endIndex).contains { means(rest, path[$0...]) }
        }
        guard let part = path.first, first == "*" || first == part else { return false }
        return means(rest, path.dropFirst())
    }

    @Test func everyShortPatternMeansWhatTheRuleSays() throws {
        func all(of words: [String], upTo count: Int) -> [[String]] {
            (0..<count).reduce([[[]]]) { lists, _ in
                lists + [(lists.last ?? []).flatMap { list in words.map { list + [$0] } }]
            }.flatMap(\.self)
        }
        let paths = all(of: ["a", "b"], upTo: 4)
        for pattern in all(of: ["a", "b", "*", "**"], upTo: 4) where !pattern.isEmpty {
            let glob = try #require(PathGlob(pattern.joined(separator: "/")))
            for path in paths {
                let text = path.joined(separator: "/")
                #expect(glob.matches(Array(text.utf8)) == Self.means(pattern[...], path[...]), "\(glob.text) on \(text)")
            }
        }
    }
}
