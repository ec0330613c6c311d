import Foundation
import ImageStorage
import ImageTransfer
import LayerArchive
import OCISpec
import TestSupport
import Testing

/// Image archives of many writers, brought in and compared with what is known of them.
struct SharedArchiveTests {
    private static let made = SharedCases.made.keys.sorted()
    /// What has images that can be read; the bundle's tags and the archives without images have tests of their own.
    private static let fetched = SharedCases.fetched.keys.sorted().filter { name in
        let images = SharedCases.fetched[name]?.images ?? []
        return !images.isEmpty && images.allSatisfy { $0.config_digest != nil }
    }
    private static let rootTarballs = SharedCases.fetched.keys.sorted().filter { SharedCases.fetched[$0]?.kind == "rootfs" }

    private static func path(_ folder: String, _ name: String) -> String {
        "\(SharedCases.folder ?? "")/archives/\(folder)/\(name)"
    }

    @Test(arguments: made) func madeArchiveIsReadAsItsWriterMeantIt(_ name: String) throws {
        try check(try #require(SharedCases.made[name]), at: Self.path("made", name))
    }

    @Test(arguments: fetched) func fetchedArchiveIsReadAsItsWriterMeantIt(_ name: String) throws {
        try check(try #require(SharedCases.fetched[name]), at: Self.path("fetched", name))
    }

    @Test(arguments: rootTarballs) func rootFileSystemBecomesAnImageOfOneLayer(_ name: String) throws {
        let fixture = try ScanFixture()
        let images = try fixture.scan(Self.path("fetched", name))
        #expect(images.count == 1)
        #expect(images.first?.layers.count == 1)
        #expect(fixture.problems == [])
    }

    @Test(arguments: rootTarballs) func rootFileSystemIsNoDockerArchive(_ name: String) throws {
        let fixture = try ScanFixture()
        #expect(fixture.failure(of: Self.path("fetched", name)) { $0.kind = .dockerArchive } == "wrongKind")
        #expect(fixture.problems == [])
    }

    @Test(
        .needsCases,
        arguments: [
            ("ggcr/tarball_null_manifest.tar", "badDocument.malformed"),
            // Its index names a manifest blob that is not there.
            ("ggcr-layout/test_gc_image_unknown_mediatype.oci.tar", "missingMember"),
            // Docker reads this layout from before 1.10, skopeo refuses; it holds no diff IDs to check layers against.
            ("ggcr/tarball_no_manifest.tar", "ancientArchive"),
        ])
    func archiveWithoutAWholeImageIsRefused(_ name: String, _ expected: String) throws {
        let fixture = try ScanFixture()
        let before = try fixture.names()
        #expect(fixture.failure(of: Self.path("fetched", name)) == expected)
        #expect(try fixture.names() == before)
        #expect(fixture.problems == [])
    }

    /// Docker and skopeo refuse tags without a colon, the library that wrote them reads them: we do, as `:latest`.
    @Test(.needsCases) func tagWithoutAColonIsTakenForLatest() throws {
        let fixture = try ScanFixture()
        let images = try fixture.scan(Self.path("fetched", "ggcr/tarball_test_bundle.tar"))
        #expect(images.map(\.name) == ["test_image_2:latest", "test_image_1:latest"])
    }

    /// The writer says gzip and stores plain tars: the bytes decide, and a warning says so.
    @Test(.needsCases) func layerThatLiesAboutItsCompressionIsReadWithAWarning() throws {
        let fixture = try ScanFixture()
        _ = try fixture.scan(Self.path("made", "skopeo-oci-uncompressed.tar"))
        let warnings = fixture.events.filter { event in
            guard case .mislabelled(_, let type, let actual) = event else { return false }
            return type == MediaType.layerGzip && actual == .none
        }
        #expect(warnings.count == 3)
    }

    @Test(.needsCases) func platformThatAnIndexHasNotIsRefused() throws {
        let fixture = try ScanFixture()
        let failure = fixture.failure(of: Self.path("made", "buildkit-multiarch-attested.tar")) {
            $0.platform = Platform(os: "linux", architecture: "s390x")
        }
        #expect(failure == "noSuchPlatform")
        #expect(fixture.problems == [])
    }

    /// All that the index reaches is kept: both platforms and the attestations.
    @Test(.needsCases) func attestationsAreKeptAndNoImages() throws {
        let fixture = try ScanFixture()
        let name = "buildkit-multiarch-attested.tar"
        let images = try fixture.scan(Self.path("made", name))
        let attestations = (SharedCases.made[name]?.attestations ?? []).map { $0.digest.dropFirst(7) }
        #expect(attestations.count == 2)
        #expect(images.count == 1)
        #expect(try fixture.blobs().isSuperset(of: attestations.map(String.init)))
        for digest in attestations {
            #expect(throws: (any Error).self) { try fixture.store.image(String(digest)) }
        }
    }

    /// With a platform no more is kept than that, under the same index.
    @Test(.needsCases) func ofOnePlatformNoAttestationIsKept() throws {
        let fixture = try ScanFixture()
        let name = "buildkit-multiarch-attested.tar"
        let images = try fixture.scan(Self.path("made", name)) { $0.platform = Platform(os: "linux", architecture: "amd64") }
        #expect(images.count == 1)
        let attestations = (SharedCases.made[name]?.attestations ?? []).map { String($0.digest.dropFirst(7)) }
        #expect(try fixture.blobs().isDisjoint(with: attestations))
        // The index, the manifest, the config and the layers.
        #expect(try fixture.blobs().count == 3 + Set(images[0].layers.map(\.descriptor.digest)).count)
        #expect(fixture.problems == [])
    }

    /// Every archive of v1 brings in the same layers, whichever came first.
    @Test(.needsCases) func archivesOfOneImageAgreeInOneStore() throws {
        let fixture = try ScanFixture()
        var trees: Set<[String: TreeItem]> = []
        for name in [
            "skopeo-oci-gzip.tar", "docker20-save.tar", "docker26-save.tar", "podman-docker-archive.tar", "skopeo-oci-zstd.tar",
        ] {
            for image in try fixture.scan(Self.path("made", name)) { trees.insert(try fixture.tree(image)) }
        }
        #expect(trees.count == 1)
        #expect(fixture.problems == [])
    }

    private func check(_ archive: SharedCases.Archive, at path: String) throws {
        for isImporting in [true, false] {
            let fixture = try ScanFixture()
            let expected = archive.images ?? []
            var found: [Digest: ScannedImage] = [:]
            for platform in Set(expected.map { Platform(os: $0.os ?? "", architecture: $0.architecture ?? "") }) {
                let images = try fixture.scan(path) {
                    $0.platform = platform
                    $0.isImporting = isImporting
                }
                for image in images { found[image.imageID] = image }
            }
            #expect(Set(found.keys.map(\.description)) == Set(expected.compactMap(\.config_digest)))
            for image in expected {
                let id = try Digest(try #require(image.config_digest))
                try check(image, try #require(found[id]), fixture)
                if isImporting { try checkStored(image, id, fixture) }
            }
            #expect(fixture.problems == [])
        }
    }

    private func check(_ expected: SharedCases.Image, _ image: ScannedImage, _ fixture: ScanFixture) throws {
        if let digest = expected.digest { #expect(image.manifestDigest.description == digest) }
        let layers = expected.layers ?? []
        #expect(image.layers.map(\.diffID.description) == layers.map(\.diff_id))
        #expect(image.layers.map(\.descriptor.digest.description) == layers.map(\.digest))
        #expect(image.layers.map(\.descriptor.size) == layers.map(\.size))
        if let tag = expected.tags?.first, tag.contains(":") { #expect(image.name == tag) }
        if let tree = expected.tree.map({ Self.path("made", $0) }) {
            let files = SharedCases.decode([String: SharedCases.File].self, tree)
            expect(try fixture.tree(image), files.mapValues(\.item))
        } else if let files = expected.files {
            expect(try fixture.tree(image), files.mapValues(\.item))
        }
    }

    private func checkStored(_ expected: SharedCases.Image, _ id: Digest, _ fixture: ScanFixture) throws {
        let platform = Platform(os: expected.os ?? "", architecture: expected.architecture ?? "")
        let record = try fixture.store.image(id.hex, platform: platform)
        #expect(record.imageID == id)
        #expect(record.layers.map(\.diffID.description) == (expected.layers ?? []).map(\.diff_id))
    }
}

/// Compares two trees and tells the differences alone.
func expect(_ actual: [String: TreeItem], _ expected: [String: TreeItem], sourceLocation: SourceLocation = #_sourceLocation) {
    var differences: [String] = []
    for path in Set(actual.keys).union(expected.keys).sorted() where actual[path] != expected[path] {
        differences.append("\(path): \(actual[path]?.description ?? "-"), expected \(expected[path]?.description ?? "-")")
    }
    #expect(differences == [], sourceLocation: sourceLocation)
}
