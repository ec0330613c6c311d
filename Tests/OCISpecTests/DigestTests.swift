import OCISpec
import Testing

@Suite("digests")
struct DigestTests {
    @Test("a digest's text parses to itself", arguments: [("sha256", 64), ("sha512", 128)])
    func text(_ algorithm: String, _ length: Int) throws {
        let text = "\(algorithm):" + String(repeating: "0", count: length)
        #expect(try Digest(text).description == text)
    }

    @Test("raw bytes become lower-case digits")
    func bytes() throws {
        let digest = try #require(Digest(bytes: [UInt8](repeating: 0xaf, count: 32)))
        #expect(digest.hex == String(repeating: "af", count: 32))
    }

    @Test("bytes of the wrong number make no digest")
    func wrongByteCount() {
        #expect(Digest(bytes: [UInt8](repeating: 0, count: 31)) == nil)
    }

    @Test("an unknown algorithm is its own error")
    func unknownAlgorithm() {
        #expect(throws: Digest.ParseError.unsupportedAlgorithm("md5:00")) { try Digest("md5:00") }
    }

    @Test("a canonically equal but longer text is no digest")
    func combiningMark() {
        #expect(throws: Digest.ParseError.self) { try Digest("sha256:" + String(repeating: "a", count: 64) + "\u{301}") }
    }
}
