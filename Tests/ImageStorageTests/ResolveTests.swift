import ContentStorage
import ImageStorage
import OCISpec
import TestSupport
import Testing

@Suite struct ResolveTests {
    let fixture: ImageFixture
    let image: Descriptor

    init() throws {
        fixture = try ImageFixture()
        image = try fixture.image("an image")
        try fixture.images.setName(reference("busybox"), image)
    }

    private func imageID(_ descriptor: Descriptor) throws -> Digest {
        try fixture.images.load(descriptor).imageID
    }

    @Test(arguments: [
        "busybox", "busybox:latest", "library/busybox", "docker.io/library/busybox:latest", "index.docker.io/busybox",
    ])
    func findsANameInAnyForm(text: String) throws {
        #expect(try fixture.images.resolve(text).digest == image.digest)
    }

    @Test func findsABareTag() throws {
        let other = try fixture.image("other")
        try fixture.edit { $0.manifests.append(other.refNamed("v1.2")) }
        #expect(try fixture.images.resolve("v1.2").digest == other.digest)
    }

    @Test func findsADanglingImageByItsID() throws {
        let dangling = try fixture.image("dangling")
        try fixture.images.setName(nil, dangling)
        #expect(try fixture.images.resolve(imageID(dangling).hex).digest == dangling.digest)
    }

    @Test func findsAnIDInEveryForm() throws {
        let id = try imageID(image)
        for text in [id.description, id.hex, id.short, "sha256:\(id.short)", String(id.hex.prefix(6))] {
            #expect(try fixture.images.resolve(text).digest == image.digest, "\(text)")
        }
    }

    @Test func findsAManifestDigestAndItsBeginning() throws {
        #expect(try fixture.images.resolve(image.digest.description).digest == image.digest)
        #expect(try fixture.images.resolve(image.digest.short).digest == image.digest)
    }

    @Test func findsANameWithTheDigest() throws {
        #expect(try fixture.images.resolve("busybox@\(image.digest)").digest == image.digest)
        #expect(throws: ImageError.self) { try fixture.images.resolve("alpine@\(image.digest)") }
    }

    @Test func findsANameWithTheDigestOfAListedManifest() throws {
        let index = try fixture.index([(image, .host)])
        try fixture.images.setName(reference("multi"), index)
        #expect(try fixture.images.resolve("multi@\(image.digest)").digest == image.digest)
    }

    @Test func findsAnImageInAnIndexByItsID() throws {
        let listed = try fixture.image("listed")
        let index = try fixture.index([(listed, .host)])
        try fixture.images.setName(reference("multi"), index)
        #expect(try fixture.images.resolve(imageID(listed).hex).digest == listed.digest)
        #expect(try fixture.images.resolve(index.digest.hex).digest == index.digest)
    }

    @Test func anAbbreviationOfSeveralIsAmbiguous() throws {
        // Seventeen images: two of their IDs begin with the same digit.
        for number in 0..<17 { try fixture.images.setName(nil, try fixture.image("\(number)")) }
        let ids = try fixture.images.names().map { try imageID($0.descriptor).hex }
        let digit = try #require("0123456789abcdef".first { digit in ids.count { $0.first == digit } > 1 })
        let error = #expect(throws: ImageError.self) { try fixture.images.resolve(String(digit)) }
        guard case .ambiguous(String(digit), let candidates) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(candidates.count > 1)
    }

    @Test func severalNamesOfOneImageAreNotAmbiguous() throws {
        try fixture.images.setName(reference("other:1"), image)
        #expect(try fixture.images.resolve(imageID(image).short).digest == image.digest)
    }

    @Test func severalManifestsOfOneImageIDAreNotAmbiguous() throws {
        let record = try fixture.images.load(image)
        let again = try fixture.manifest(
            ImageManifest(config: record.manifest.config, layers: record.manifest.layers, annotations: ["again": "1"]))
        try fixture.images.setName(nil, again)
        #expect(try fixture.images.resolve(imageID(image).hex).digest == image.digest)
    }

    @Test func aNameGoesBeforeAFewDigitsOfAnID() throws {
        let named = try fixture.image("named")
        let short = String(try imageID(image).hex.prefix(11))
        try fixture.images.setName(reference(short), named)
        #expect(try fixture.images.resolve(short).digest == named.digest)
    }

    @Test func anUnknownNameIsNamed() throws {
        #expect(throws: ImageError.noSuchImage("alpine")) { try fixture.images.resolve("alpine") }
        #expect(throws: ImageError.noSuchImage("busybox:1")) { try fixture.images.resolve("busybox:1") }
    }

    @Test func anUnknownIDIsNamed() throws {
        let text = String(repeating: "0", count: 64)
        #expect(throws: ImageError.noSuchImage(text)) { try fixture.images.resolve(text) }
    }

    @Test func whatIsNoNameIsSaid() throws {
        #expect(throws: ImageError.badName(.upperCase("BusyBox"))) { try fixture.images.resolve("BusyBox") }
    }

    @Test func aDamagedImageDoesNotHideTheOthers() throws {
        let damaged = try fixture.image("damaged")
        try fixture.images.setName(reference("damaged"), damaged)
        try fixture.images.setName(reference("afterwards"), try fixture.image("afterwards"))
        let id = try imageID(image)
        try fixture.overwrite(damaged.digest, with: "garbage")
        #expect(try fixture.images.resolve(id.hex).digest == image.digest)
        #expect(try fixture.images.resolve(damaged.digest.hex).digest == damaged.digest)
    }
}
