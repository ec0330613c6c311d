import Foundation
import ImageStorage
import ImageTransfer
import LayerArchive
import OCISpec
import TestSupport
import Testing

/// Only what is asked for must be there, and be as it should.
struct PassedOverTests {
    private static func layer(_ name: String) -> BuiltLayer { BuiltLayer([.file(name, size: 600, seed: 3)]) }

    private static func image(_ architecture: String) -> ImageBuilder {
        ImageBuilder([layer(architecture)]).with { $0.platform = Platform(os: "linux", architecture: architecture) }
    }

    private static let amd64 = image("amd64")
    private static let arm64 = image("arm64")
    /// Has an image's config, and a statement for a layer.
    private static let attestation = ImageBuilder([
        BuiltLayer([UInt8](#"{"_type":"https://in-toto.io/Statement/v0.1"}"#.utf8), mediaType: "application/vnd.in-toto+json")
    ]).with { $0.platform = Platform(os: "unknown", architecture: "unknown") }

    /// A layout of one name for an index of these images.
    private func layout(_ change: (inout ArchiveFiles) throws -> Void) throws -> ArchiveFiles {
        var files = ArchiveFiles()
        files["oci-layout"] = Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8)
        try files.setIndex(of: [Self.amd64, Self.arm64, Self.attestation], named: "localhost/multi:1")
        try change(&files)
        return files
    }

    private static func name(_ digest: Digest) -> String { "blobs/sha256/\(digest.hex)" }

    /// What may be wrong with a part that is not asked for.
    enum Fault: String, CaseIterable, Sendable { case manifest, config, layer, cutLayer, cutManifest, oddConfig }

    private func spoil(_ image: ImageBuilder, _ fault: Fault, _ files: inout ArchiveFiles) throws {
        let layer = Self.name(image.layers[0].descriptor.digest)
        let config = Self.name(sha256(try image.config()))
        let manifest = Self.name(try image.descriptor().digest)
        switch fault {
        case .manifest: files[manifest] = nil
        case .config: files[config] = nil
        case .layer: files[layer] = nil
        case .cutLayer: files[layer] = Array(image.layers[0].blob.dropLast(512))
        case .cutManifest: files[manifest] = Array(try image.manifest().dropLast())
        case .oddConfig: files[config] = Array(repeating: UInt8(ascii: "x"), count: try image.config().count)
        }
    }

    private static let wanted = Platform(os: "linux", architecture: "amd64")

    /// A source of these files, by the ways in which they may come.
    private func sources(_ files: ArchiveFiles, _ fixture: ScanFixture) throws -> [String] {
        let folder = fixture.scratch.path("folder-\(UUID().uuidString)")
        try files.write(to: folder)
        let pipe = try Pipe(at: fixture.scratch.path("pipe-\(UUID().uuidString)"))
        pipe.feed(files.tar)
        return [try fixture.file(files.tar), folder, pipe.path]
    }

    @Test(arguments: Fault.allCases, [true, false]) func whatIsNotAskedForMayBeAbsentOrOdd(
        _ fault: Fault, _ isAttestation: Bool
    ) throws {
        let other = isAttestation ? Self.attestation : Self.arm64
        let files = try layout { try spoil(other, fault, &$0) }
        let fixture = try ScanFixture()
        for path in try sources(files, fixture) {
            let images = try fixture.scan(path) { $0.platform = Self.wanted }
            #expect(images.map(\.imageID) == [sha256(try Self.amd64.config())])
        }
        // What was left out is not half there.
        #expect(fixture.problems == [])
        #expect(try fixture.store.image("localhost/multi:1", platform: Self.wanted).imageID == sha256(try Self.amd64.config()))
        // Nothing was opened that a word could be said about.
        let told = fixture.events.contains { event in
            if case .leftOut = event { true } else { false }
        }
        #expect(!told)
    }

    /// Where no platform is named all of them are looked at, and what is left out is told.
    @Test(arguments: Fault.allCases) func whatIsLeftOutIsTold(_ fault: Fault) throws {
        let ours = Self.layer("ours")
        let host = ImageBuilder([ours]).with { $0.platform = .host }
        let other = Self.image("s390x")
        var files = ArchiveFiles()
        files["oci-layout"] = Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8)
        try files.setIndex(of: [host, other], named: "localhost/multi:1")
        try spoil(other, fault, &files)
        let fixture = try ScanFixture()
        #expect(try fixture.scan(files.tar) { $0.isImporting = false }.map(\.imageID) == [sha256(try host.config())])
        let told = fixture.events.contains { event in
            if case .leftOut(_, let parts) = event { parts.count == 1 } else { false }
        }
        #expect(told == (fault != .manifest))
    }

    @Test(arguments: Fault.allCases) func whatIsAskedForMustBeWhole(_ fault: Fault) throws {
        let files = try layout { try spoil(Self.arm64, fault, &$0) }
        let failure = try ScanFixture().failure(of: files.tar) { $0.platform = Platform(os: "linux", architecture: "arm64") }
        #expect(failure?.hasPrefix(fault == .manifest ? "absentPlatform" : "incompletePlatform.") == true, "\(failure ?? "none")")
    }

    /// Of an image that has but one platform, nothing else is there to be read.
    @Test(arguments: [Fault.config, .layer]) func anImagesOwnPartsMustBeThere(_ fault: Fault) throws {
        var files = try Self.amd64.layout()
        try spoil(Self.amd64, fault, &files)
        #expect(try ScanFixture().failure(of: files.tar) == "missingMember")
    }

    @Test func anImageThatIsNamedIsReadBesideABrokenOne() throws {
        let good = Self.amd64.with { $0.names = ["localhost/good:1"] }
        let bad = Self.arm64.with { $0.names = ["localhost/bad:1"] }
        for isDocker in [true, false] {
            var files = try isDocker ? ImageBuilder.dockerArchive([good, bad], .hybrid) : ImageBuilder.layout([good, bad])
            if isDocker { files["index.json"] = nil }
            files[Self.name(bad.layers[0].descriptor.digest)] = nil
            let fixture = try ScanFixture()
            #expect(try fixture.scan(files.tar) { $0.reference = "localhost/good:1" }.map(\.name) == ["localhost/good:1"])
            #expect(try fixture.failure(of: files.tar) { $0.reference = "localhost/bad:1" } == "missingMember")
            #expect(try fixture.failure(of: files.tar) == "missingMember")
            #expect(fixture.problems == [])
        }
    }

    /// What cosign and others put beside an image.
    @Test func aSignatureBesideAnImageIsKeptOrLeftOut() throws {
        let signature = ImageBuilder([
            BuiltLayer([UInt8]("{}".utf8), mediaType: "application/vnd.dev.cosign.simplesigning.v1+json")
        ])
        var files = try ImageBuilder.layout([Self.amd64.with { $0.names = ["localhost/signed:1"] }, signature])
        let whole = try ScanFixture()
        #expect(try whole.scan(files.tar).map(\.name) == ["localhost/signed:1"])
        #expect(try whole.blobs().contains(try signature.descriptor().digest.hex))
        files[Self.name(signature.layers[0].descriptor.digest)] = nil
        let part = try ScanFixture()
        #expect(try part.scan(files.tar).map(\.name) == ["localhost/signed:1"])
        #expect(try !part.blobs().contains(try signature.descriptor().digest.hex))
        #expect(part.problems == [])
    }

    @Test(arguments: ["application/vnd.oci.image.layer.v1.tar+gzip+encrypted", "application/vnd.wasm.content.layer.v1+wasm"])
    func aLayerOfATypeThatCannotBeReadIsNotDamaged(_ type: String) throws {
        let image = ImageBuilder([BuiltLayer([1, 2, 3], mediaType: type)], named: "localhost/odd:1")
        let failure = try ScanFixture().failure(of: image.layout().tar)
        #expect(failure == (type.hasSuffix("encrypted") ? "encryptedLayer" : "artifact"))
        let mixed = ImageBuilder([Self.layer("a"), BuiltLayer([1, 2, 3], mediaType: type)], named: "localhost/odd:2")
        let second = try ScanFixture().failure(of: mixed.layout().tar)
        #expect(second == (type.hasSuffix("encrypted") ? "encryptedLayer" : "notATar"))
    }

    @Test func anArtifactTypeOfAnyKindIsNoReasonToRefuseAnImage() throws {
        var manifest = try decodeDocument(ImageManifest.self, from: Self.amd64.manifest())
        manifest.artifactType = "application/vnd.example+type"
        var files = try Self.amd64.layout()
        let bytes = try encodeDocument(manifest)
        try files.setIndex([
            Descriptor(
                mediaType: MediaType.manifest, digest: files.addBlob(bytes), size: Int64(bytes.count),
                artifactType: "application/vnd.example+type")
        ])
        #expect(try ScanFixture().scan(files.tar).map(\.imageID) == [sha256(try Self.amd64.config())])
    }
}
