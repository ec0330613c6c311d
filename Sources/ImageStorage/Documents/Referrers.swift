// https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md (subject)
// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#referrers-tag-schema

import ContentStorage
package import OCISpec

/// The entries of an index that are there for the sake of another document: signatures, inventories and the like, which have no
/// name and say by their `subject` what they are about.
///
/// A referrer lives as long as its subject, and goes with it. So it is kept by whoever keeps the subject, it is not dangling while
/// anybody does, and it keeps the subject for nobody. One whose subject nothing else keeps is an entry without a name like any
/// other. What somebody gave a name or a pin, or made a container from, is kept for its own sake.
///
/// Some registry clients keep the referrers of a document in an index under the *referrers tag*, `sha256-<hex>`, and cosign's
/// are called so with `.sig`, `.att` or `.sbom` behind it; that is their bookkeeping and no name that a person gave, so such an
/// entry is a referrer of the document as well.
package struct Referrers: Sendable {
    /// The referrers of what somebody keeps, by their subject.
    package private(set) var bySubject: [Digest: [Descriptor]] = [:]
    private var present: Set<Descriptor> = []
    /// How many times each of them is listed.
    private var counts: [Descriptor: Int] = [:]

    /// No referrers.
    package init() {}

    /// The referrers among `entries`, of which `containers` may keep the subjects as well.
    package init(_ entries: [NamedImage], containers: [Descriptor], _ documents: DocumentReader) {
        self.init(entries, containers: containers, neverAlone: [], documents)
    }

    /// The same; of what is `neverAlone` nothing stands for itself where its subject is not kept.
    private init(
        _ entries: [NamedImage], containers: [Descriptor], neverAlone: Set<Descriptor>, _ documents: DocumentReader
    ) {
        var candidates: [(entry: Descriptor, subject: Digest)] = []
        var roots = containers
        for entry in entries {
            if let subject = Self.subject(of: entry, documents) {
                candidates.append((entry.descriptor, subject))
            } else {
                roots.append(entry.descriptor)
            }
        }
        guard !candidates.isEmpty else { return }
        // The same entry may be listed again, with the name that a later one takes.
        let own = Set(roots.dropFirst(containers.count))
        var search = ReferrerSearch(documents)
        for (entry, subject) in candidates where !own.contains(entry) { search.expect(entry, subject) }
        for (referrer, subject) in search.run(from: roots, neverAlone: neverAlone) {
            counts[referrer, default: 0] += 1
            if present.insert(referrer).inserted { bySubject[subject, default: []].append(referrer) }
        }
    }

    /// A referrer as often as it is listed.
    package func entries(of referrer: Descriptor) -> [Descriptor] { Array(repeating: referrer, count: counts[referrer] ?? 0) }

    /// Whether the entry is about something that somebody keeps: it stays for as long as that, and is not dangling.
    package func isReferrerOfPresent(_ entry: NamedImage) -> Bool { isReferrerOfPresent(entry.descriptor) }

    /// The same of the entry as it stands in the index.
    package func isReferrerOfPresent(_ entry: Descriptor) -> Bool { present.contains(entry) }

    /// The entries that go when `gone` do: those that are about something that nobody keeps then.
    package static func leaving(
        with gone: some Collection<Descriptor>, among entries: [NamedImage], containers: [Descriptor],
        _ documents: DocumentReader
    ) -> [Descriptor] {
        let before = Referrers(entries, containers: containers, documents)
        guard !before.present.isEmpty else { return [] }
        let gone = Set(gone)
        let left = entries.filter { !gone.contains($0.descriptor) }
        let after = Referrers(left, containers: containers, neverAlone: before.present, documents)
        return left.map(\.descriptor).filter { before.isReferrerOfPresent($0) && !after.isReferrerOfPresent($0) }
    }

    /// What an entry is about, where it is there for nothing else.
    private static func subject(of entry: NamedImage, _ documents: DocumentReader) -> Digest? {
        let descriptor = entry.descriptor
        guard !descriptor.isPinned else { return nil }
        guard let name = entry.name else {
            guard case .facts(let facts) = documents.facts(descriptor.digest, as: DocumentFacts.Kind(entry: descriptor)) else {
                return nil
            }
            return facts.subject
        }
        // Mirrors also call images by their own digest; that is a name like any other.
        return name.tag.flatMap { attached(by: $0, isIndex: MediaType.isIndex(descriptor.mediaType)) }
            .flatMap { $0 == descriptor.digest ? nil : $0 }
    }

    /// What a tag says that its document is about.
    private static func attached(by tag: String, isIndex: Bool) -> Digest? {
        if isIndex, let digest = Digest(fileName: tag) { return digest }
        return attachmentSuffixes.lazy.filter(tag.hasSuffix).compactMap { Digest(fileName: String(tag.dropLast($0.count))) }.first
    }

    /// What cosign calls signatures, attestations and inventories: the digest of what they are about, and one of these.
    ///
    /// https://github.com/sigstore/cosign/blob/v2.4.0/specs/SIGNATURE_SPEC.md
    private static let attachmentSuffixes = [".sig", ".att", ".sbom"]
}

/// Looks for what is kept by others than referrers, and then for what is about that.
private struct ReferrerSearch {
    private struct Visit: Hashable {
        let digest: Digest
        let kind: DocumentFacts.Kind
        /// Whether what it is about is kept by it: so it is but for a referrer that is looked at by itself.
        let followsSubject: Bool
    }

    private struct Candidate {
        let entry: Descriptor
        let subject: Digest
    }

    private let documents: DocumentReader
    private var candidates: [Candidate] = []
    private var waiting: [Digest: [Candidate]] = [:]
    private var reached: Set<Digest> = []
    private var visited: Set<Visit> = []
    private var pending: [Candidate] = []
    private var found: [(Descriptor, Digest)] = []

    init(_ documents: DocumentReader) { self.documents = documents }

    /// Adds an entry that is a referrer where somebody keeps its subject.
    mutating func expect(_ entry: Descriptor, _ subject: Digest) {
        candidates.append(Candidate(entry: entry, subject: subject))
    }

    /// The referrers of what the roots keep, and of what entries that are about nothing kept do, each with its subject.
    consuming func run(from roots: [Descriptor], neverAlone: Set<Descriptor>) -> [(Descriptor, Digest)] {
        waiting = Dictionary(grouping: candidates, by: \.subject)
        for root in roots { walk(root, followsSubject: true) }
        takePending()
        // What is about something that nobody keeps is dangling; what is about that, in turn, goes with it.
        let left = waiting.values.joined()
        guard !left.isEmpty else { return found }
        var below = ReferrerSearch(documents)
        for candidate in left { below.walk(candidate.entry, followsSubject: false) }
        for candidate in left where !below.reached.contains(candidate.subject) && !neverAlone.contains(candidate.entry) {
            walk(candidate.entry, followsSubject: false)
        }
        takePending()
        return found
    }

    private mutating func takePending() {
        while let next = pending.popLast() {
            found.append((next.entry, next.subject))
            walk(next.entry, followsSubject: false)
        }
    }

    private mutating func reach(_ digest: Digest) {
        if reached.insert(digest).inserted, let referrers = waiting.removeValue(forKey: digest) { pending += referrers }
    }

    private mutating func walk(_ root: Descriptor, followsSubject: Bool) {
        reach(root.digest)
        let first = Visit(digest: root.digest, kind: DocumentFacts.Kind(entry: root), followsSubject: followsSubject)
        var open = [(visit: first, depth: 0)]
        while let (visit, depth) = open.popLast() {
            guard depth <= ImageStore.maxDepth, visited.insert(visit).inserted,
                case .facts(let facts) = documents.facts(visit.digest, as: visit.kind)
            else { continue }
            facts.forEachLink { link in
                reach(link.digest)
                // A config leads to no blob.
                guard let kind = link.kind, kind != .config else { return }
                open.append((Visit(digest: link.digest, kind: kind, followsSubject: true), depth + 1))
            }
            guard visit.followsSubject, let subject = facts.subject else { continue }
            reach(subject)
            open.append((Visit(digest: subject, kind: .unknown, followsSubject: true), depth + 1))
        }
    }
}
