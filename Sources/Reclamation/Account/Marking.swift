package import ImageStorage
package import OCISpec

/// Why a document that a root needs cannot be read.
package enum UnreadableReason: Hashable, Sendable {
    case absent
    /// It is there, and could not be read.
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
    /// What was done with an item since the last `clear`.
    private struct Mark {
        var round: UInt32 = 0
        var isReached = false
        /// A bit for each kind of document that it was visited as.
        var kinds: UInt8 = 0
    }

    /// Everything that was reached, whether or not the store has it; made anew with each call.
    package var reached: Set<StoreItem> { Set(reachedNumbers.lazy.map { numbers.items[Int($0)] }) }
    /// The numbers of all of it, each once.
    private(set) var reachedNumbers: [Int32] = []
    /// What the numbers stand for.
    var items: [StoreItem] { numbers.items }
    /// What must be there, where that was asked: all of it but foreign layers, subjects, and what an index lists.
    package private(set) var required: Set<Digest> = []
    /// The documents whose children are not known.
    package private(set) var unreadable: [UnreadableDocument] = []
    /// The same, whoever needs them.
    private var told: Set<UnreadableDocument> = []

    /// What a marking is for, where not everything that is reached is asked.
    enum Scope {
        case everything
        /// Unpacked layers are passed over.
        case blobs
        /// Everything, and what must be there besides.
        case everythingAndRequired
    }

    private let answer: (Digest, DocumentFacts.Kind) -> DocumentReader.Answer
    private let scope: Scope
    private let referrers: [Digest: [Descriptor]]
    private var numbers = ItemNumbers()
    /// By number; those of other rounds are void.
    private var marks: [Mark] = []
    private var round: UInt32 = 1
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

    /// A marking that reaches, with a document, those of `referrers` that are about it.
    init(_ documents: DocumentReader, _ scope: Scope, _ referrers: Referrers = Referrers()) {
        answer = { digest, kind in documents.facts(digest, as: kind) }
        self.scope = scope
        self.referrers = referrers.bySubject
    }

    /// Whether the item was reached.
    package func hasReached(_ item: StoreItem) -> Bool {
        guard let number = numbers.known(item), Int(number) < marks.count else { return false }
        return marks[Int(number)].round == round && marks[Int(number)].isReached
    }

    /// Forgets what was marked, for the next root; the room for it stays.
    mutating func clear() {
        reachedNumbers.removeAll(keepingCapacity: true)
        required.removeAll(keepingCapacity: true)
        unreadable.removeAll(keepingCapacity: true)
        told.removeAll(keepingCapacity: true)
        reachedReferrers.removeAll(keepingCapacity: true)
        round += 1
    }

    /// The mark of this round, which the caller may change.
    private mutating func withMark<T>(of number: Int32, _ body: (inout Mark) -> T) -> T {
        let place = Int(number)
        if place >= marks.count {
            marks.append(contentsOf: repeatElement(Mark(), count: max(place + 1, numbers.items.count) - marks.count))
        }
        if marks[place].round != round { marks[place] = Mark(round: round) }
        return body(&marks[place])
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

    private mutating func reach(_ digest: Digest) { reach(digest, numbers.blob(digest)) }

    private mutating func reach(_ digest: Digest, _ number: Int32) {
        guard isFirst(number), !referrers.isEmpty else { return }
        pending += referrers[digest] ?? []
    }

    private mutating func reach(layer diffID: Digest) {
        if scope != .blobs { _ = isFirst(numbers.layer(diffID)) }
    }

    /// Notes that the item is reached; false where it was before.
    private mutating func isFirst(_ number: Int32) -> Bool {
        let isFirst = withMark(of: number) { mark in
            defer { mark.isReached = true }
            return !mark.isReached
        }
        if isFirst { reachedNumbers.append(number) }
        return isFirst
    }

    /// Makes room for as many blobs.
    mutating func reserveCapacity(_ count: Int) {
        numbers.reserveCapacity(count)
        marks.reserveCapacity(count)
    }

    /// Notes entries that are no descriptors that can be used.
    mutating func note(_ entries: [OddEntry]) { unreadable += entries.map { UnreadableDocument($0) } }

    /// Marks single blobs, without what they lead to.
    package mutating func hold(_ digests: some Sequence<Digest>) {
        for digest in digests {
            _ = isFirst(numbers.blob(digest))
            // Whoever works on an unpacked layer holds its diff ID.
            reach(layer: digest)
        }
    }

    private mutating func visit(_ digest: Digest, _ kind: DocumentFacts.Kind, isRequired: Bool, depth: Int) {
        let number = numbers.blob(digest)
        reach(digest, number)
        guard !withMark(of: number, { $0.kinds & kind.bit != 0 }) else { return }
        guard depth <= ImageStore.maxDepth else {
            // Another way to it may be shorter.
            tell(digest, .failed(.tooManyManifests(digest)))
            return
        }
        withMark(of: number) { $0.kinds |= kind.bit }
        switch answer(digest, kind) {
        case .facts(let facts): follow(facts, of: digest, depth)
        case .absent:
            if isRequired { tell(digest, .absent) }
        case .unreadable(let error): tell(digest, .failed(error))
        }
    }

    private mutating func tell(_ digest: Digest, _ reason: UnreadableReason) {
        guard told.insert(UnreadableDocument(digest: digest, reason: reason, neededBy: nil)).inserted else { return }
        unreadable.append(UnreadableDocument(digest: digest, reason: reason, neededBy: needer))
    }

    /// What is wrong with what an index lists under that digest.
    private static func problem(ofDigest text: String) -> String {
        do throws(Digest.ParseError) {
            _ = try Digest(text)
            return "the rest of its entry cannot be used"
        } catch {
            return "the algorithm of its digest is not known"
        }
    }

    private mutating func follow(_ facts: DocumentFacts, of digest: Digest, _ depth: Int) {
        if case .index(let index) = facts {
            for unknown in index.unknownDigests {
                tell(digest, .oddEntry(digest: unknown, detail: Self.problem(ofDigest: unknown), id: nil))
            }
        }
        facts.forEachLink { link in
            if scope == .everythingAndRequired, link.isRequired { required.insert(link.digest) }
            if let kind = link.kind {
                visit(link.digest, kind, isRequired: link.isRequired, depth: depth + 1)
            } else {
                reach(link.digest)
            }
        }
        if case .config(let config) = facts { for diffID in config.diffIDs { reach(layer: diffID) } }
        // What a subject is, only the document itself tells.
        if let subject = facts.subject { visit(subject, .unknown, isRequired: false, depth: depth + 1) }
    }
}

extension DocumentFacts.Kind {
    /// One bit for each kind.
    fileprivate var bit: UInt8 {
        switch self {
        case .index: 1
        case .manifest: 2
        case .config: 4
        case .unknown: 8
        }
    }
}
