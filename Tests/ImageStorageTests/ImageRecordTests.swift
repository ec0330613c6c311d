import ContentStorage
import ImageStorage
import OCISpec
import TestSupport
import Testing

@Suite struct ImageRecordTests {
    let fixture: ImageFixture
    private let arm = Platform(os: "linux", architecture: Platform.host.architecture == "arm64" ? "amd64" : "arm64")
    private let s390x = Platform(os: "linux", architecture: "s390x")
    private let unknown = Platform(os: "unknown", architecture: "unknown")

    init() throws {
        fixture = try ImageFixture()
    }

    private func attestation() throws -> Descriptor {
        try fixture.image("statement", platform: unknown, layerType: "application/vnd.in-toto+json")
    }

    @Test func loadsAManifest() throws {
        let image = try fixture.image("a")
        let record = try fixture.images.load(image)
        #expect(record.manifestDigest == image.digest)
        #expect(record.imageID == record.manifest.config.digest)
        #expect(record.layers.map(\.diffID) == [record.manifest.layers[0].digest])
        #expect(record.platform == .host)
    }

    @Test func keepsTheBytesAsStored() throws {
        let image = try fixture.image("a")
        let record = try fixture.images.load(image)
        #expect(Digest(hashing: record.manifestBytes) == image.digest)
        #expect(Digest(hashing: record.configBytes) == record.imageID)
    }

    @Test func loadsAnImageWithoutLayers() throws {
        let config = try fixture.store(
            encodeDocument(ImageConfig(platform: .host, rootfs: RootFS(diffIDs: []))), as: MediaType.config)
        let image = try fixture.manifest(ImageManifest(config: config, layers: []))
        #expect(try fixture.images.load(image).layers.isEmpty)
    }

    @Test func takesThisMachinesImageFromAnIndex() throws {
        let (ours, theirs) = (try fixture.image("ours"), try fixture.image("theirs", platform: arm))
        let index = try fixture.index([(theirs, arm), (ours, .host)])
        let record = try fixture.images.load(index)
        #expect(record.manifestDigest == ours.digest)
        #expect(record.root.digest == index.digest)
    }

    @Test func takesTheWantedPlatform() throws {
        let (ours, theirs) = (try fixture.image("ours"), try fixture.image("theirs", platform: arm))
        let index = try fixture.index([(ours, .host), (theirs, arm)])
        #expect(try fixture.images.load(index, platform: arm).manifestDigest == theirs.digest)
    }

    @Test func takesTheOnlyImageThereIs() throws {
        let foreign = try fixture.image("foreign", platform: s390x)
        let index = try fixture.index([(foreign, s390x), (try attestation(), unknown)])
        #expect(try fixture.images.load(index).manifestDigest == foreign.digest)
    }

    @Test func takesTheOnlyPlatformThatIsPresent() throws {
        let (ours, foreign) = (try fixture.image("ours"), try fixture.image("foreign", platform: s390x))
        let index = try fixture.index([(ours, .host), (foreign, s390x)])
        try fixture.remove(ours.digest)
        #expect(try fixture.images.load(index).manifestDigest == foreign.digest)
    }

    @Test func listsThePlatformsWhenNoneFits() throws {
        let listed = [(try fixture.image("a", platform: arm), arm), (try fixture.image("b", platform: s390x), s390x)]
        let index = try fixture.index(listed)
        #expect(throws: ImageError.noSuchPlatform(index.digest, wanted: nil, available: [arm, s390x])) {
            try fixture.images.load(index)
        }
    }

    /// Nothing of what an index lists for another platform is opened.
    @Test func whatIsListedForAnotherPlatformMayBeDamaged() throws {
        let (ours, theirs) = (try fixture.image("ours"), try fixture.image("theirs", platform: arm))
        let index = try fixture.index([(ours, .host), (theirs, arm)])
        try fixture.overwrite(ours.digest, with: "garbage")
        #expect(try fixture.images.load(index, platform: arm).manifestDigest == theirs.digest)
        #expect(throws: ImageError.noSuchPlatform(index.digest, wanted: s390x, available: [arm])) {
            try fixture.images.load(index, platform: s390x)
        }
    }

    @Test func aPlatformThatIsListedButAbsentIsNotThere() throws {
        let (ours, theirs) = (try fixture.image("ours"), try fixture.image("theirs", platform: arm))
        let index = try fixture.index([(ours, .host), (theirs, arm)])
        try fixture.remove(theirs.digest)
        #expect(throws: ImageError.noSuchPlatform(index.digest, wanted: arm, available: [.host])) {
            try fixture.images.load(index, platform: arm)
        }
    }

    @Test func readsThePlatformFromTheConfigWhereTheIndexIsSilent() throws {
        let (ours, theirs) = (try fixture.image("ours"), try fixture.image("theirs", platform: arm))
        let index = try fixture.index([(theirs, nil), (ours, nil)])
        #expect(try fixture.images.load(index).manifestDigest == ours.digest)
    }

    @Test func findsImagesInNestedIndexes() throws {
        let ours = try fixture.image("ours")
        let inner = try fixture.index([(ours, .host)])
        let outer = try fixture.index([(inner, nil)])
        #expect(try fixture.images.load(outer).manifestDigest == ours.digest)
    }

    @Test func refusesIndexesNestedWithoutEnd() throws {
        var index = try fixture.index([(try fixture.image("a"), .host)])
        for _ in 0..<20 { index = try fixture.index([(index, nil)]) }
        #expect(throws: ImageError.tooManyManifests(index.digest)) { try fixture.images.load(index) }
    }

    @Test func anAttestationIsNoImage() throws {
        let attestation = try attestation()
        #expect(throws: ImageError.notAnImage(attestation.digest, type: "application/vnd.in-toto+json")) {
            try fixture.images.load(attestation)
        }
    }

    @Test func anArtifactIsNoImage() throws {
        let empty = try fixture.store(Array("{}".utf8), as: MediaType.empty)
        let artifact = try fixture.manifest(
            ImageManifest(config: empty, layers: [empty], artifactType: "application/vnd.example+type"))
        #expect(throws: ImageError.notAnImage(artifact.digest, type: "application/vnd.example+type")) {
            try fixture.images.load(artifact)
        }
    }

    @Test func manifestAndConfigMustAgreeOnTheLayers() throws {
        let record = try fixture.images.load(try fixture.image("a"))
        let layer = record.manifest.layers[0]
        let image = try fixture.manifest(ImageManifest(config: record.manifest.config, layers: [layer, layer]))
        #expect(throws: ImageError.layerCountMismatch(image.digest, manifest: 2, config: 1)) {
            try fixture.images.load(image)
        }
    }

    @Test func aDescriptorWithAnotherSizeIsRefused() throws {
        var image = try fixture.image("a")
        let size = image.size
        image.size += 1
        #expect(throws: ImageError.wrongSize(image.digest, expectedBytes: size + 1, actualBytes: size)) {
            try fixture.images.load(image)
        }
    }

    @Test func anAbsentConfigIsNamed() throws {
        let image = try fixture.image("a")
        let id = try fixture.images.load(image).imageID
        try fixture.remove(id)
        #expect(throws: ImageError.content(.blobAbsent(id))) { try fixture.images.load(image) }
    }

    @Test func aCorruptManifestIsNamed() throws {
        let image = try fixture.image("a")
        try fixture.overwrite(image.digest, with: "garbage")
        let actual = Digest(hashing: Array("garbage".utf8))
        #expect(throws: ImageError.content(.blobCorrupt(image.digest, actual: actual))) { try fixture.images.load(image) }
    }

    @Test func aTypeThatSaysNothingIsToldByTheDocument() throws {
        let ours = try fixture.image("ours")
        var index = try fixture.index([(ours, .host)])
        index.mediaType = "application/json"
        #expect(try fixture.images.load(index).manifestDigest == ours.digest)
    }

    @Test func aNameThatMovesWhileItsImageGoesIsReadAgain() throws {
        let (old, new) = (try fixture.image("old"), try fixture.image("new"))
        try fixture.images.setName(reference("busybox"), old)
        try fixture.images.setName(reference("busybox"), new)
        try fixture.remove(old.digest)
        #expect(try fixture.images.image("busybox").manifestDigest == new.digest)
    }

    @Test func aManifestThatStandsAloneMustBeForThePlatformAskedFor() throws {
        let foreign = try fixture.image("foreign", platform: s390x)
        #expect(try fixture.images.load(foreign).platform == s390x)
        #expect(try fixture.images.load(foreign, platform: s390x).platform == s390x)
        #expect(throws: ImageError.noSuchPlatform(foreign.digest, wanted: arm, available: [s390x])) {
            try fixture.images.load(foreign, platform: arm)
        }
        #expect(try fixture.images.load(foreign, platform: arm, takesAnyAlone: true).platform == s390x)
    }

    @Test func anArtifactOfTheWantedPlatformIsNotTheChoice() throws {
        let ours = try fixture.image("ours")
        var artifact = try fixture.image("artifact")
        artifact.artifactType = "application/vnd.amazon.soci.index.v2+json"
        let index = try fixture.index([(artifact, .host), (ours, .host)])
        #expect(try fixture.images.load(index).manifestDigest == ours.digest)
    }

    @Test func anImageThatDemandsWhatThisMachineLacksIsNotTheChoice() throws {
        var demanding = Platform.host
        demanding.osFeatures = ["nydus.remoteimage.v1"]
        let (ours, theirs) = (try fixture.image("ours"), try fixture.image("theirs"))
        let index = try fixture.index([(theirs, demanding), (ours, .host)])
        #expect(try fixture.images.load(index).manifestDigest == ours.digest)
    }

    @Test(arguments: [MediaType.manifest, "application/json"]) func aDocumentIsWhatItSays(type: String) throws {
        let ours = try fixture.image("ours")
        var index = try fixture.index([(ours, .host)])
        index.mediaType = type
        #expect(try fixture.images.load(index).manifestDigest == ours.digest)
        try fixture.images.setName(reference("busybox"), index)
        let summaries = try fixture.images.summaries(DocumentReader(fixture.images))
        #expect(summaries.map(\.imageID) == [try fixture.images.load(ours).imageID])
    }
}
