package import ContentStorage
import Distribution
import LayerArchive
package import OCISpec
import StorageIO
import SystemPackage

/// The build cache elsewhere: one manifest that has the steps' records as its config, and their layers, in an OCI layout or in a registry.
///
/// Tools that copy layouts copy it from one to the other.
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

    static let configType = "application/vnd.strata.build-cache.v1+json"
    private static let limits = DocumentLimits(maxBytes: 64 << 20)

    /// Adds steps to the layout at `path`, which is made when it is missing: blobs first, then the index that names them.
    package static func write(_ steps: [Step], from store: ContentStore, to path: String) throws {
        let folder = try Directory.make(FilePath(path))
        let sha256 = try folder.ensureDirectory("blobs").ensureDirectory("sha256")
        for layer in steps.compactMap(\.record.layer).eachOnce {
            if try sha256.status(layer.digest.hex) != nil { continue }
            try copy(try store.blobs.open(layer.digest), to: sha256, as: layer.digest.hex)
        }
        let documents = try CacheDocuments(steps)
        try sha256.writeQuickly(documents.config.digest.hex, documents.configBytes)
        try sha256.writeQuickly(documents.manifest.digest.hex, documents.manifestBytes)
        try folder.writeQuickly(ImageLayoutMarker.fileName, try encodeDocument(ImageLayoutMarker()))
        try folder.writeQuickly("index.json", try encodeDocument(ImageIndex(manifests: [documents.manifest])))
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
        return KnownSteps(steps, in: .layout(content))
    }

    /// The steps that a name in a registry has; nil where it has none yet.
    static func read(
        _ reference: Reference, from registries: Registries, report: @Sendable (DistributionEvent) -> Void
    ) throws -> KnownSteps? {
        guard let artifact = try RemoteArtifact(reference, from: registries, report: report),
            artifact.manifest.config.mediaType == configType
        else {
            return nil
        }
        return KnownSteps(
            try decodeDocument([Step].self, from: try artifact.config(), limits: limits), in: .registry(artifact))
    }
}

/// The documents of a cache, before anybody stores them.
struct CacheDocuments {
    let config: Descriptor
    let configBytes: [UInt8]
    let manifest: Descriptor
    let manifestBytes: [UInt8]

    init(_ steps: [CacheExchange.Step]) throws {
        configBytes = try encodeDocument(steps)
        config = Descriptor(
            mediaType: CacheExchange.configType, digest: Digest(hashing: configBytes), size: Int64(configBytes.count))
        manifestBytes = try encodeDocument(
            ImageManifest(
                mediaType: MediaType.manifest, config: config, layers: steps.compactMap(\.record.layer).eachOnce))
        manifest = Descriptor(
            mediaType: MediaType.manifest, digest: Digest(hashing: manifestBytes), size: Int64(manifestBytes.count))
    }
}
