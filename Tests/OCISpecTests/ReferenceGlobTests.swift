import OCISpec
import Testing

@Suite("patterns for names")
struct ReferenceGlobTests {
    @Test(
        "what fits",
        arguments: [
            ("busybox", "busybox"), ("busybox", "busybox:latest"), ("*", "busybox:latest"), ("busybox:*", "busybox:1.36"),
            ("docker.io/library/busybox:1", "busybox:1"), ("**", "localhost:5000/a/b:t"),
            ("**/base/*", "r.example.com/x/base/y:1"),
            ("registry.example.com/ci/**", "registry.example.com/ci/a/b:t"), ("a?c:t", "abc:t"), ("a[b-d]e", "ace:t"),
            ("a[^b]c", "adc"), ("a\\bc", "abc"), ("**:latest", "x/y:latest"), ("a**e", "a/b/c/e"),
            ("localhost:5000/*", "localhost:5000/a"),
        ])
    func fits(_ pattern: String, _ name: String) throws {
        #expect(try Reference(normalizing: name).matches(glob: pattern))
    }

    @Test(
        "what does not fit",
        arguments: [
            ("busy", "busybox"), ("*", "a/b"), ("busybox*", "busybox/x:1"), ("a?c", "a/c"), ("a[^b]c", "abc"), ("*/c", "a/b/c"),
            ("busybox:1.*", "busybox:2.1"), ("registry.example.com/*", "registry.example.com/a/b"), ("BUSYBOX", "busybox"),
            ("", "busybox"),
        ])
    func fitsNot(_ pattern: String, _ name: String) throws {
        #expect(try !Reference(normalizing: name).matches(glob: pattern))
    }

    @Test("a broken pattern is refused", arguments: ["[", "a[", "a[b", "a[]", "a[-]", "a[b-]", "a[z-a]", "a\\", "[\\"])
    func brokenIsRefused(_ pattern: String) {
        #expect(throws: ReferenceError.badPattern(pattern)) { try ReferenceGlob(pattern) }
    }

    @Test("a star stops at a tag's colon")
    func starStopsAtColon() throws {
        #expect(try !ReferenceGlob("a*c").matches("ab:c"))
    }

    @Test("many stars do not take exponential time", .timeLimit(.minutes(1)))
    func manyStars() throws {
        let glob = try ReferenceGlob(String(repeating: "a**", count: 60) + "b")
        #expect(!glob.matches(String(repeating: "a", count: 255)))
    }
}
