import ContentStorage
import OCISpec

/// Looks for images by the beginning of a digest: of what `index.json` names, of a manifest below it, or of a config.
struct CandidateSearch {
    /// A digest by which an image may be called, and what it leads to.
    private struct Candidate {
        let digest: Digest
        let target: Descriptor
    }

    private let documents: DocumentReader
    private let roots: [Descriptor]

    init(_ store: ImageStore, _ names: [NamedImage]) {
        documents = DocumentReader(store)
        var seen: Set<Digest> = []
        roots = names.map(\.descriptor).filter { seen.insert($0.digest).inserted }
    }

    /// The manifest or index to which the digest that begins so leads; several that do are `.ambiguous`.
    func find(_ prefix: String, algorithm: Digest.Algorithm, text: String) throws(ImageError) -> Descriptor? {
        var found: [Candidate] = []
        var unreadable: ImageError?
        for root in roots {
            var candidates = Candidates(documents: documents)
            candidates.visit(root, DocumentFacts.Kind(entry: root), depth: 0)
            // One damaged image must not keep the others from being found.
            unreadable = unreadable ?? candidates.problem
            found += candidates.found.filter { $0.digest.algorithm == algorithm && $0.digest.hex.hasPrefix(prefix) }
        }
        documents.save()
        guard let first = found.first else {
            if let unreadable { throw unreadable }
            return nil
        }
        let digests = Set(found.map(\.digest))
        guard digests.count == 1 || Set(found.map(\.target.digest)).count == 1 else {
            throw .ambiguous(text, candidates: digests.sorted())
        }
        return first.target
    }

    /// Every digest by which an entry, or an image within it, may be called.
    private struct Candidates {
        let documents: DocumentReader
        private(set) var found: [Candidate] = []
        private(set) var problem: ImageError?
        private var visited: Set<Digest> = []

        init(documents: DocumentReader) { self.documents = documents }

        mutating func visit(_ descriptor: Descriptor, _ kind: DocumentFacts.Kind?, depth: Int) {
            guard depth <= ImageStore.maxDepth, visited.insert(descriptor.digest).inserted else { return }
            found.append(Candidate(digest: descriptor.digest, target: descriptor))
            guard let kind else { return }
            switch documents.facts(descriptor.digest, as: kind) {
            case .facts(.index(let index)):
                for child in index.children where child.isImageEntry {
                    visit(child.descriptor, child.kind, depth: depth + 1)
                }
            case .facts(.manifest(let manifest)):
                found.append(Candidate(digest: manifest.config, target: descriptor))
            case .facts: break
            // A platform that was never fetched is normal.
            case .absent: if depth == 0 { problem = problem ?? .content(.blobAbsent(descriptor.digest)) }
            case .unreadable(let error): problem = problem ?? error
            }
        }
    }
}
