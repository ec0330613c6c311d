import ContentStorage
import Foundation
import Glibc
import ImageStorage
import OCISpec
import Reclamation
import SystemPackage
import TestSupport

/// A small store that a test writes document by document.
final class HandmadeStore {
    let folder: TemporaryDirectory
    var entries: [Descriptor] = []
    private var imageCount = 0

    init() throws {
        folder = try TemporaryDirectory()
        try write("oci-layout", Data(#"{"imageLayoutVersion":"1.0.0"}"#.utf8))
        try write("strata.json", Data(#"{"format":1,"id":"handmade"}"#.utf8))
        try setEntries([])
    }

    var path: String { folder.path("store") }
    var blobNames: [String] { names("blobs/sha256") }
    var trashNames: [String] { names("trash") }

    func names(_ folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "\(path)/\(folder)")) ?? []).sorted()
    }

    func blobPath(_ digest: Digest) -> String { "\(path)/blobs/sha256/\(digest.hex)" }

    func open() throws -> ImageStore { try ImageStore.open(at: FilePath(path), create: true, patience: .seconds(10)) }

    func write(_ name: String, _ bytes: Data) throws {
        let url = URL(fileURLWithPath: "\(path)/\(name)")
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try bytes.write(to: url)
    }

    func blob(_ bytes: Data, _ type: String) throws -> Descriptor {
        let digest = sha256(bytes)
        try write("blobs/sha256/\(digest.hex)", bytes)
        return Descriptor(mediaType: type, digest: digest, size: Int64(bytes.count))
    }

    func document(_ fields: [String: Any], _ type: String) throws -> Descriptor {
        try blob(try JSONSerialization.data(withJSONObject: fields, options: .sortedKeys), type)
    }

    func config(_ diffIDs: [Digest]) throws -> Descriptor {
        try document(
            [
                "architecture": "amd64", "os": "linux",
                "rootfs": ["type": "layers", "diff_ids": diffIDs.map(\.description)] as [String: Any],
            ], MediaType.config)
    }

    /// An image of one layer of its own and of those given, under a name.
    @discardableResult
    func addImage(_ name: String, layers shared: [Descriptor] = []) throws -> Descriptor {
        imageCount += 1
        let own = try blob(Data(repeating: UInt8(imageCount), count: 5000), MediaType.layer)
        let layers = shared + [own]
        let config = try config(layers.map(\.digest))
        return try add(
            name,
            try document(["schemaVersion": 2, "config": config.json, "layers": layers.map(\.json)], MediaType.manifest))
    }

    /// Lists a document under a name.
    @discardableResult
    func add(_ name: String, _ descriptor: Descriptor) throws -> Descriptor {
        var entry = descriptor
        entry.annotations = ["org.opencontainers.image.ref.name": "localhost/\(name)"]
        entries.append(entry)
        try setEntries(entries)
        return entry
    }

    func setEntries(_ entries: [Descriptor]) throws {
        try write("index.json", Data(try encodeDocument(ImageIndex(manifests: entries))))
    }

    func addContainer(_ id: String, _ image: Descriptor) throws {
        let fields: [String: Any] = ["id": id, "image": image.json]
        try write("containers/\(id)/config.json", try JSONSerialization.data(withJSONObject: fields, options: .sortedKeys))
    }

    func configDigest(of image: Descriptor) throws -> Digest {
        try decodeDocument(ImageManifest.self, from: [UInt8](Data(contentsOf: URL(fileURLWithPath: blobPath(image.digest)))))
            .config.digest
    }

    /// Releases entries as a command does.
    @discardableResult
    func release(_ gone: [Descriptor], _ options: ReleaseOptions = ReleaseOptions()) throws -> ReleaseOutcome {
        let store = try open()
        defer { store.catalog.close() }
        return try Release(store, now: Timestamp(seconds: 1_800_000_000)).run(options) { names in
            names.filter { gone.contains($0.descriptor) }
        }
    }
}

extension Descriptor {
    /// The fields of a descriptor in a document.
    var json: [String: Any] { ["mediaType": mediaType, "digest": digest.description, "size": Int(size)] }
}
