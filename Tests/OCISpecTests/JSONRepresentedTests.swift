import Foundation
import OCISpec
import TestSupport
import Testing

/// What is written straight from its JSON is what Foundation's encoder writes of the same, and is read back as it was.
@Suite struct JSONRepresentedTests {
    private func text(_ random: inout SeededNumbers) -> String {
        let parts = ["a", "\"", "\\", "/", "\n", "\u{7}", "\u{1b}", "\u{7f}", "é", "\u{202e}", "😀", "<", " "]
        return (0..<random.number(0...6)).map { _ in random.one(of: parts) }.joined()
    }

    private func descriptor(_ random: inout SeededNumbers) throws -> Descriptor {
        let isLong = random.chance(20)
        let hex = (0..<(isLong ? 128 : 64)).map { _ in String(random.number(0...15), radix: 16) }.joined()
        var descriptor = Descriptor(
            mediaType: MediaType.manifest, digest: try Digest("\(isLong ? "sha512" : "sha256"):\(hex)"),
            size: Int64(random.number(0...1_000_000)))
        if random.chance(50) { descriptor.annotations = [ExactText(text(&random)): text(&random), "b": text(&random)] }
        if random.chance(30) { descriptor.urls = [text(&random)] }
        if random.chance(30) { descriptor.artifactType = text(&random) }
        if random.chance(30) {
            var platform = Platform(os: "linux", architecture: "arm", variant: random.chance(50) ? "v7" : nil)
            if random.chance(30) { platform.osFeatures = [text(&random)] }
            if random.chance(30) { platform.unknownFields = ["x": .bool(true)] }
            descriptor.platform = platform
        }
        if random.chance(30) {
            descriptor.unknownFields = [
                "x-\(text(&random))": .array([.null, .integer(-3), .number(0.5), .string(text(&random))])
            ]
        }
        return descriptor
    }

    @Test(arguments: 0..<50) func anIndexIsWrittenAsItIs(seed: Int) throws {
        var random = SeededNumbers(seed: seed)
        var index = ImageIndex(manifests: try (0..<random.number(0...5)).map { _ in try descriptor(&random) })
        if random.chance(30) { index.subject = try descriptor(&random) }
        if random.chance(30) { index.annotations = [ExactText(text(&random)): text(&random)] }
        if random.chance(30) { index.unknownFields = ["extra": .object(["a": .string(text(&random))])] }
        let bytes = try encodeDocument(index)
        #expect(try decodeDocument(ImageIndex.self, from: bytes) == index)
        #expect(try ImageIndex(decoding: bytes) == index)
        let ours = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? NSDictionary)
        let theirs = try #require(try JSONSerialization.jsonObject(with: JSONEncoder().encode(index)) as? NSDictionary)
        #expect(ours == theirs)
    }
}
