import ImageStorage
import OCISpec

/// The order in which people are told what was deleted of an image: the image ID, the manifest, the layers from the top down,
/// an index after its images.
struct DeletionOrder {
    private(set) var digests: [Digest] = []
    private let documents: DocumentReader
    private var seen: Set<Digest> = []

    /// The blobs of `entries`, each once; what cannot be read is left out.
    static func digests(of entries: [Descriptor], _ documents: DocumentReader) -> [Digest] {
        var order = DeletionOrder(documents)
        for entry in entries { order.visit(entry.digest, DocumentFacts.Kind(entry: entry), depth: 0) }
        return order.digests
    }

    private init(_ documents: DocumentReader) { self.documents = documents }

    private mutating func visit(_ digest: Digest, _ kind: DocumentFacts.Kind?, depth: Int) {
        guard depth <= ImageStore.maxDepth, let kind, !seen.contains(digest) else { return add(digest) }
        switch documents.facts(digest, as: kind) {
        case .facts(.index(let index)):
            for child in index.children { visit(child.digest, child.kind, depth: depth + 1) }
            for link in index.others { visit(link.digest, link.kind, depth: depth + 1) }
            add(digest)
        case .facts(.manifest(let manifest)):
            add(manifest.config)
            add(digest)
            for link in manifest.others { visit(link.digest, link.kind, depth: depth + 1) }
            for layer in manifest.layers.reversed() { add(layer) }
        case .facts(.other(let other)):
            for link in other.links { visit(link.digest, link.kind, depth: depth + 1) }
            add(digest)
        default: add(digest)
        }
    }

    private mutating func add(_ digest: Digest) {
        if seen.insert(digest).inserted { digests.append(digest) }
    }
}
