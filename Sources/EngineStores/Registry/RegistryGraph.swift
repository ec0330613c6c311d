import OCISpec

/// Who holds whom among the manifests of one repository, by their own words and by tags.
///
/// What has a tag of people's stays or goes by that. What an index lists is part of it, at any depth; what is about a manifest (a signature,
/// an inventory, the list of these) lives and goes with it. What a registry cannot serve as a manifest here is followed all the same.
struct RegistryGraph {
    /// A manifest that stands for itself, with all that goes with it.
    struct Top {
        let digest: Digest
        /// Its tags, in order; none for a manifest that no tag reaches.
        let tags: [String]
        /// In the order in which they go; only what the repository has.
        let members: [EngineManifest]
        /// What it is about, of which nothing is in this repository, by tags that programs make.
        let distantSubjects: [Digest]
        /// The tops of this repository that hold it, so that it cannot go before them.
        fileprivate(set) var holders: Set<Digest> = []
    }

    let repository: RegistryRepository
    private(set) var tops: [Top] = []
    /// What cannot be read and may hold any of the manifests; nil where nothing of the kind is known.
    private(set) var doubt: EngineProblem?
    /// All that cannot be read.
    private(set) var problems: [EngineProblem] = []
    /// The manifests that are recorded and are not there.
    private(set) var gone: Set<Digest> = []
    /// The documents of the repository, and those that they lead to.
    private(set) var manifests: [Digest: RegistryManifest] = [:]
    /// The tags of each manifest, in order.
    private(set) var tags: [Digest: [String]] = [:]

    /// When each manifest and its tags came to be as they are.
    private(set) var moments: [Digest: [RegistryRepository.Moment]] = [:]

    /// By what lists it, every manifest that something does.
    private var listers: [Digest: Set<Digest>] = [:]
    /// What is about each manifest.
    private var attached: [Digest: Set<Digest>] = [:]
    /// All that is about something.
    private var referrers: Set<Digest> = []
    /// Those manifests which are lists of referrers by their tag.
    private var lists: Set<Digest> = []
    private let layout: RegistryLayout

    /// Follows the links of a repository; without `findsTops` nothing is told of what stands for itself.
    init(
        _ repository: RegistryRepository, _ documents: RegistryDocuments, _ layout: RegistryLayout, findsTops: Bool = true
    ) {
        self.repository = repository
        self.layout = layout
        problems = repository.problems
        doubt = problems.first
        for tag in repository.tags {
            guard let digest = tag.digest else { continue }
            tags[digest, default: []].append(tag.name)
            moments[digest, default: []] += [tag.moment].compactMap(\.self)
        }
        for (digest, moment) in repository.revisions { moments[digest, default: []].append(moment) }
        read(documents)
        attach()
        if findsTops { collect() }
    }

    // Documents

    private mutating func read(_ documents: RegistryDocuments) {
        var pending = Array(repository.revisions.keys) + tags.keys
        var seen = Set(pending)
        var leadsOn: Set<Digest> = []
        while let digest = pending.popLast() {
            // What its link says is not known to be what the registry serves.
            if repository.damaged.contains(digest) { continue }
            switch documents.manifest(digest) {
            case .manifest(let manifest):
                manifests[digest] = manifest
                for part in manifest.parts where part.digest != digest {
                    let isRecorded = repository.revisions[part.digest] != nil || tags[part.digest] != nil
                    guard isRecorded || part.mayBeDocument else { continue }
                    if part.mayLeadOn { leadsOn.insert(part.digest) }
                    listers[part.digest, default: []].insert(digest)
                    if seen.insert(part.digest).inserted { pending.append(part.digest) }
                }
            case .absent: gone.insert(digest)
            case .unreadable(let reason):
                // A part of a type that says nothing may be anything: where it is no document, it leads nowhere.
                guard repository.revisions[digest] != nil || tags[digest] != nil || isListedAsDocument(digest) else { continue }
                let problem = EngineProblem(path: "\(layout.blob(digest))/data", reason: reason)
                problems.append(problem)
                doubt = doubt ?? problem
            }
        }
        // What is gone served nobody: only what a tag leads to through it is missed.
        guard doubt == nil, !gone.isEmpty else { return }
        let missed = reachedByTags.intersection(gone).filter { tags[$0] != nil || leadsOn.contains($0) }
        if let first = missed.min() { doubt = EngineProblem(path: layout.blob(first), reason: .missing("")) }
    }

    private func isListedAsDocument(_ digest: Digest) -> Bool {
        listers[digest]?.contains { lister in
            manifests[lister]?.parts.contains { $0.digest == digest && !$0.mediaType.isEmpty && $0.mayBeDocument } == true
        } == true
    }

    /// All that tags lead to, through indexes of any depth.
    private var reachedByTags: Set<Digest> {
        var pending = Array(tags.keys)
        var reached = Set(pending)
        while let digest = pending.popLast() {
            for part in manifests[digest]?.parts ?? [] where reached.insert(part.digest).inserted { pending.append(part.digest) }
        }
        return reached
    }

    // What is about what

    /// Whether something here has, or lists, a manifest.
    private func isKnown(_ digest: Digest) -> Bool { repository.revisions[digest] != nil || listers[digest] != nil }

    /// What a manifest is about that is known here.
    private func subjects(of digest: Digest) -> Set<Digest> {
        var found = Set((tags[digest] ?? []).compactMap { RegistryTagName.subject($0)?.digest })
        if let subject = manifests[digest]?.subject { found.insert(subject) }
        return found.filter { $0 != digest && isKnown($0) }
    }

    private mutating func attach() {
        for digest in Set(repository.revisions.keys).union(tags.keys) where peoplesTags(of: digest).isEmpty {
            for subject in subjects(of: digest) {
                attached[subject, default: []].insert(digest)
                referrers.insert(digest)
            }
            if (tags[digest] ?? []).contains(where: { RegistryTagName.subject($0)?.isFallback == true }) { lists.insert(digest) }
        }
    }

    /// The tags that stand for themselves: a program's tag does where what it is about is not here.
    private func peoplesTags(of digest: Digest) -> [String] {
        (tags[digest] ?? []).filter { tag in
            guard let subject = RegistryTagName.subject(tag)?.digest, subject != digest else { return true }
            return !isKnown(subject)
        }
    }

    // What stands for itself

    private mutating func collect() {
        var covered: Set<Digest> = []
        var groups: [Digest: [Digest]] = [:]
        func isTop(_ digest: Digest) -> Bool {
            if !peoplesTags(of: digest).isEmpty { return true }
            guard tags[digest] == nil else { return false }
            return listers[digest] == nil && subjects(of: digest).isEmpty
        }
        let all = Set(repository.revisions.keys).union(tags.keys).sorted()
        func add(_ digest: Digest) {
            groups[digest] = group(of: digest)
            covered.formUnion(groups[digest] ?? [])
        }
        for digest in all where isTop(digest) { add(digest) }
        // Tags may lead in a circle; each of these stands for itself then.
        for digest in all where !covered.contains(digest) { add(digest) }
        var topsOf: [Digest: [Digest]] = [:]
        for (top, members) in groups { for member in members { topsOf[member, default: []].append(top) } }
        for digest in groups.keys.sorted() {
            let distant = (tags[digest] ?? []).compactMap { RegistryTagName.subject($0)?.digest }.filter { !isKnown($0) }
            var top = Top(
                digest: digest, tags: tags[digest] ?? [],
                members: (groups[digest] ?? []).filter { repository.revisions[$0] != nil }.map { member in
                    EngineManifest(digest: member, role: role(of: member, in: digest), tags: tags[member] ?? [])
                }, distantSubjects: distant)
            let holding = [digest] + subjects(of: digest)
            top.holders = Set(holding.flatMap { topsOf[$0] ?? [] }.filter { $0 != digest })
            tops.append(top)
        }
    }

    private func role(of member: Digest, in top: Digest) -> EngineManifest.Role {
        if member == top { return .image }
        if lists.contains(member) { return .referrerList }
        return referrers.contains(member) && !isPart(member, of: top) ? .referrer : .part
    }

    private func isPart(_ member: Digest, of top: Digest) -> Bool {
        var pending = [member]
        var seen: Set<Digest> = []
        while let digest = pending.popLast() {
            if digest == top { return true }
            pending += (listers[digest] ?? []).filter { seen.insert($0).inserted }
        }
        return false
    }

    /// A manifest with all that goes with it, in the order in which that goes: what it lists, what is about these, lists of referrers.
    private func group(of top: Digest) -> [Digest] {
        var found = [top]
        var seen: Set<Digest> = [top]
        func addParts(from start: Int) {
            var place = start
            while place < found.count {
                for part in manifests[found[place]]?.parts ?? []
                where listers[part.digest] != nil && seen.insert(part.digest).inserted {
                    found.append(part.digest)
                }
                place += 1
            }
        }
        addParts(from: 0)
        var place = 0
        while place < found.count {
            let next = (attached[found[place]] ?? []).filter { seen.insert($0).inserted }.sorted()
            let start = found.count
            found += next
            addParts(from: start)
            place += 1
        }
        return found.filter { !lists.contains($0) } + found.filter { lists.contains($0) }
    }

    // For whoever is about to delete

    /// What lists a manifest.
    func listers(of digest: Digest) -> Set<Digest> { listers[digest] ?? [] }

    /// What a manifest is about, of what is here.
    func knownSubjects(of digest: Digest) -> Set<Digest> { subjects(of: digest) }
}
