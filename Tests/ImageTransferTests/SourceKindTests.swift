import Foundation
import ImageStorage
import ImageTransfer
import LayerArchive
import OCISpec
import TestSupport
import Testing

/// The same image from every kind of source, plain and compressed.
struct SourceKindTests {
    private static let tar = Tar([.directory("etc"), .file("etc/a", size: 5000, seed: 1), .symlink("b", to: "etc/a")]).bytes
    private static let image = ImageBuilder(
        [BuiltLayer(tar), BuiltLayer([.file("etc/c", text: "c"), .whiteout("b")])], named: "localhost/sample:1")
    private static let tree = [
        "etc": TreeItem(type: "dir"), "etc/a": TreeItem(type: "file", size: 5000), "etc/c": TreeItem(type: "file", size: 1),
    ]

    /// Every form of an archive, by name.
    private static func archives() throws -> [String: [UInt8]] {
        [
            "oci": try image.layout().tar, "legacy": try image.dockerArchive(.legacy).tar,
            "documents first": try image.dockerArchive(.documentsFirst).tar,
            "linked": try image.dockerArchive(.linked).tar, "hybrid": try image.dockerArchive(.hybrid).tar,
        ]
    }

    @Test(arguments: ["oci", "legacy", "documents first", "linked", "hybrid"])
    func archiveBringsTheImage(_ form: String) throws {
        let fixture = try ScanFixture()
        try check(try fixture.scan(try #require(Self.archives()[form])), fixture)
    }

    @Test(arguments: ["oci", "legacy", "hybrid"], Compressor.allCases)
    func compressedArchiveBringsTheImage(_ form: String, _ compressor: Compressor) throws {
        let fixture = try ScanFixture()
        try check(try fixture.scan(try compressor(try #require(Self.archives()[form]))), fixture)
    }

    @Test func folderBringsTheImage() throws {
        let fixture = try ScanFixture()
        let folder = fixture.scratch.path("layout")
        try Self.image.layout().write(to: folder)
        try check(try fixture.scan(folder), fixture)
    }

    @Test func pipeBringsTheImage() throws {
        let fixture = try ScanFixture()
        let bytes = try Self.image.layout().tar
        let pipe = try Pipe(at: fixture.scratch.path("pipe"))
        pipe.feed(bytes)
        try check(try fixture.scan(pipe.path), fixture)
    }

    @Test(arguments: [nil] + Compressor.allCases.map(Optional.some))
    func rootTarballIsAnImageOfOneLayer(_ compressor: Compressor?) throws {
        let fixture = try ScanFixture()
        let image = try #require(try fixture.scan(try compressor?(Self.tar) ?? Self.tar).first)
        #expect(image.layers.map(\.diffID) == [sha256(Self.tar)])
        #expect(try fixture.tree(image).keys.sorted() == ["b", "etc", "etc/a"])
        #expect(fixture.problems == [])
    }

    /// A document's name in a root file system is no reason to take it for an archive when the user said what it is.
    @Test(arguments: ["manifest.json", "repositories", "index.json"])
    func rootTarballMayHoldAFileNamedLikeADocument(_ name: String) throws {
        let fixture = try ScanFixture()
        let images = try fixture.scan(Tar([.file(name, text: "x"), .file("blobs/x", text: "x")]).bytes) { $0.kind = .tarball }
        #expect(images.count == 1)
    }

    /// An image archive's members have to be whole, so only the user's word makes it a root file system.
    @Test func rootTarballMayHoldASparseFile() throws {
        let fixture = try ScanFixture()
        let tar = Tar([.sparse("big", size: 1 << 20, chunks: [(4096, [1, 2, 3])])]).bytes
        let image = try #require(try fixture.scan(tar) { $0.kind = .tarball }.first)
        #expect(try fixture.tree(image) == ["big": TreeItem(type: "file", size: 1 << 20)])
    }

    @Test(arguments: Compressor.allCases) func compressedLayerIsStoredAsItIs(_ compressor: Compressor) throws {
        let fixture = try ScanFixture()
        let layer = BuiltLayer(Self.tar, stored: try compressor(Self.tar))
        let image = try #require(try fixture.scan(ImageBuilder([layer]).layout().tar).first)
        #expect(image.layers == [ScannedLayer(diffID: sha256(Self.tar), descriptor: layer.descriptor, isAbsent: false)])
        #expect(try fixture.blobs().contains(layer.descriptor.digest.hex))
        #expect(fixture.problems == [])
    }

    @Test(arguments: [(SourceKind.dockerArchive, "oci"), (.ociArchive, "legacy")])
    func archiveOfAnotherKindThanTheUserSaysIsRefused(_ kind: SourceKind, _ form: String) throws {
        let fixture = try ScanFixture()
        #expect(try fixture.failure(of: try #require(Self.archives()[form])) { $0.kind = kind } == "wrongKind")
        #expect(fixture.problems == [])
    }

    @Test(arguments: [
        (SourceKind.dockerArchive, "legacy"), (.dockerArchive, "hybrid"), (.ociArchive, "oci"), (.ociArchive, "hybrid"),
    ])
    func archiveOfTheKindThatTheUserSaysIsRead(_ kind: SourceKind, _ form: String) throws {
        let fixture = try ScanFixture()
        try check(try fixture.scan(try #require(Self.archives()[form])) { $0.kind = kind }, fixture)
    }

    private func check(_ images: [ScannedImage], _ fixture: ScanFixture) throws {
        let image = try #require(images.first)
        #expect(images.count == 1)
        #expect(image.name == "localhost/sample:1")
        #expect(image.imageID == sha256(try Self.image.config()))
        #expect(image.layers.map(\.diffID) == Self.image.layers.map(\.diffID))
        #expect(try fixture.tree(image) == Self.tree)
        #expect(try fixture.store.image("localhost/sample:1").imageID == image.imageID)
        #expect(fixture.problems == [])
    }
}
