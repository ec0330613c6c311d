import ContentStorage
import ImageStorage
package import OCISpec
import StorageIO

/// Who keeps what in a store: every root with all it reaches, and for every blob and unpacked layer how many roots reach it.
///
/// A value: `remove` plays a removal through without touching the store, so that the bytes that one victim frees are known
/// given those before it. Bytes are allocated ones (`st_blocks × 512`).
package struct StoreGraph: Sendable {
    /// A root, and who it is.
    package enum Owner: Hashable, Sendable {
        /// An image with all its names, by the digest that `index.json` lists.
        case image(Digest)
        /// A container, by the name of its directory.
        case container(String)
        /// A step in the build cache, by the ID of its record.
        case cacheRecord(String)
        /// A session that is bringing something in.
        case session(String)
        /// Entries of `index.json` that are no descriptors that can be used.
        case oddEntries
    }

    private struct Root: Sendable {
        let owner: Owner
        /// The places of what it reaches and the store has.
        let reach: [Int32]
        let unreadable: [UnreadableDocument]
        /// The entries that are there for the sake of something that it reaches.
        let referrers: Set<Descriptor>
        /// An image and its containers count as one where it is asked what images share.
        let group: Int32
        var isRemoved = false
    }

    /// What the store has, in the order of the places.
    package let items: [StoreItem]
    private let diskBytes: [Int64]
    private let freed: [FreedBytes]
    private var roots: [Root] = []
    private var placeOfRoot: [Owner: Int] = [:]
    private var counts: [Int32]
    /// How many of them are records of the build cache.
    private var cacheCounts: [Int32]
    /// The exclusive or of the numbers of the roots that reach each item: where one is left, its number.
    private var rootSums: [Int32]
    /// How many images and containers reach each entry that is there for the sake of something else.
    private var referrerCounts: [Descriptor: Int] = [:]
    /// How many groups reach each item.
    private var groupCounts: [Int32]
    /// Files that several items share, and whose bytes are therefore not among theirs.
    private var links: SharedLinks
    private var incompleteCount = 0

    /// The graph of what `survey` saw, under these roots.
    init(_ reaches: RootReaches, _ survey: StoreSurvey) {
        let layers = Array(survey.layers)
        items = survey.blobs.digests.map(StoreItem.blob) + layers.map { .layer($0.key) }
        var diskBytes = survey.blobs.values.map(\.diskBytes) + layers.map(\.value.diskBytes)
        freed = survey.blobs.values.map(\.freed) + layers.map(\.value.freed)
        let places = Dictionary(
            uniqueKeysWithValues: layers.indices.map { (layers[$0].key, Int32(survey.blobs.count + $0)) })
        let place = { (item: StoreItem) -> Int32? in
            switch item {
            case .blob(let digest): survey.blobs.number(of: digest)
            case .layer(let diffID): places[diffID]
            }
        }
        links = SharedLinks(survey.sharedFiles, place)
        for file in survey.sharedFiles { if let place = place(file.counted) { diskBytes[Int(place)] -= file.bytes } }
        self.diskBytes = diskBytes
        counts = Array(repeating: 0, count: items.count)
        (groupCounts, cacheCounts) = (counts, counts)
        rootSums = counts
        let placeOfNumber = reaches.items.map { place($0) ?? Self.nowhere }
        roots.reserveCapacity(reaches.roots.count)
        placeOfRoot.reserveCapacity(reaches.roots.count)
        for root in reaches.roots { add(root, placeOfNumber) }
        countGroups()
    }

    /// The place of what the store does not have.
    private static let nowhere: Int32 = -1

    private mutating func add(_ root: RootReaches.Root, _ places: [Int32]) {
        let reach = root.reached.map { places[Int($0)] }.filter { $0 != Self.nowhere }
        for place in reach {
            counts[Int(place)] += 1
            rootSums[Int(place)] ^= Int32(roots.count)
            if case .cacheRecord = root.owner { cacheCounts[Int(place)] += 1 }
        }
        if !root.unreadable.isEmpty { incompleteCount += 1 }
        for referrer in root.referrers { referrerCounts[referrer, default: 0] += 1 }
        placeOfRoot[root.owner] = roots.count
        roots.append(
            Root(
                owner: root.owner, reach: reach, unreadable: root.unreadable, referrers: root.referrers, group: root.group))
    }

    /// Counts anew what the images, containers and sessions that are left share with each other.
    mutating func recountSharing() {
        groupCounts = Array(repeating: 0, count: items.count)
        links.forgetGroups()
        countGroups()
    }

    private mutating func countGroups() {
        let counted = roots.indices.filter { roots[$0].group != RootReaches.noGroup && !roots[$0].isRemoved }
            .sorted { roots[$0].group < roots[$1].group }
        // Which group counted each item last.
        var last = Array(repeating: RootReaches.noGroup, count: items.count)
        for number in counted {
            for place in roots[number].reach where last[Int(place)] != roots[number].group {
                last[Int(place)] = roots[number].group
                groupCounts[Int(place)] += 1
            }
        }
        guard !links.isEmpty else { return }
        for members in Dictionary(grouping: counted, by: { roots[$0].group }).values {
            links.countGroup(Set(members.flatMap { roots[$0].reach }))
        }
    }

    /// The documents that some root needs and that cannot be read, each once.
    package var unreadable: [UnreadableDocument] {
        var seen: Set<UnreadableDocument> = []
        return roots.filter { !$0.isRemoved }.flatMap(\.unreadable).filter { document in
            var document = document
            // Several may need it; the first is named.
            document.neededBy = nil
            return seen.insert(document).inserted
        }
    }

    /// What images and containers reach, or containers alone, of what the store has; by the places of its items.
    func reached(byContainersAlone: Bool) -> [Bool] {
        var isReached = Array(repeating: false, count: items.count)
        for root in roots {
            switch root.owner {
            case .session, .cacheRecord, .oddEntries: continue
            case .image: if byContainersAlone { continue }
            case .container: break
            }
            for place in root.reach { isReached[Int(place)] = true }
        }
        return isReached
    }

    /// What no root reaches; nothing can be called so while a document is unreadable.
    package var unreached: [StoreItem] { items.indices.filter { counts[$0] == 0 }.map { items[$0] } }

    /// Allocated bytes of all that the root reaches.
    package func diskBytes(of owner: Owner) -> Int64 {
        guard let root = root(owner) else { return 0 }
        return root.reach.reduce(links.diskBytes(root.reach)) { $0 + diskBytes[Int($1)] }
    }

    /// Allocated bytes of what the image alone reaches, its own containers aside.
    package func uniqueBytes(of owner: Owner) -> Int64 {
        guard let root = root(owner) else { return 0 }
        return root.reach.reduce(links.uniqueBytes(root.reach)) { groupCounts[Int($1)] == 1 ? $0 + diskBytes[Int($1)] : $0 }
    }

    /// Bytes that the file system gets back when the root goes and all others that are left stay.
    package func bytesIfRemoved(_ owner: Owner) -> Int64 { freedIfRemoved(owner).fileSystem }

    /// Whether the build cache alone reaches what the root does.
    func isOfCacheAlone(_ owner: Owner) -> Bool {
        root(owner)?.reach.allSatisfy { counts[Int($0)] == cacheCounts[Int($0)] } ?? false
    }

    /// What goes when the root does and all others that are left stay, by either ruler.
    package func freedIfRemoved(_ owner: Owner) -> FreedBytes {
        guard let number = placeOfRoot[owner], canFree(without: roots[number]) else { return FreedBytes() }
        let reach = roots[number].reach
        // A decision asks this several times of every image, and hardly a store has files of several names.
        guard links.isEmpty else { return freed(by: reach.filter { counts[Int($0)] == 1 }) }
        return reach.reduce(into: FreedBytes()) { sum, place in if counts[Int(place)] == 1 { sum += freed[Int(place)] } }
    }

    /// Takes the root away, and returns what goes with it and the bytes that gives back; a second time there is nothing.
    package mutating func remove(_ owner: Owner) -> (released: [StoreItem], freedBytes: Int64) {
        let removal = removeRaising(owner)
        return (removal.released, removal.freed.fileSystem)
    }

    /// What taking a root away comes to.
    struct Removal {
        var released: [StoreItem] = []
        var freed = FreedBytes()
        /// The roots that are now the only ones to reach something, and so would free more than before.
        var raised: Set<Owner> = []
    }

    /// The same, by either ruler.
    mutating func removeRaising(_ owner: Owner) -> Removal {
        guard let number = placeOfRoot[owner] else { return Removal() }
        let mayFree = canFree(without: roots[number])
        var raised: Set<Owner> = []
        let gone = removedPlaces(owner) { raised.insert($0) }
        let freed = mayFree ? freed(by: gone) : FreedBytes()
        for place in links.remove(gone) where counts[Int(place)] == 1 { raised.insert(roots[Int(rootSums[Int(place)])].owner) }
        return Removal(released: mayFree ? gone.map { items[Int($0)] }.sorted() : [], freed: freed, raised: raised)
    }

    /// Takes away what no root reaches: files that it shares with something go with that now.
    mutating func remove(unreached gone: Set<StoreItem>) {
        guard !links.isEmpty else { return }
        _ = links.remove(items.indices.filter { gone.contains(items[$0]) }.map { Int32($0) })
    }

    /// What would still be there, of all that went, had this root alone not been taken away: what it was worth to take it.
    func freedAmong(_ owner: Owner) -> FreedBytes {
        guard let root = root(owner) else { return FreedBytes() }
        let gone = root.reach.filter { counts[Int($0)] == 0 }
        return gone.reduce(into: links.freed(among: gone)) { $0 += freed[Int($1)] }
    }

    /// The entries that go with the root: those that are about something which it alone reaches, in the order of their digests.
    package func referrersLeaving(with owner: Owner) -> [Descriptor] {
        guard let root = root(owner), !root.isRemoved else { return [] }
        return root.referrers.filter { referrerCounts[$0] == 1 }.sorted { $0.digest < $1.digest }
    }

    /// What a root reaches and the store has, with allocated bytes.
    package func reach(of owner: Owner) -> [(item: StoreItem, bytes: Int64)] {
        (root(owner)?.reach ?? []).map { (items[Int($0)], diskBytes[Int($0)]) }
    }

    /// What images reach: by which of them, by their places in `digests`, and whether something else keeps it too.
    struct Reached {
        let item: StoreItem
        let images: Set<Int>
        let isHeld: Bool
        /// What the file system gets back when nobody needs it any more.
        let freedBytes: Int64
    }

    /// What these images reach, item by item.
    func reached(by digests: [Digest]) -> [Reached] {
        var found: [Int32: Set<Int>] = [:]
        for (number, digest) in digests.enumerated() {
            for place in root(.image(digest))?.reach ?? [] { found[place, default: []].insert(number) }
        }
        return found.sorted { $0.key < $1.key }.map { place, images in
            Reached(
                item: items[Int(place)], images: images, isHeld: Int(counts[Int(place)]) > images.count,
                freedBytes: freed[Int(place)].fileSystem)
        }
    }

    /// Of what these roots reached that are taken away and what is still there: who keeps it, with allocated bytes of that.
    func keepers(of removed: some Sequence<Owner>) -> [(owner: Owner, bytes: Int64)] {
        var isKept = Array(repeating: false, count: items.count)
        for root in removed.lazy.compactMap({ self.root($0) }) {
            for place in root.reach where counts[Int(place)] > 0 { isKept[Int(place)] = true }
        }
        return roots.filter { !$0.isRemoved }.compactMap { root in
            let kept = root.reach.filter { isKept[Int($0)] }
            return kept.isEmpty ? nil : (root.owner, kept.reduce(links.diskBytes(kept)) { $0 + diskBytes[Int($1)] })
        }
    }

    /// What removing several roots together gives back: more than the sum where they share.
    package func reclaimableBytes(_ owners: some Sequence<Owner>) -> Int64 { freed(by: removable(owners)).fileSystem }

    /// The same, of blobs alone, and of unpacked layers alone.
    func reclaimable(_ owners: some Sequence<Owner>) -> (blobBytes: Int64, layerBytes: Int64) {
        let gone = removable(owners)
        let blobs = gone.filter { if case .blob = items[Int($0)] { true } else { false } }
        let blobBytes = freed(by: blobs).fileSystem
        return (blobBytes, freed(by: gone).fileSystem - blobBytes)
    }

    private func freed(by gone: [Int32]) -> FreedBytes { gone.reduce(into: links.freed(by: gone)) { $0 += freed[Int($1)] } }

    /// The places of all that goes with several roots.
    private func removable(_ owners: some Sequence<Owner>) -> [Int32] {
        var copy = self
        let removed = owners.flatMap { copy.removedPlaces($0) }
        return copy.incompleteCount == 0 ? removed : []
    }

    /// Takes the root away, and returns the places of what goes with it; `raise` is told who alone reaches something now.
    private mutating func removedPlaces(_ owner: Owner, raise: (Owner) -> Void = { _ in }) -> [Int32] {
        guard let number = placeOfRoot[owner], !roots[number].isRemoved else { return [] }
        roots[number].isRemoved = true
        if !roots[number].unreadable.isEmpty { incompleteCount -= 1 }
        for referrer in roots[number].referrers { referrerCounts[referrer, default: 1] -= 1 }
        var gone: [Int32] = []
        for place in roots[number].reach {
            counts[Int(place)] -= 1
            rootSums[Int(place)] ^= Int32(number)
            if case .cacheRecord = owner { cacheCounts[Int(place)] -= 1 }
            switch counts[Int(place)] {
            case 0: gone.append(place)
            case 1: raise(roots[Int(rootSums[Int(place)])].owner)
            default: break
            }
        }
        return gone
    }

    private func root(_ owner: Owner) -> Root? { placeOfRoot[owner].map { roots[$0] } }

    /// While what stays cannot be read to its end, nothing is deleted.
    private func canFree(without root: Root) -> Bool {
        root.isRemoved ? false : incompleteCount == (root.unreadable.isEmpty ? 0 : 1)
    }
}
