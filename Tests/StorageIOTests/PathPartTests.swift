import StorageIO
import Testing

/// What is one name of a directory, and what is not.
struct PathPartTests {
    @Test(arguments: ["a", "...", "..a", "a..", " ", "-", "é", "\u{FFFD}", "a\nb", "~", String(repeating: "x", count: 255)])
    func aNameIsTaken(text: String) {
        #expect(PathPart(text)?.text == text)
    }

    @Test(arguments: ["", ".", "..", "/", "/a", "a/", "a/b", "../a", "a/..", "\0", "a\0b", String(repeating: "x", count: 256)])
    func whatIsNoneIsRefused(text: String) {
        #expect(PathPart(text) == nil)
    }

    /// The limit is in bytes, as the file system counts.
    @Test func lengthCountsBytes() {
        #expect(PathPart(String(repeating: "é", count: 127)) != nil)
        #expect(PathPart(String(repeating: "é", count: 128)) == nil)
    }

    @Test func namesByChanceAreNames() {
        let names = (0..<100).map { _ in PathPart.random() }
        #expect(Set(names).count == 100)
        #expect(names.allSatisfy { PathPart($0.text) == $0 && $0.text.count == 64 })
        #expect(PathPart(PathPart("run", number: 7).text)?.text == "run.7")
    }
}
