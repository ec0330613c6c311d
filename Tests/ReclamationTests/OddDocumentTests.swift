import ContentStorage
import Foundation
import ImageStorage
import OCISpec
import Reclamation
import TestSupport
import Testing

/// Documents of types that nobody knows keep whatever they name by a digest.
struct OddDocumentTests {
    private let made: HandmadeStore

    init() throws { made = try HandmadeStore() }

    private static let artifactType = "application/vnd.oci.artifact.manifest.v1+json"
    private static let laterType = "application/vnd.oci.image.manifest.v9+json"

    /// What nothing reaches.
    private func orphans() throws -> Set<Digest> {
        let store = try made.open()
        defer { store.catalog.close() }
        return Set(DiskUsage(try StoreLook(store), now: PruneBench.now).orphans)
    }

    private func unreadable() throws -> [Digest] {
        let store = try made.open()
        defer { store.catalog.close() }
        return try StoreLook(store).graph.unreadable.map(\.digest)
    }

    /// An image, not listed.
    private func image() throws -> Descriptor {
        var image = try made.addImage("a:1")
        made.entries = []
        try made.setEntries([])
        image.annotations = nil
        return image
    }

    private func artifact(_ fields: [String: Any]) throws -> Descriptor {
        try made.document(fields.merging(["mediaType": Self.artifactType]) { $1 }, Self.artifactType)
    }

    /// After the entry was listed nothing is an orphan, a second look by what is remembered says the same, and with the entry all goes.
    private func expectKept(_ entry: Descriptor, sourceLocation: SourceLocation = #_sourceLocation) throws {
        try made.add("odd:1", entry)
        #expect(try orphans() == [], sourceLocation: sourceLocation)
        #expect(try orphans() == [], sourceLocation: sourceLocation)
        #expect(try unreadable() == [], sourceLocation: sourceLocation)
        try made.release([try #require(made.entries.last)])
        #expect(made.blobNames == [], sourceLocation: sourceLocation)
    }

    @Test func anArtifactManifestKeepsItsBlobs() throws {
        try expectKept(try artifact(["blobs": [try made.blob(Data("x".utf8), "application/jose+json").json]]))
    }

    @Test(arguments: [MediaType.manifest, laterType, artifactType])
    func aBundleKeepsTheImagesInIt(type: String) throws {
        var layer = try image()
        layer.mediaType = type
        let fields: [String: Any] = [
            "schemaVersion": 2, "artifactType": "application/example",
            "config": try made.blob(Data("{}".utf8), MediaType.empty).json, "layers": [layer.json],
        ]
        try expectKept(try made.document(fields, MediaType.manifest))
    }

    @Test func aBundleInAnArtifactManifestKeepsTheImagesInIt() throws {
        try expectKept(try artifact(["blobs": [try image().json]]))
    }

    @Test func aManifestOfALaterTypeBelowAnIndexKeepsItsImage() throws {
        var child = try image()
        child.mediaType = Self.laterType
        try expectKept(try made.document(["schemaVersion": 2, "manifests": [child.json]], MediaType.index))
    }

    @Test func anIndexOfALaterTypeKeepsItsImages() throws {
        let type = "application/vnd.oci.image.index.v9+json"
        let child = try image()
        let index = try made.document(["schemaVersion": 3, "mediaType": type, "manifests": [child.json]], type)
        try expectKept(index)
    }

    @Test func dockersFirstSchemaKeepsItsLayers() throws {
        let layer = try made.blob(Data("layer".utf8), MediaType.layer)
        let type = "application/vnd.docker.distribution.manifest.v1+prettyjws"
        try expectKept(
            try made.document(["schemaVersion": 1, "fsLayers": [["blobSum": layer.digest.description]], "history": []], type))
    }

    @Test func aFieldThatCameLaterKeepsWhatItNames() throws {
        let later = try made.blob(Data("later".utf8), "application/example")
        let config = try made.config([])
        try expectKept(
            try made.document(
                ["schemaVersion": 2, "config": config.json, "layers": [], "x": ["y": [later.json]]] as [String: Any],
                MediaType.manifest))
    }

    @Test func anEncryptedLayerIsKept() throws {
        let layer = try made.blob(Data("secret".utf8), MediaType.layerGzip + "+encrypted")
        let config = try made.config([layer.digest])
        try expectKept(
            try made.document(["schemaVersion": 2, "config": config.json, "layers": [layer.json]], MediaType.manifest))
    }

    @Test func aDigestThatIsWrittenWithEscapesIsOne() throws {
        let blob = try made.blob(Data("x".utf8), "application/example")
        let escaped = blob.digest.description.replacingOccurrences(of: "sha256:", with: #"sh\u0061256:"#)
        try expectKept(try made.blob(Data(#"{"blobs":[{"digest":"\#(escaped)"}]}"#.utf8), Self.artifactType))
    }

    @Test func whatADescriptorSaysOfTheSizeHidesNoDocument() throws {
        var entry = try artifact(["blobs": [try made.blob(Data("x".utf8), "application/example").json]])
        entry.size = 1 << 30
        try expectKept(entry)
    }

    @Test func annotationsAreNotesAndKeepNothing() throws {
        let base = try image()
        let config = try made.config([])
        try made.add(
            "derived:1",
            try made.document(
                [
                    "schemaVersion": 2, "config": config.json, "layers": [],
                    "annotations": ["org.opencontainers.image.base.digest": base.digest.description],
                ] as [String: Any], MediaType.manifest))
        #expect(try orphans().contains(base.digest))
    }

    // What cannot be read

    @Test func aTornDocumentOfAnUnknownTypeEndsTheRun() throws {
        let entry = try made.add("odd:1", try artifact(["blobs": [try made.blob(Data("x".utf8), "application/example").json]]))
        let path = made.blobPath(entry.digest)
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[0] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
        #expect(try unreadable() == [entry.digest])
    }

    @Test func aDocumentOfAnUnknownTypeNestedTooDeepEndsTheRun() throws {
        let text = #"{"a":"# + String(repeating: "[", count: 600) + String(repeating: "]", count: 600) + "}"
        let entry = try made.add("odd:1", try made.blob(Data(text.utf8), Self.artifactType))
        #expect(try unreadable() == [entry.digest])
    }

    @Test func documentsOfUnknownTypesWithinOneAnotherWithoutEndEndTheRun() throws {
        var document = try image()
        for _ in 0..<300 { document = try artifact(["blobs": [document.json]]) }
        try made.add("odd:1", document)
        #expect(try unreadable().count == 1)
    }

    @Test func whatIsNoDocumentLeadsNowhereHoweverLargeItIs() throws {
        try made.add("noise:1", try made.blob(Data(repeating: 7, count: 9 << 20), "application/example"))
        #expect(try unreadable() == [])
    }

    @Test func aLargeDocumentOfAnUnknownTypeIsLookedThrough() throws {
        let blob = try made.blob(Data("x".utf8), "application/example")
        let filler = String(repeating: "x", count: 9 << 20)
        try expectKept(try made.blob(Data(#"{"filler":"\#(filler)","blobs":["\#(blob.digest)"]}"#.utf8), Self.artifactType))
    }

    // Entries that cannot be used

    private static let odd = "multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8"

    private func list(_ more: [String: Any]) throws {
        var index = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: "\(made.path)/index.json")))
                as? [String: Any])
        index["manifests"] = [more] + (index["manifests"] as? [Any] ?? [])
        try made.write("index.json", try JSONSerialization.data(withJSONObject: index))
    }

    @Test(
        arguments: [
            ["mediaType": MediaType.manifest, "digest": odd, "size": 10],
            ["mediaType": "no type", "digest": "sha256:12", "size": -1],
        ] as [[String: any Sendable]])
    func anOddEntryKeepsNothingFromBeingUsedAndAllFromBeingDeleted(entry: [String: any Sendable]) throws {
        let image = try made.addImage("a:1")
        try made.addImage("b:1")
        try list(entry.mapValues { $0 as Any })
        #expect(try made.open().names().map(\.familiar) == ["localhost/a:1", "localhost/b:1"])
        let blobs = made.blobNames
        let outcome = try made.release([image])
        #expect(outcome.entries == [image])
        #expect(outcome.removed == [])
        #expect(outcome.unreadable.count == 1)
        #expect(made.blobNames == blobs)
        let store = try made.open()
        #expect(try store.names().map(\.familiar) == ["localhost/b:1"])
        let odd = try store.content.index.read().oddEntries
        #expect(odd.count == 1)
        #expect(odd.first?.digest == entry["digest"] as? String)
        store.catalog.close()
    }

    @Test func anIndexThatListsADigestOfAnotherAlgorithmCanBeUsedAndNothingIsDeleted() throws {
        let child = try image()
        let odd: [String: Any] = ["mediaType": MediaType.manifest, "digest": Self.odd, "size": 10]
        let index = try made.add(
            "index:1", try made.document(["schemaVersion": 2, "manifests": [odd, child.json]], MediaType.index))
        let store = try made.open()
        #expect(try store.summaries(DocumentReader(store)).map(\.isImage) == [true])
        store.catalog.close()
        #expect(try unreadable() == [index.digest])
    }

    @Test func anImageWhoseConfigIsOddIsListedWithWhatIsKnown() throws {
        let layer = try made.blob(Data("layer".utf8), MediaType.layer)
        let config = try made.document(
            [
                "architecture": "arm64", "os": "linux", "created": 1_718_452_800, "config": ["Labels": ["a": 1, "b": "c"]],
                "history": "none", "rootfs": ["type": "layers", "diff_ids": [layer.digest.description]],
            ] as [String: Any], MediaType.config)
        try made.add(
            "num:1", try made.document(["schemaVersion": 2, "config": config.json, "layers": [layer.json]], MediaType.manifest))
        let store = try made.open()
        let image = try #require(try store.summaries(DocumentReader(store)).first)
        #expect(image.isImage && image.problem == nil)
        #expect(image.created(now: Timestamp(seconds: 2_000_000_000)) == nil)
        #expect(image.variants.first?.labels == ["a": "", "b": "c"])
        #expect(image.variants.first?.diffIDs == [layer.digest])
        #expect(image.variants.first?.platform.architecture == "arm64")
        store.catalog.close()
    }

    @Test func anImageWithoutAConfigThatCanBeReadIsNeverMissingWithoutAWord() throws {
        let config = try made.blob(Data("[]".utf8), MediaType.config)
        try made.add("bad:1", try made.document(["schemaVersion": 2, "config": config.json, "layers": []], MediaType.manifest))
        let absent = Descriptor(mediaType: MediaType.manifest, digest: sha256(Data("absent".utf8)), size: 7)
        try made.add("absent:1", try made.document(["schemaVersion": 2, "manifests": [absent.json]], MediaType.index))
        let store = try made.open()
        #expect(try store.summaries(DocumentReader(store)).allSatisfy { $0.isImage || $0.problem != nil })
        store.catalog.close()
    }
}
