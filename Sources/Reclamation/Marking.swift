package import ImageStorage
package import OCISpec

/// Why a document that a root needs cannot be read.
package enum UnreadableReason: Hashable, Sendable {
    case absent
    case failed(ImageError)
    /// An entry of an index is no descriptor that can be used; it has this digest. One of `index.json` has an ID, by which it can be
    /// removed, and one of the document itself has none.
    case oddEntry(digest: String, detail: String, id: String?)
}

/// Marks what roots reach: a pure walk over what documents say.
///
/// Nested indexes, attestations, subjects and unpacked layers are followed, and what is about something reached is reached with
/// it (`Referrers`). A document that is there and cannot be read, and one that must be there and is not, is never taken for one
/// without children: it is told in `unreadable`. An index may list manifests that were never fetched, and a subject may be
/// elsewhere; those reach nothing.
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
    private let referrers: [Digest: [Descriptor]]
    private var visited: Set<Visit> = []
    /// Referrers of what was reached that are yet to be visited.
    private var pending: [Descriptor] = []
    /// Who needs what is being marked.
    private var needer: UnreadableDocument.Needer?
    /// The entries that were reached only as referrers.
    private(set) var reachedReferrers: Set<Descriptor> = []

    /// A marking that asks `answer` what a document says.
    package init(_ answer: @escaping (Digest, DocumentFacts.Kind) -> DocumentReader.Answer) {
        self.answer = answer
        scope = .everything
        referrers = [:]
    }

    /// A marking over the documents of a store.
    package init(_ documents: DocumentReader) { self.init(documents, .everything) }

    init(_ documents: DocumentReader, _ scope: Scope) {
        answer = { documents.facts($0, as: $1) }
        self.scope = scope
        referrers = [:]
    }

    /// A marking that reaches, with a document, the referrers that are about it.
    init(_ referrers: Referrers, _ answer: @escaping (Digest, DocumentFacts.Kind) -> DocumentReader.Answer) {
        self.answer = answer
        scope = .everything
        self.referrers = referrers.bySubject
    }

    /// Forgets what was marked, for the next root; the room for it stays.
    mutating func clear() {
        reached.removeAll(keepingCapacity: true)
        required.removeAll(keepingCapacity: true)
        visited.removeAll(keepingCapacity: true)
        unreadable.removeAll(keepingCapacity: true)
        reachedReferrers.removeAll(keepingCapacity: true)
    }

    /// Marks what a root descriptor, an entry of `index.json` or a container's image, leads to.
    package mutating func visit(_ root: Descriptor, for needer: UnreadableDocument.Needer? = nil) {
        self.needer = needer
        start(root)
        while let next = pending.popLast() {
            if reachedReferrers.insert(next).inserted { start(next) }
        }
    }

    private mutating func start(_ root: Descriptor) {
        visit(root.digest, DocumentFacts.Kind(entry: root), isRequired: true, depth: 0)
    }

    private mutating func reach(_ digest: Digest) {
        guard reached.insert(.blob(digest)).inserted, !referrers.isEmpty else { return }
        pending += referrers[digest] ?? []
    }

    /// Notes entries that are no descriptors that can be used.
    mutating func note(_ entries: [OddEntry]) { unreadable += entries.map { UnreadableDocument($0) } }

    /// Marks single blobs, without what they lead to.
    package mutating func hold(_ digests: some Sequence<Digest>) {
        for digest in digests {
            reached.insert(.blob(digest))
            // Whoever works on an unpacked layer holds its diff ID.
            reached.insert(.layer(digest))
        }
    }

    private mutating func visit(_ digest: Digest, _ kind: DocumentFacts.Kind, isRequired: Bool, depth: Int) {
        reach(digest)
        let visit = Visit(digest: digest, kind: kind)
        guard !visited.contains(visit) else { return }
        guard depth <= ImageStore.maxDepth else {
            // Another way to it may be shorter.
            tell(digest, .failed(.tooManyManifests(digest)))
            return
        }
        visited.insert(visit)
        switch answer(digest, kind) {
        case .facts(let facts): follow(facts, of: digest, depth)
        case .absent:
            if isRequired { tell(digest, .absent) }
        case .unreadable(let error): tell(digest, .failed(error))
        }
    }

    private mutating func tell(_ digest: Digest, _ reason: UnreadableReason) {
        if unreadable.contains(where: { $0.digest == digest && $0.reason == reason }) { return }
        unreadable.append(UnreadableDocument(digest: digest, reason: reason, neededBy: needer))
    }

    private mutating func follow(_ facts: DocumentFacts, of digest: Digest, _ depth: Int) {
        if case .index(let index) = facts {
            for unknown in index.unknownDigests {
                tell(digest, .oddEntry(digest: unknown, detail: "the algorithm of its digest is not known", id: nil))
            }
        }
        facts.forEachLink { link in
            if scope == .everythingAndRequired, link.isRequired { required.insert(link.digest) }
            if let kind = link.kind {
                visit(link.digest, kind, isRequired: link.isRequired, depth: depth + 1)
            } else if scope != .documents {
                reach(link.digest)
            }
        }
        if case .config(let config) = facts, scope != .documents {
            for diffID in config.diffIDs { reached.insert(.layer(diffID)) }
        }
        // What a subject is, only the document itself tells.
        if let subject = facts.subject { visit(subject, .unknown, isRequired: false, depth: depth + 1) }
    }
}
