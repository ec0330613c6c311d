import ContentStorage
import Foundation
import OCISpec
import TestSupport
import Testing

/// The library's hashes against another program's.
struct HashingTests {
    /// Lengths about the blocks of both algorithms, and one that is read in several steps.
    static let lengths = [0, 1, 55, 56, 63, 64, 65, 111, 112, 127, 128, 129, 4096, 3_000_001]

    private func bytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) } }

    private func hex(_ program: String, _ bytes: [UInt8]) throws -> String {
        String(decoding: try Compressor.run(program, [], on: bytes).prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self)
    }

    @Test(arguments: lengths) func aDigestIsWhatOtherProgramsSay(length: Int) throws {
        let bytes = bytes(length)
        let digest = try hex("sha256sum", bytes)
        #expect(Digest(hashing: bytes).hex == digest)
        #expect(Digest(hashing: bytes, with: .sha512).hex == (try hex("sha512sum", bytes)))
        #expect(sha256(bytes).hex == digest, "as it comes in a stream")
    }
}
