import Foundation
import ImageStorage
import ImageTransfer
import LayerArchive
import OCISpec
import TestSupport
import Testing

/// Input that is broken or hostile: a typed error, and a store that is as it was.
struct DamageTests {
    private static let tar = Tar([.directory("etc"), .file("etc/a", size: 6000, seed: 1), .file("b", size: 900, seed: 2)]).bytes
    private static let image = ImageBuilder([BuiltLayer(tar)], named: "localhost/damaged:1")

    /// Scans `bytes` in a store that has an image already, and checks that it still has just that.
    private func failure(
        _ bytes: [UInt8], in populated: ScanFixture? = nil, _ change: (inout ScanFixture.Options) -> Void = { _ in },
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> String? {
        let fixture = try populated ?? Self.populated()
        let names = try fixture.names()
        let files = fixture.filesBesideBlobs
        let failure = try fixture.failure(of: bytes, change)
        #expect(try fixture.names() == names, sourceLocation: sourceLocation)
        #expect(fixture.filesBesideBlobs == files, sourceLocation: sourceLocation)
        #expect(fixture.problems == [], sourceLocation: sourceLocation)
        return failure
    }

    private func failure(_ files: ArchiveFiles, sourceLocation: SourceLocation = #_sourceLocation) throws -> String? {
        try failure(files.tar, sourceLocation: sourceLocation)
    }

    private static func populated() throws -> ScanFixture {
        let fixture = try ScanFixture()
        _ = try fixture.scan(ImageBuilder([BuiltLayer([.file("old", text: "old")])], named: "localhost/old:1").layout().tar)
        return fixture
    }

    @Test func emptyFile() throws {
        #expect(try failure([UInt8]()) == "emptyFile")
    }

    @Test func missingFile() throws {
        #expect(try ScanFixture().failure(of: "/nonexistent/archive.tar") == "unreadable")
    }

    @Test func folderWithoutALayout() throws {
        let fixture = try ScanFixture()
        let folder = fixture.scratch.path("folder")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        #expect(fixture.failure(of: folder) == "notALayout")
    }

    @Test func textFile() throws {
        let text = Array(String(repeating: "this is no archive\n", count: 100).utf8)
        #expect(try failure(text)?.hasPrefix("notAnArchive.") == true)
    }

    /// Every cut is refused, but for those that leave a whole tar of whole members with all the documents.
    @Test(arguments: [0, 1]) func truncatedArchive(_ part: Int) throws {
        let fixture = try Self.populated()
        for files in [try Self.image.layout(), try Self.image.dockerArchive()] {
            let tar = files.tar
            let end = Tar(files.members).memberOffsets.last ?? 0
            for offset in stride(from: 1 + part * 211, to: end, by: 422) {
                #expect(try failure(Array(tar[..<offset]), in: fixture) != nil, "cut at \(offset) of \(tar.count)")
            }
        }
    }

    @Test func truncatedCompressedArchive() throws {
        let bytes = try Compressor.gzip(try Self.image.layout().tar)
        let fixture = try Self.populated()
        for offset in stride(from: 3, to: bytes.count, by: 97) {
            #expect(try failure(Array(bytes[..<offset]), in: fixture)?.hasPrefix("notAnArchive.") == true, "cut at \(offset)")
        }
    }

    @Test(arguments: Compressor.allCases) func truncatedLayer(_ compressor: Compressor) throws {
        let whole = try compressor(Self.tar)
        for count in [whole.count / 3, whole.count - 5] {
            let layer = BuiltLayer(Self.tar, stored: Array(whole.prefix(count)))
            #expect(try failure(ImageBuilder([layer]).layout())?.hasPrefix("badLayer.") == true, "\(count) bytes")
        }
    }

    @Test func truncatedPlainLayer() throws {
        let layer = BuiltLayer(Array(Self.tar.prefix(3000)))
        #expect(try failure(ImageBuilder([layer]).layout()) == "badLayer.tarTruncated")
    }

    @Test func pipeThatClosesEarly() throws {
        let fixture = try ScanFixture()
        let bytes = try Self.image.layout().tar
        let pipe = try Pipe(at: fixture.scratch.path("pipe"))
        pipe.feed(Array(bytes.prefix(bytes.count / 2)))
        #expect(fixture.failure(of: pipe.path)?.hasPrefix("notAnArchive.") == true)
        #expect(fixture.problems == [])
    }

    @Test func pipeThatGivesNothing() throws {
        let fixture = try ScanFixture()
        let pipe = try Pipe(at: fixture.scratch.path("pipe"))
        pipe.feed([])
        #expect(fixture.failure(of: pipe.path) == "emptyFile")
        #expect(fixture.problems == [])
    }

    @Test func layerWithAFlippedByte() throws {
        var files = try Self.image.layout()
        let name = "blobs/sha256/\(sha256(Self.tar).hex)"
        // Within the content of `etc/a`, where the tar stays whole.
        files[name]?[2048] ^= 1
        #expect(try failure(files) == "digestMismatch")
    }

    @Test func documentWithAFlippedByte() throws {
        var files = try Self.image.layout()
        let name = "blobs/sha256/\(sha256(try Self.image.config()).hex)"
        files[name]?[20] ^= 1
        #expect(try failure(files) == "digestMismatch")
    }

    @Test(arguments: [-1, 1] as [Int64]) func layerOfAnotherSize(_ difference: Int64) throws {
        let layer = BuiltLayer(Self.tar).with { $0.descriptor.size += difference }
        #expect(try failure(ImageBuilder([layer]).layout()) == "sizeMismatch")
    }

    @Test func manifestOfAnotherSize() throws {
        var files = try Self.image.layout()
        var entry = try Self.image.descriptor()
        entry.size += 1
        try files.setIndex([entry])
        #expect(try failure(files) == "sizeMismatch")
    }

    @Test(arguments: ["layer", "config", "manifest"]) func missingBlob(_ which: String) throws {
        var files = try Self.image.layout()
        let digests = [
            "layer": sha256(Self.tar), "config": sha256(try Self.image.config()), "manifest": try Self.image.descriptor().digest,
        ]
        files["blobs/sha256/\(try #require(digests[which]).hex)"] = nil
        #expect(try failure(files) == "missingMember")
    }

    @Test(arguments: [true, false]) func layerWithAnotherDiffID(_ isDocker: Bool) throws {
        let image = ImageBuilder([BuiltLayer(Self.tar).with { $0.diffID = sha256([1]) }])
        #expect(try failure(isDocker ? image.dockerArchive() : image.layout()) == "diffIDMismatch")
    }

    /// A known layer under a wrong diff ID is found out without reading it.
    @Test func knownLayerWithAnotherDiffID() throws {
        let fixture = try ScanFixture()
        _ = try fixture.scan(Self.image.layout().tar)
        let names = try fixture.names()
        let lying = ImageBuilder([BuiltLayer(Self.tar).with { $0.diffID = sha256([1]) }], named: "localhost/lying:1")
        #expect(try fixture.failure(of: lying.layout().tar) == "diffIDMismatch")
        #expect(try fixture.names() == names)
    }

    @Test(arguments: [true, false]) func configThatCountsOtherLayers(_ isDocker: Bool) throws {
        let config = try encodeDocument(
            ImageConfig(platform: .host, rootfs: RootFS(diffIDs: [sha256(Self.tar), sha256(Self.tar)])))
        let image = Self.image.with { $0.configOverride = config }
        #expect(try failure(isDocker ? image.dockerArchive() : image.layout()) == "layerCountMismatch")
    }

    @Test(
        arguments: ["index.json", "manifest.json"],
        ["", "{", "[]", "null", "\"x\"", "{}", "[{}]", "{\"manifests\":1}", "\u{0}\u{1}"])
    func garbageForADocument(_ name: String, _ garbage: String) throws {
        var files = name == "index.json" ? try Self.image.layout() : try Self.image.dockerArchive()
        files[name] = Array(garbage.utf8)
        let failure = try #require(try failure(files))
        #expect(["badDocument.malformed", "noImages"].contains(failure), "\(failure)")
    }

    @Test func documentThatIsTooDeep() throws {
        var files = try Self.image.layout()
        files["index.json"] = [UInt8](repeating: UInt8(ascii: "["), count: 100_000)
        #expect(try failure(files) == "badDocument.tooDeep")
    }

    @Test func documentThatIsTooLarge() throws {
        var files = try Self.image.layout()
        files["index.json"] = [UInt8](repeating: UInt8(ascii: " "), count: 9 << 20)
        #expect(try failure(files) == "badDocument.tooLarge")
    }

    @Test func indexesNestedTooDeep() throws {
        var files = try Self.image.layout()
        var top = try Self.image.descriptor()
        for _ in 0..<12 { top = try files.addDocument(ImageIndex(manifests: [top]), MediaType.index) }
        try files.setIndex([top])
        #expect(try failure(files) == "tooManyManifests")
    }

    /// Seven levels of twenty entries each would be more than a thousand million documents, were each visit taken for one.
    @Test(.timeLimit(.minutes(1))) func indexesThatListOneAnotherManyTimesAreReadOnce() throws {
        let fixture = try ScanFixture()
        var files = try Self.image.layout()
        var top = try Self.image.descriptor()
        for _ in 0..<7 { top = try files.addDocument(ImageIndex(manifests: Array(repeating: top, count: 20)), MediaType.index) }
        try files.setIndex([top])
        #expect(try fixture.scan(files.tar).map(\.imageID) == [sha256(Self.image.config())])
        #expect(fixture.problems == [])
    }

    /// Read each time it is named, the config alone would be 50 GB.
    @Test(.timeLimit(.minutes(1))) func aLargeConfigThatManyImagesNameIsReadOnce() throws {
        let fixture = try ScanFixture()
        let config = try encodeDocument(
            ImageConfig(
                platform: .host, rootfs: RootFS(diffIDs: [sha256(Self.tar)]), author: String(repeating: "x", count: 7 << 20)))
        var files = try Self.image.with { $0.configOverride = config }.dockerArchive()
        let items = try decodeDocument([DockerArchiveItem].self, from: try #require(files["manifest.json"]))
        files["manifest.json"] = try encodeDocument(Array(repeating: try #require(items.first), count: 7_000))
        #expect(try fixture.scan(files.tar).count == 7_000)
        #expect(fixture.problems == [])
    }

    @Test func layerWithParentInAName() throws {
        let layer = BuiltLayer([.file("a/../../etc/passwd", text: "x")])
        #expect(try failure(ImageBuilder([layer]).layout()) == "badLayer.parentTraversal")
    }

    @Test func layerWithParentInALinkTarget() throws {
        let layer = BuiltLayer([.file("a", text: "x"), .hardLink("b", to: "../a")])
        #expect(try failure(ImageBuilder([layer]).layout()) == "badLayer.linkTargetTraversal")
    }

    @Test(arguments: [true, false]) func layerBomb(_ isRatio: Bool) throws {
        let zeros = Tar([.file("zeros", [UInt8](repeating: 0, count: 4 << 20))]).bytes
        let layer = BuiltLayer(zeros, stored: try Compressor.gzip(zeros))
        let failure = try failure(ImageBuilder([layer]).layout().tar) { options in
            if isRatio {
                options.limits.maxRatio = 100
                options.limits.ratioFloorBytes = 1 << 20
            } else {
                options.limits.maxTarBytes = 1 << 20
            }
        }
        #expect(failure == "badLayer.limitExceeded")
    }

    @Test func archiveBomb() throws {
        let zeros = Tar([.file("zeros", [UInt8](repeating: 0, count: 4 << 20))]).bytes
        let failure = try failure(try Compressor.gzip(zeros)) { $0.limits.maxTarBytes = 1 << 20 }
        #expect(failure == "notAnArchive.limitExceeded")
    }

    @Test func layerOfTooManyEntries() throws {
        let layer = BuiltLayer((0..<20).map { .file("\($0)", text: "") })
        let failure = try failure(ImageBuilder([layer]).layout().tar) { $0.limits.maxEntries = 10 }
        #expect(failure == "badLayer.limitExceeded")
    }

    @Test(arguments: ["../../outside/layer.tar", "/../x", "layer.tar", "nowhere"]) func linkThatLeadsNowhere(_ target: String)
        throws
    {
        var files = try Self.image.dockerArchive()
        let position = try #require(files.members.firstIndex { $0.name.suffix(9) == Array("layer.tar".utf8) })
        let name = String(decoding: files.members[position].name, as: UTF8.self)
        files.members[position] = .symlink(name, to: target)
        let failure = try #require(try failure(files))
        #expect(["badLink", "missingMember"].contains(failure), "\(failure)")
    }

    @Test func folderWhoseBlobIsASymlinkIsRead() throws {
        let fixture = try ScanFixture()
        let folder = fixture.scratch.path("layout")
        try Self.image.layout().write(to: folder)
        let blob = "\(folder)/blobs/sha256/\(sha256(Self.tar).hex)"
        try FileManager.default.moveItem(atPath: blob, toPath: "\(folder)/elsewhere")
        try FileManager.default.createSymbolicLink(atPath: blob, withDestinationPath: "\(folder)/elsewhere")
        #expect(fixture.failure(of: folder) == nil)
        #expect(fixture.problems == [])
    }

    @Test func digestOfAnotherAlgorithm() throws {
        var files = try Self.image.layout()
        let digest = try Digest("sha512:" + String(repeating: "a", count: 128))
        try files.setIndex([Descriptor(mediaType: MediaType.manifest, digest: digest, size: 2)])
        #expect(try failure(files) == "unsupportedDigest")
    }

    /// The layers before the bad one were whole and may stay; the image must not.
    @Test func goodLayersBeforeABadOneLeaveNoName() throws {
        let fixture = try ScanFixture()
        let good = BuiltLayer([.file("good", text: "good")])
        let bad = BuiltLayer(Array(Self.tar.prefix(3000)))
        let names = try fixture.names()
        #expect(
            try fixture.failure(of: ImageBuilder([good, bad], named: "localhost/half:1").layout().tar) == "badLayer.tarTruncated")
        #expect(try fixture.names() == names)
        #expect(try fixture.blobs().isSubset(of: [good.descriptor.digest.hex]))
        #expect(fixture.problems == [])
    }
}
