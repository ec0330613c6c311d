import ContentStorage
import ImageStorage
import OCISpec
import TestSupport
import Testing

/// A name that reads as the beginning of an ID takes no image's ID over.
@Suite struct NamesLikeIDsTests {
    let fixture: ImageFixture
    let image: Descriptor
    let other: Descriptor

    init() throws {
        fixture = try ImageFixture()
        image = try fixture.image("an image")
        other = try fixture.image("another image")
        try fixture.images.setName(reference("app"), image)
        try fixture.images.setName(reference("evil"), other)
    }

    private func target(_ text: String) throws -> Digest {
        let lookup = ImageLookup(fixture.images, try fixture.images.names())
        return try #require(try lookup.target(text).entries.first).descriptor.digest
    }

    @Test func nobodyGivesSuchAName() throws {
        for text in ["sha256:0123456789ab", "sha256", "docker.io/library/sha256:x", "index.docker.io/sha256:x", "sha512:ab"] {
            #expect(throws: ReferenceError.digestAlgorithm(text)) { try reference(text) }
        }
        #expect(try reference("localhost/sha256:x").path == "sha256" && reference("team/sha256").path == "team/sha256")
    }

    @Test func whatOtherToolsWroteDoesNotGoBeforeAnID() throws {
        let id = try fixture.images.load(image).imageID
        let prefix = "docker.io/library/"
        for name in ["sha256:\(id.short)", "\(prefix)sha256:\(id.short)", "\(prefix)\(id.short):latest", id.short] {
            try fixture.edit { $0.manifests = [image.refNamed("app:1"), other.refNamed(name)] }
            for text in [id.short, "sha256:\(id.short)", "sha256:\(id.hex.prefix(5))", id.hex, id.description] {
                #expect(try fixture.images.resolve(text).digest == image.digest, "\(text) with \(name)")
                #expect(try target(text) == image.digest, "\(text) with \(name)")
            }
        }
    }

    @Test func aNameOfHexadecimalDigitsIsStillAName() throws {
        for name in ["cafe", "0123456789ab"] {
            try fixture.images.setName(reference(name), other)
            #expect(try fixture.images.resolve(name).digest == other.digest && target(name) == other.digest)
            #expect(try fixture.images.resolve("\(name):latest").digest == other.digest)
        }
        // Also where not all of the images can be read, and one of them might have that ID.
        try fixture.overwrite(image.digest, with: "no manifest")
        #expect(try fixture.images.resolve("0123456789ab").digest == other.digest && target("0123456789ab") == other.digest)
        #expect(throws: ImageError.self) { try fixture.images.resolve("0123456789ac") }
    }

    @Test func anIDThatIsNotThereIsNotABadName() throws {
        for text in ["sha256:000000000000", "sha256:0"] {
            #expect(throws: ImageError.noSuchImage(text)) { try fixture.images.resolve(text) }
            #expect(throws: ImageError.noSuchImage(text)) { _ = try target(text) }
        }
    }
}
