package import ContentStorage
import LayerArchive
package import OCISpec
import StorageIO
import SystemPackage

/// The build cache in a folder: an OCI layout whose one manifest has the steps' records as its config, and their layers.
///
/// Tools that copy layouts copy it, to a registry too.
package enum CacheExchange {
    /// One step with its place in the cache.
    package struct Step: Hashable, Codable, Sendable {
        /// What the step is, its inputs aside.
        package var slot: Digest
        /// What its inputs are.
        package var contents: Digest
        /// What it made.
        package var record: CacheRecord

        /// A step from its parts.
        package init(slot: Digest, contents: Digest, record: CacheRecord) {
            self.slot = slot
            self.contents = contents
            self.record = record
        }
    }

    private static let configType = "application/vnd.strata.build-cache.v1+json"
    private static let limits = DocumentLimits(maxBytes: 64 << 20)

    /// Adds steps to the layout at `path`, which is made when it is missing: blobs first, then the index that names them.
    package static func write(_ steps: [Step], from store: ContentStore, to path: String) throws {
        let folder = try Directory.make(FilePath(path))
        let sha256 = try folder.ensureDirectory("blobs").ensureDirectory("sha256")
        var layers: [Descriptor] = []
        for layer in steps.compactMap(\.record.layer) where !layers.contains(where: { $0.digest == layer.digest }) {
            layers.append(layer)
            if try sha256.status(layer.digest.hex) != nil { continue }
            try copy(try store.blobs.open(layer.digest), to: sha256, as: layer.digest.hex)
        }
        let config = try put(try encodeDocument(steps), configType, in: sha256)
        let manifest = ImageManifest(mediaType: MediaType.manifest, config: config, layers: layers)
        let descriptor = try put(try encodeDocument(manifest), MediaType.manifest, in: sha256)
        try folder.writeQuickly(ImageLayoutMarker.fileName, try encodeDocument(ImageLayoutMarker()))
        try folder.writeQuickly("index.json", try encodeDocument(ImageIndex(manifests: [descriptor])))
    }

    private static func put(_ bytes: [UInt8], _ mediaType: String, in folder: Directory) throws -> Descriptor {
        let digest = Digest(hashing: bytes)
        try folder.writeQuickly(digest.hex, bytes)
        return Descriptor(mediaType: mediaType, digest: digest, size: Int64(bytes.count))
    }

    private static func copy(_ blob: OpenedBlob, to folder: Directory, as name: String) throws {
        let temporary = TemporaryName.ofWriter(name)
        let file = try folder.createFile(temporary)
        do {
            _ = try FileRangeSource(fd: blob.fd, length: blob.size, name: name, keeping: blob).copy(to: file)
            try folder.rename(temporary, to: name)
        } catch {
            folder.removeQuietly(temporary)
            throw error
        }
    }

    /// The steps that the layout at `path` has.
    package static func read(_ path: String) throws -> KnownSteps {
        let content = try ContentStore.open(at: FilePath(path), create: false)
        var steps: [Step] = []
        for entry in try content.index.read().manifests where MediaType.isManifest(entry.mediaType) {
            let manifest = try decodeDocument(ImageManifest.self, from: try content.blobs.read(entry.digest))
            guard manifest.config.mediaType == configType else { continue }
            let bytes = try content.blobs.read(manifest.config.digest, limit: limits.maxBytes)
            steps += try decodeDocument([Step].self, from: bytes, limits: limits)
        }
        return KnownSteps(content: content, steps: steps)
    }
}
