import LayerAnalysis
import Testing

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
}
