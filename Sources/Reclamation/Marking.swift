package import ImageStorage
package import OCISpec

/// Why a document that a root needs cannot be read.
package enum UnreadableReason: Hashable, Sendable {
    case absent
    case failed(ImageError)
}

/// Marks what roots reach: a pure walk over what documents say.
///
/// Nested indexes, attestations, subjects and unpacked layers are followed. A document that is there and cannot be read, and
/// one that must be there and is not, is never taken for one without children: it is told in `unreadable`. An index may list
/// manifests that were never fetched, and a subject may be elsewhere; those reach nothing.
package struct Marking {
    private struct Visit: Hashable {
        let digest: Digest
        let kind: DocumentFacts.Kind
    }

    /// Everything that was reached, whether or not the store has it.
    package private(set) var reached: Set<StoreItem> = []
    /// What must be there, where that was asked: all of it but foreign layers, subjects, and what an index lists.
    package private(set) var required: Set<Digest> = []
    /// The documents whose children are not known.
    package private(set) var unreadable: [UnreadableDocument] = []

    /// What a marking is for, where not everything that is reached is asked.
    enum Scope {
        case everything
        /// Layers are passed over: for whoever wants every document to be read.
        case documents
        /// Everything, and what must be there besides.
        case everythingAndRequired
    }

    private let answer: (Digest, DocumentFacts.Kind) -> DocumentReader.Answer
    private let scope: Scope
    private var visited: Set<Visit> = []

    /// A marking that asks `answer` what a document says.
    package init(_ answer: @escaping (Digest, DocumentFacts.Kind) -> DocumentReader.Answer) {
        self.answer = answer
        scope = .everything
    }

    /// A marking over the documents of a store.
    package init(_ documents: DocumentReader) { self.init(documents, .everything) }

    init(_ documents: DocumentReader, _ scope: Scope) {
        answer = { documents.facts($0, as: $1) }
        self.scope = scope
    }

    /// Forgets what was marked, for the next root; the room for it stays.
    mutating func clear() {
        reached.removeAll(keepingCapacity: true)
        required.removeAll(keepingCapacity: true)
        visited.removeAll(keepingCapacity: true)
        unreadable.removeAll(keepingCapacity: true)
    }

    /// Marks what a root descriptor, an entry of `index.json` or a container's image, leads to.
    package mutating func visit(_ root: Descriptor) {
        guard let kind = DocumentFacts.Kind(root, isEntry: true) else {
            reached.insert(.blob(root.digest))
            return
        }
        visit(root.digest, kind, isRequired: true, depth: 0)
    }

    /// Marks single blobs, without what they lead to.
    package mutating func hold(_ digests: some Sequence<Digest>) {
        for digest in digests {
            reached.insert(.blob(digest))
            // Whoever works on an unpacked layer holds its diff ID.
            reached.insert(.layer(digest))
        }
    }

    private mutating func visit(_ digest: Digest, _ kind: DocumentFacts.Kind, isRequired: Bool, depth: Int) {
        reached.insert(.blob(digest))
        guard visited.insert(Visit(digest: digest, kind: kind)).inserted else { return }
        guard depth <= ImageStore.maxDepth else {
            unreadable.append(UnreadableDocument(digest: digest, reason: .failed(.tooManyManifests(digest))))
            return
        }
        switch answer(digest, kind) {
        case .facts(.index(let index)):
            for child in index.children {
                if let kind = child.kind {
                    visit(child.digest, kind, isRequired: false, depth: depth + 1)
                } else {
                    reached.insert(.blob(child.digest))
                }
            }
            visit(subject: index.subject, depth)
        case .facts(.manifest(let manifest)):
            if scope != .documents { for layer in manifest.layers { reached.insert(.blob(layer)) } }
            if scope == .everythingAndRequired { require(manifest) }
            if manifest.isImage {
                visit(manifest.config, .config, isRequired: true, depth: depth + 1)
            } else {
                reached.insert(.blob(manifest.config))
            }
            visit(subject: manifest.subject, depth)
        case .facts(.config(let config)):
            if scope != .documents { for diffID in config.diffIDs { reached.insert(.layer(diffID)) } }
        case .facts(.opaque): break
        case .absent:
            if isRequired { unreadable.append(UnreadableDocument(digest: digest, reason: .absent)) }
        case .unreadable(let error):
            unreadable.append(UnreadableDocument(digest: digest, reason: .failed(error)))
        }
    }

    private mutating func require(_ manifest: ManifestFacts) {
        required.formUnion(manifest.layers)
        required.subtract(manifest.foreignLayers)
        required.insert(manifest.config)
    }

    /// What a subject is, only the document itself tells.
    private mutating func visit(subject: Digest?, _ depth: Int) {
        if let subject { visit(subject, .unknown, isRequired: false, depth: depth + 1) }
    }
}
