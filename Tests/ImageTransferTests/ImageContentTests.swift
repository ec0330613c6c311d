import Foundation
import ImageStorage
import ImageTransfer
import OCISpec
import TestSupport
import Testing

/// Images that are odd and legal, and what importing them leaves in the store.
struct ImageContentTests {
    private static let base = BuiltLayer([.directory("etc"), .file("etc/base", size: 3000, seed: 7)])
    private static let top = BuiltLayer([.file("top", text: "top")])

    @Test func imageMayHaveNoLayers() throws {
        let fixture = try ScanFixture()
        let image = try #require(try fixture.scan(ImageBuilder([], named: "localhost/none:1").layout().tar).first)
        #expect(image.layers == [])
        #expect(fixture.problems == [])
    }

    @Test func dockerImageMayHaveNoLayers() throws {
        let fixture = try ScanFixture()
        let image = try #require(try fixture.scan(ImageBuilder([], named: "localhost/none:1").dockerArchive().tar).first)
        #expect(image.layers == [])
        #expect(fixture.problems == [])
    }

    @Test func layerMayBeEmpty() throws {
        let fixture = try ScanFixture()
        let layers = [
            BuiltLayer([]), BuiltLayer([UInt8]()), BuiltLayer([UInt8](), stored: try Compressor.gzip([])),
            BuiltLayer(Tar.endBlocks, stored: try Compressor.zstd(Tar.endBlocks)),
        ]
        let image = try #require(try fixture.scan(ImageBuilder(layers).layout().tar).first)
        #expect(image.layers.map(\.diffID) == layers.map(\.diffID))
        #expect(try fixture.tree(image) == [:])
        #expect(fixture.problems == [])
    }

    @Test(arguments: [nil] + ImageBuilder.DockerForm.allCases.map(Optional.some))
    func layerMayStandTwice(_ form: ImageBuilder.DockerForm?) throws {
        let fixture = try ScanFixture()
        let builder = ImageBuilder([Self.base, Self.top, Self.base], named: "localhost/twice:1")
        let files = try form.map { try builder.dockerArchive($0) } ?? builder.layout()
        let image = try #require(try fixture.scan(files.tar).first)
        #expect(image.layers.map(\.diffID) == builder.layers.map(\.diffID))
        #expect(fixture.problems == [])
    }

    /// One blob under two descriptors is written by two threads at once.
    @Test func layerMayStandTwiceUnderTwoDescriptors() throws {
        let fixture = try ScanFixture()
        let layer = BuiltLayer([.file("a", size: 3_000_000, seed: 4)])
        let noted = layer.with { $0.descriptor.annotations = ["note": "the same"] }
        let image = try #require(try fixture.scan(ImageBuilder([layer, noted]).layout().tar).first)
        #expect(image.layers.map(\.descriptor) == [layer.descriptor, noted.descriptor])
        #expect(fixture.problems == [])
    }

    /// The same layer in two folders of a docker archive.
    @Test func layerMayBeStoredTwice() throws {
        let fixture = try ScanFixture()
        let builder = ImageBuilder([Self.base, Self.base])
        var files = try builder.dockerArchive()
        files.members.append(.file("copy/layer.tar", Self.base.blob))
        var items = try decodeDocument([DockerArchiveItem].self, from: try #require(files["manifest.json"]))
        items[0].layers[1] = "copy/layer.tar"
        files["manifest.json"] = try encodeDocument(items)
        let image = try #require(try fixture.scan(files.tar).first)
        #expect(image.layers.map(\.diffID) == builder.layers.map(\.diffID))
        #expect(fixture.problems == [])
    }

    /// One diff ID as a plain tar and as gzip in one image: both blobs stay.
    @Test func layerMayStandTwiceInTwoForms() throws {
        let fixture = try ScanFixture()
        let tar = Tar([.file("a", size: 2000, seed: 3)]).bytes
        let layers = [BuiltLayer(tar), BuiltLayer(tar, stored: try Compressor.gzip(tar), mediaType: MediaType.layerGzip)]
        let image = try #require(try fixture.scan(ImageBuilder(layers).layout().tar).first)
        #expect(image.layers.map(\.descriptor.digest) == layers.map(\.descriptor.digest))
        #expect(fixture.problems == [])
    }

    @Test func foreignLayerMayBeAbsent() throws {
        let fixture = try ScanFixture()
        let foreign = Self.base.with {
            $0.isAbsent = true
            $0.descriptor.mediaType = MediaType.dockerForeignLayer + ".gzip"
            $0.descriptor.urls = ["https://example.com/layer"]
        }
        let image = try #require(try fixture.scan(ImageBuilder([foreign, Self.top]).layout().tar).first)
        #expect(image.layers.map(\.isAbsent) == [true, false])
        let told = fixture.events.contains { event in
            guard case .absent(let layer, let urls) = event else { return false }
            return layer == foreign.descriptor.digest && urls == ["https://example.com/layer"]
        }
        #expect(told)
        #expect(fixture.problems == [])
    }

    @Test func dockerMediaTypesAreRead() throws {
        let fixture = try ScanFixture()
        let layer = Self.base.with { $0.descriptor.mediaType = MediaType.dockerLayer }
        let builder = ImageBuilder([layer]).with {
            $0.manifestMediaType = MediaType.dockerManifest
            $0.configMediaType = MediaType.dockerConfig
        }
        #expect(try fixture.scan(builder.layout().tar).first?.manifestDigest == builder.descriptor().digest)
        #expect(fixture.problems == [])
    }

    @Test(arguments: [nil] + ImageBuilder.DockerForm.allCases.map(Optional.some))
    func imagesMayShareLayers(_ form: ImageBuilder.DockerForm?) throws {
        let fixture = try ScanFixture()
        let builders = [
            ImageBuilder([Self.base, Self.top], named: "localhost/a:1", "localhost/a:2"),
            ImageBuilder([Self.base], named: "localhost/b:1"),
        ]
        let files = try form.map { try ImageBuilder.dockerArchive(builders, $0) } ?? ImageBuilder.layout(builders)
        let images = try fixture.scan(files.tar)
        #expect(images.map(\.name) == ["localhost/a:1", "localhost/b:1"])
        #expect(try fixture.store.names().compactMap(\.reference) == ["localhost/a:1", "localhost/a:2", "localhost/b:1"])
        // Two layers, two configs and two manifests.
        #expect(try fixture.blobs().count == 6)
        #expect(fixture.problems == [])
    }

    @Test func oneImageOfSeveralCanBeChosen() throws {
        let fixture = try ScanFixture()
        let builders = [
            ImageBuilder([Self.base], named: "localhost/a:1"), ImageBuilder([Self.top], named: "localhost/b:1"),
        ]
        let images = try fixture.scan(ImageBuilder.layout(builders).tar) { $0.reference = "localhost/b:1" }
        #expect(images.map(\.name) == ["localhost/b:1"])
        #expect(try fixture.blobs().count == 3)
    }

    @Test func imageThatIsNotThereIsRefused() throws {
        let fixture = try ScanFixture()
        let failure = try fixture.failure(of: ImageBuilder([Self.base], named: "localhost/a:1").layout().tar) {
            $0.reference = "localhost/b:1"
        }
        #expect(failure == "noSuchImage")
        #expect(fixture.problems == [])
    }

    @Test(arguments: [nil] + ImageBuilder.DockerForm.allCases.map(Optional.some))
    func importingTwiceChangesNothing(_ form: ImageBuilder.DockerForm?) throws {
        let fixture = try ScanFixture()
        let builder = ImageBuilder([Self.base, Self.top], named: "localhost/a:1")
        let path = try fixture.file(try form.map { try builder.dockerArchive($0) }?.tar ?? builder.layout().tar)
        let first = try fixture.scan(path).map(\.manifestDigest)
        let names = try fixture.names()
        let blobs = try fixture.blobs()
        #expect(try fixture.scan(path).map(\.manifestDigest) == first)
        #expect(try fixture.names() == names)
        #expect(try fixture.blobs() == blobs)
        #expect(fixture.problems == [])
    }

    @Test func knownLayersAreNotReadAgain() throws {
        let fixture = try ScanFixture()
        let path = try fixture.file(try ImageBuilder([Self.base, Self.top]).layout().tar)
        _ = try fixture.scan(path)
        _ = try fixture.scan(path)
        let readings = fixture.events.filter { event in
            if case .began = event { true } else { false }
        }
        #expect(readings.count == 1)
    }

    @Test func dockerArchiveReusesTheCompressedBlobOfItsLayer() throws {
        let fixture = try ScanFixture()
        let tar = Tar([.file("a", size: 3000, seed: 9)]).bytes
        let gzip = BuiltLayer(tar, stored: try Compressor.gzip(tar), mediaType: MediaType.layerGzip)
        _ = try fixture.scan(ImageBuilder([gzip], named: "localhost/oci:1").layout().tar)
        let image = try #require(
            try fixture.scan(ImageBuilder([BuiltLayer(tar)], named: "localhost/docker:1").dockerArchive().tar).first)
        #expect(image.layers.map(\.descriptor) == [gzip.descriptor])
        #expect(try !fixture.blobs().contains(sha256(tar).hex))
        #expect(fixture.problems == [])
    }

    /// Only looking must not claim blobs that an import then takes for granted.
    @Test(arguments: [true, false]) func importAfterOnlyLookingStoresEverything(_ isDocker: Bool) throws {
        let fixture = try ScanFixture()
        let builder = ImageBuilder([Self.base, Self.top], named: "localhost/a:1")
        let path = try fixture.file(try isDocker ? builder.dockerArchive().tar : builder.layout().tar)
        let looked = try fixture.scan(path) { $0.isImporting = false }
        #expect(try fixture.blobs().isEmpty)
        #expect(try fixture.store.names().isEmpty)
        let imported = try fixture.scan(path)
        #expect(imported.map(\.manifestDigest) == looked.map(\.manifestDigest))
        #expect(try fixture.blobs().count == 4)
        #expect(fixture.problems == [])
    }

    /// What the catalog remembers of a blob is no proof that the store still has it.
    @Test(arguments: [true, false]) func blobThatWentIsStoredAgain(_ isDocker: Bool) throws {
        let fixture = try ScanFixture()
        let builder = ImageBuilder([Self.base, Self.top], named: "localhost/a:1")
        let path = try fixture.file(try isDocker ? builder.dockerArchive().tar : builder.layout().tar)
        _ = try fixture.scan(path)
        try fixture.remove(Self.base.descriptor.digest)
        _ = try fixture.scan(path)
        #expect(try fixture.blobs().contains(Self.base.descriptor.digest.hex))
        #expect(fixture.problems == [])
    }

    @Test func layersOfTheStoreAreReadAgainWhenTheCatalogIsLost() throws {
        let fixture = try ScanFixture()
        let image = try #require(
            try fixture.scan(ImageBuilder([Self.base, Self.top], named: "localhost/a:1").layout().tar).first)
        let tree = try fixture.tree(image)
        let store = try fixture.withoutCatalog()
        #expect(try fixture.tree(try Self.indexed(store), in: store) == tree)
        #expect(fixture.problems == [])
    }

    @Test func layerThatTheStoreLostIsNamedWhenTheCatalogIsLostToo() throws {
        let fixture = try ScanFixture()
        _ = try fixture.scan(ImageBuilder([Self.base, Self.top], named: "localhost/a:1").layout().tar)
        let store = try fixture.withoutCatalog()
        try fixture.remove(Self.base.descriptor.digest)
        let error = try #require(throws: TransferError.self) { try Self.indexed(store) }
        #expect(caseNames(of: error) == "missingMember")
    }

    private static func indexed(_ store: ImageStore) throws -> ScannedImage {
        try indexLayers(
            of: try store.image("localhost/a:1"), named: nil, in: store, TransferOptions(workerCount: 2), report: { _ in })
    }

    @Test func layerOfAnOrdinaryTypeIsNotForeignForItsAddresses() throws {
        let fixture = try ScanFixture()
        let lost = Self.base.with {
            $0.isAbsent = true
            $0.descriptor.urls = ["https://example.com/layer"]
        }
        #expect(try fixture.failure(of: ImageBuilder([lost, Self.top]).layout().tar) == "missingMember")
    }

    @Test func encryptedLayerIsCalledSo() throws {
        let fixture = try ScanFixture()
        let secret = Self.base.with { $0.descriptor.mediaType += "+encrypted" }
        #expect(try fixture.failure(of: ImageBuilder([secret, Self.top]).layout().tar) == "encryptedLayer")
        #expect(fixture.problems == [])
    }

    @Test(arguments: ["application/octet-stream", "text/html"]) func configOfAnOldTypeIsAnImages(type: String) throws {
        let fixture = try ScanFixture()
        let image = ImageBuilder([Self.base], named: "localhost/a:1").with { $0.configMediaType = type }
        #expect(try fixture.scan(image.layout().tar).map(\.name) == ["localhost/a:1"])
        #expect(fixture.problems == [])
    }

    @Test func anotherPlatformThanTheOnlyOneIsRefused() throws {
        let fixture = try ScanFixture()
        let path = try fixture.file(ImageBuilder([Self.base]).layout().tar)
        #expect(fixture.failure(of: path) { $0.platform = Platform(os: "linux", architecture: "s390x") } == "noSuchPlatform")
    }

    @Test func whatTheIndexListsGoesBeforeTheConfig() throws {
        let fixture = try ScanFixture()
        let image = ImageBuilder([Self.base])
        var files = try image.layout()
        var entry = try image.descriptor()
        entry.platform = Platform(os: "linux", architecture: "arm", variant: "v6")
        try files.setIndex([try files.addDocument(ImageIndex(manifests: [entry]), MediaType.index)])
        let path = try fixture.file(files.tar)
        #expect(try fixture.scan(path) { $0.platform = Platform(os: "linux", architecture: "arm") }.count == 1)
        #expect(fixture.failure(of: path) { $0.platform = Platform(os: "linux", architecture: "amd64") } == "noSuchPlatform")
    }

    @Test func artifactBesideAnImageIsKept() throws {
        let fixture = try ScanFixture()
        let image = ImageBuilder([Self.base], named: "localhost/a:1")
        let (files, artifact) = try Self.withArtifact(beside: image)
        #expect(try fixture.scan(files.tar).map(\.name) == ["localhost/a:1"])
        #expect(try fixture.blobs().contains(artifact.hex))
        #expect(fixture.problems == [])
    }

    @Test func artifactAloneIsNoImage() throws {
        let fixture = try ScanFixture()
        var (files, _) = try Self.withArtifact(beside: ImageBuilder([Self.base]))
        let index = try decodeDocument(ImageIndex.self, from: try #require(files["index.json"]))
        try files.setIndex(Array(index.manifests.suffix(1)))
        #expect(try fixture.failure(of: files.tar) == "artifact")
        #expect(fixture.problems == [])
    }

    /// A layout with a signature as an entry of its own, as cosign and others save it.
    private static func withArtifact(beside image: ImageBuilder) throws -> (files: ArchiveFiles, artifact: Digest) {
        var files = try image.layout()
        let body = Array("signature".utf8)
        let blob = Descriptor(
            mediaType: "application/vnd.example.signature", digest: files.addBlob(body), size: Int64(body.count))
        let empty = Descriptor(mediaType: MediaType.empty, digest: files.addBlob(Array("{}".utf8)), size: 2)
        let artifact = try files.addDocument(
            ImageManifest(config: empty, layers: [blob], artifactType: "application/vnd.example"), MediaType.manifest)
        let index = try decodeDocument(ImageIndex.self, from: files["index.json"] ?? [])
        try files.setIndex(index.manifests + [artifact])
        return (files, artifact.digest)
    }

    @Test func platformsThatNobodyFetchedAreNoError() throws {
        let fixture = try ScanFixture()
        let present = ImageBuilder([Self.base]).with { $0.platform = .host }
        let absent = ImageBuilder([Self.top]).with { $0.platform = Platform(os: "linux", architecture: "s390x") }
        var files = ArchiveFiles()
        files["oci-layout"] = Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8)
        try present.addBlobs(to: &files)
        var entries = [try absent.descriptor(), try present.descriptor()]
        entries[0].platform = absent.platform
        entries[1].platform = present.platform
        try files.setIndex([try files.addDocument(ImageIndex(manifests: entries), MediaType.index)])
        #expect(try fixture.scan(files.tar).map(\.imageID) == [sha256(present.config())])
        #expect(fixture.problems == [])
    }
}
