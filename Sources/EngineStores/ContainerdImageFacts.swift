import OCISpec
import StorageIO

/// What an image of containerd's says of itself, by its own documents among the blobs.
struct ContainerdImageFacts {
    private(set) var created: Timestamp?
    private(set) var labels: [ExactText: String] = [:]
    /// Whether the documents were read.
    private(set) var isKnown = false

    /// A manifest or an index, as far as it is needed here.
    private struct Document: Decodable {
        struct Entry: Decodable {
            let digest: String
            let platform: Machine?
        }

        struct Machine: Decodable {
            let os: String?
            let architecture: String?
        }

        let config: Entry?
        let manifests: [Entry]?
    }

    /// Reads the documents below `content`; what is not there, or is none, leaves the facts unknown.
    ///
    /// Of an index the image for this machine counts, else the first one that is here.
    init(of target: Digest, in content: Directory?) {
        guard let content, let top = Self.document(Document.self, target, content) else { return }
        let config = top.config ?? Self.manifest(of: top.manifests ?? [], content)?.config
        guard let id = digest(config?.digest), let found = Self.document(DockerImageDocument.self, id, content) else { return }
        created = found.created.flatMap(Timestamp.init(parsing:))
        labels = found.config?.Labels ?? [:]
        isKnown = true
    }

    private static func manifest(of entries: [Document.Entry], _ content: Directory) -> Document? {
        let host = Platform.host
        let own = entries.filter { $0.platform?.os == host.os && $0.platform?.architecture == host.architecture }
        let others = entries.filter { $0.platform?.os != "unknown" }
        for entry in own + others {
            if let id = digest(entry.digest), let found = document(Document.self, id, content), found.config != nil {
                return found
            }
        }
        return nil
    }

    /// Bytes of a manifest or configuration that are read at most.
    private static let limits = DocumentLimits(maxBytes: 4 << 20, maxDepth: 64, maxUnknownValues: 1_000_000)

    private static func document<T: Decodable>(_ type: T.Type, _ digest: Digest, _ content: Directory) -> T? {
        do {
            guard let bytes = try StoreFolder.bytes(digest.hex, in: content, limit: limits.maxBytes) else { return nil }
            return try decodeDocument(type, from: bytes, limits: limits)
        } catch {
            // Who keeps what does not depend on it: the facts alone are not known.
            return nil
        }
    }
}
