import ContentStorage
import ImageBuild
import ImageStorage
import LayerArchive
import OCISpec
import StorageIO
import Synchronization
import SystemPackage

/// The build cache in a folder: an OCI layout whose one manifest has the steps' records as its config, and their layers.
///
/// Tools that copy layouts copy it, to a registry too.
enum CacheExchange {
    /// One step with its place in the cache.
    struct Step: Codable, Sendable {
        var slot: Digest
        var contents: Digest
        var record: CacheRecord
    }

    private static let configType = "application/vnd.strata.build-cache.v1+json"
    private static let limits = DocumentLimits(maxBytes: 64 << 20)

    /// `type=local,src=PATH` or `type=local,dest=PATH`; nil for anything else.
    static func path(_ text: String, key: String) -> String? {
        var path: String?
        guard let fields = OptionFields.read(text) else { return nil }
        for (name, value) in fields {
            switch name {
            case "type": guard value == "local" else { return nil }
            case key: path = value
            // All steps are always written.
            case "mode": continue
            default: return nil
            }
        }
        return path
    }

    /// Adds steps to the layout at `path`, which is made when it is missing: blobs first, then the index that names them.
    static func write(_ steps: [Step], from store: ContentStore, to path: String) throws {
        let folder = try Directory.make(FilePath(path))
        let sha256 = try folder.ensureDirectory("blobs").ensureDirectory("sha256")
        var layers: [Descriptor] = []
        for layer in steps.compactMap(\.record.layer) where !layers.contains(where: { $0.digest == layer.digest }) {
            layers.append(layer)
            if try sha256.status(layer.digest.hex) != nil { continue }
            try copy(try store.openBlob(layer.digest), to: sha256, as: layer.digest.hex)
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
        let temporary = "\(name).new"
        let file = try folder.createFile(temporary, replacing: true)
        _ = try FileRangeSource(fd: blob.fd, length: blob.size, name: name, keeping: blob).copy(to: file)
        try folder.rename(temporary, to: name)
    }

    /// The steps that the layout at `path` has.
    static func read(_ path: String) throws -> KnownSteps {
        let content = try ContentStore.open(at: FilePath(path), create: false)
        var steps: [Step] = []
        for entry in try content.readIndex().manifests where MediaType.isManifest(entry.mediaType) {
            let manifest = try decodeDocument(ImageManifest.self, from: try content.readBlob(entry.digest))
            guard manifest.config.mediaType == configType else { continue }
            let bytes = try content.readBlob(manifest.config.digest, limit: limits.maxBytes)
            steps += try decodeDocument([Step].self, from: bytes, limits: limits)
        }
        return KnownSteps(content: content, steps: steps)
    }
}

/// The steps of another cache.
struct KnownSteps: Sendable {
    let content: ContentStore
    private let records: [Digest: [Digest: CacheRecord]]

    init(content: ContentStore, steps: [CacheExchange.Step]) {
        self.content = content
        records = Dictionary(grouping: steps, by: \.slot).mapValues { steps in
            Dictionary(steps.map { ($0.contents, $0.record) }) { _, last in last }
        }
    }

    func has(_ slot: Digest) -> Bool { records[slot] != nil }

    func record(_ slot: Digest, _ contents: Digest) -> CacheRecord? { records[slot]?[contents] }
}

/// The steps that a build has taken, for whoever wants to keep them elsewhere.
final class TakenSteps: Sendable {
    private let steps = Mutex<[CacheExchange.Step]>([])

    /// All of them, in an order that does not tell which stage was faster.
    var all: [CacheExchange.Step] {
        steps.withLock { $0 }.sorted { ($0.slot, $0.contents) < ($1.slot, $1.contents) }
    }

    func add(_ step: CachedStep, _ slot: Digest, _ contents: Digest) {
        let record = CacheRecord(step)
        steps.withLock { steps in
            guard !steps.contains(where: { $0.slot == slot && $0.contents == contents }) else { return }
            steps.append(CacheExchange.Step(slot: slot, contents: contents, record: record))
        }
    }
}

extension CacheRecord {
    /// A step as the store keeps it.
    init(_ step: CachedStep) {
        self.init(layer: step.layer?.descriptor, diffID: step.layer?.diffID, created: step.created, text: step.text)
    }
}
