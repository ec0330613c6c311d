import OCISpec
import TestSupport
import Testing

@Suite("names")
struct ReferenceTests {
    private let digestText = "sha256:" + String(repeating: "a", count: 64)

    @Test("a short name gets registry, library and tag")
    func shortNameGetsDefaults() throws {
        #expect(try Reference(normalizing: "busybox").withDefaultTag.full == "docker.io/library/busybox:latest")
    }

    @Test("the familiar form of a full name is short")
    func familiarIsShort() throws {
        #expect(try Reference(normalizing: "docker.io/library/busybox:latest").familiar == "busybox:latest")
    }

    @Test("an explicit tag stays")
    func explicitTagStays() throws {
        #expect(try Reference(normalizing: "busybox:1.36").withDefaultTag.tag == "1.36")
    }

    @Test("a look-up by digest drops the tag")
    func digestDropsTag() throws {
        let reference = try Reference(normalizing: "busybox:1.36@\(digestText)").withDefaultTag
        #expect(reference.full == "docker.io/library/busybox@\(digestText)")
    }

    @Test("a name keeps tag and digest as given")
    func tagAndDigestAreKept() throws {
        #expect(try Reference(normalizing: "a/b:t@\(digestText)").full == "docker.io/a/b:t@\(digestText)")
    }

    @Test("a SHA-512 digest is accepted")
    func sha512IsAccepted() throws {
        let digest = "sha512:" + String(repeating: "b", count: 128)
        #expect(try Reference(normalizing: "a@\(digest)").digest?.algorithm == .sha512)
    }

    @Test("the errors name what the user typed")
    func errorsNameTheInput() {
        #expect(throws: ReferenceError.malformed("busy box")) { try Reference(normalizing: "busy box") }
    }

    @Test("upper-case letters in a path are their own error")
    func upperCaseIsItsOwnError() {
        #expect(throws: ReferenceError.upperCase("docker/Docker")) { try Reference(normalizing: "docker/Docker") }
    }

    @Test("a whole image ID is no name")
    func imageIDIsNoName() {
        let identifier = String(repeating: "c", count: 64)
        #expect(throws: ReferenceError.imageID(identifier)) { try Reference(normalizing: identifier) }
    }

    @Test("an upper-case tag is fine")
    func upperCaseTag() throws {
        #expect(try Reference(normalizing: "busybox:RC1").tag == "RC1")
    }

    @Test("nothing but marks is refused", arguments: ["", ":", "@", "/", ":tag", "a:", "a@", "a/", "docker.io/", "a:b:c", "ä"])
    func fragmentsAreRefused(_ text: String) {
        #expect(throws: ReferenceError.self) { try Reference(normalizing: text) }
    }

    @Test(
        "a port is a number from 1 to 65535",
        arguments: [
            ("1", true), ("65535", true), ("05000", true), ("0", false), ("65536", false), ("75050", false),
            ("99999999999999999999", false),
        ])
    func ports(_ port: String, _ isValid: Bool) throws {
        for host in ["127.0.0.1", "registry.example.com", "[::1]", "localhost"] {
            let text = "\(host):\(port)/a/b:t"
            if isValid {
                #expect(try Reference(normalizing: text).domain == "\(host):\(port)")
            } else {
                #expect(throws: ReferenceError.badPort(text, port: port)) { try Reference(normalizing: text) }
            }
            #expect(ReferenceGrammar.isRegistry("\(host):\(port)") == isValid)
        }
    }

    @Test("what is no number is no port", arguments: ["", "+80", "-1", "0x50", "٨٠", "８０", "80 ", "1e3", "http"])
    func noPorts(_ port: String) {
        #expect(throws: ReferenceError.self) { try Reference(normalizing: "127.0.0.1:\(port)/a/b") }
        #expect(!ReferenceGrammar.isRegistry("127.0.0.1:\(port)"))
        #expect(PortNumber.parse(port) == nil)
    }

    @Test("a tag of 128 characters is the longest", arguments: [(128, true), (129, false)])
    func tagLength(_ length: Int, _ isValid: Bool) {
        #expect(ReferenceGrammar.isTag(String(repeating: "x", count: length)) == isValid)
    }

    @Test("another tag of the same repository")
    func tagged() throws {
        #expect(try Reference(normalizing: "a/b:t@\(digestText)").tagged("u").familiar == "a/b:u")
    }

    @Test("a malformed new tag is refused")
    func taggedRefuses() throws {
        let reference = try Reference(normalizing: "a/b")
        #expect(throws: ReferenceError.malformed("-u")) { try reference.tagged("-u") }
    }

    @Test(
        "every full name parses to itself", arguments: ["localhost:5000/a:t", "[::1]:5000/a/b:t", "Foo/a:t", "docker.io/a/b:t"])
    func fullNamesAreFixedPoints(_ text: String) throws {
        #expect(try Reference(normalizing: text).full == text)
    }

    @Test("paths and domains are those of the grammar's expressions", arguments: 0..<8)
    func grammarAgreesWithItsExpressions(_ seed: UInt64) throws {
        // As the grammar at the head of its source writes them.
        let part = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*"
        let label = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
        let path = try Regex("\(part)(?:/\(part))*")
        let domain = try Regex("(?:\(label)(?:\\.\(label))*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?")
        var random = SplitMix64(seed: seed)
        let letters = Array("ab0Z.-_/:[]é")
        for _ in 0..<1_000 {
            let count = Int.random(in: 0...9, using: &random)
            let text = String((0..<count).map { _ in letters.randomElement(using: &random) ?? "a" })
            #expect(ReferenceGrammar.isPath(text) == (text.wholeMatch(of: path) != nil), "\(text)")
            #expect(ReferenceGrammar.isDomain(text) == (text.wholeMatch(of: domain) != nil), "\(text)")
        }
    }
}
