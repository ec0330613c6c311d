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

    @Test("every digit of either length comes back", arguments: [64, 128])
    func digits(_ length: Int) throws {
        let hex = String((0..<length).map { Array("0123456789abcdef")[($0 * 7 + $0 / 16) % 16] })
        let digest = try Digest("\(length == 64 ? "sha256" : "sha512"):\(hex)")
        #expect(digest.hex == hex)
        #expect(digest.short == String(hex.prefix(12)))
        let bytes = stride(from: 0, to: length, by: 2).compactMap { UInt8(hex.dropFirst($0).prefix(2), radix: 16) }
        #expect(Digest(algorithm: digest.algorithm, bytes: bytes) == digest)
    }

    @Test("a digest that differs in one digit anywhere is another, and they are ordered by their text", arguments: [64, 128])
    func order(_ length: Int) throws {
        let algorithm = length == 64 ? "sha256" : "sha512"
        let texts =
            [String(repeating: "7", count: length)]
            + (0..<length).map { place in
                let half = String(repeating: "7", count: place)
                return half + (place % 2 == 0 ? "3" : "c") + String(repeating: "7", count: length - place - 1)
            }
        let digests = try texts.map { try Digest("\(algorithm):\($0)") }
        #expect(Set(digests).count == texts.count)
        #expect(digests.sorted().map(\.hex) == texts.sorted())
        #expect(try #require(digests.max()) < Digest("sha512:" + String(repeating: "f", count: 128)))
    }

    @Test("any byte but a lower-case digit is refused wherever it stands", arguments: [0, 7, 8, 15, 16, 63])
    func badDigit(_ place: Int) {
        for byte in UInt8.min...UInt8.max {
            var text = Array("sha256:".utf8) + [UInt8](repeating: UInt8(ascii: "5"), count: 64)
            text[7 + place] = byte
            let isDigit = "0123456789abcdef".utf8.contains(byte)
            let digest = text.withUnsafeBufferPointer { text in try? Digest(utf8: text) }
            #expect((digest != nil) == isDigit, "\(byte)")
            #expect(digest.map { Array($0.description.utf8) == text } ?? true)
        }
    }
}

/// Digests of SHA-512, of which the back halves are kept apart.
@Suite struct LongDigestTests {
    @Test func theWholeHashTellsThemApart() throws {
        let front = String(repeating: "a", count: 64)
        let texts = (0..<16).map { "sha512:" + front + String(repeating: String($0, radix: 16), count: 64) }
        let digests = try texts.map { try Digest($0) }
        #expect(Set(digests).count == 16)
        #expect(try texts.map { try Digest($0) } == digests)
        #expect(digests.map(\.description) == texts)
        #expect(digests.reversed().sorted() == digests)
    }

    @Test func aShortDigestIsNoLongOneThatBeginsSo() throws {
        let front = String(repeating: "b", count: 64)
        let (short, long) = (try Digest("sha256:" + front), try Digest("sha512:" + front + front))
        #expect(short != long && short < long)
        #expect(short.rawBytes == Array(repeating: 0xbb, count: 32) && long.rawBytes == Array(repeating: 0xbb, count: 64))
        for digest in [short, long] {
            #expect(digest.rawBytes.withUnsafeBytes { Digest(algorithm: digest.algorithm, raw: $0) } == digest)
            #expect(Digest(algorithm: digest.algorithm, bytes: digest.rawBytes) == digest)
        }
    }
}
