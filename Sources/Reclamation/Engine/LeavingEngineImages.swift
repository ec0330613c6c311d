import EngineStores
import ImageStorage
import OCISpec
import StorageIO

/// The images of an engine's root, and the records of its build cache: they leave as victims of a plan.
///
/// What goes with one is what no other that is left, no container and no lease reaches, as `EngineReach` has it for images that leave at
/// once.
struct LeavingEngineImages: LeavingImages {
    private(set) var freed = FreedBytes()
    private(set) var victims: [EnginePlan.Victim] = []
    private(set) var kept: [ReclamationPlan.Kept] = []
    let imagesKeepImages: Bool
    let removesSingleNames: Bool
    private let isRegistry: Bool
    /// What each tag of a registry takes.
    private let tagBytes: [String: Int64]

    /// Something of a root that several may reach.
    private struct Item {
        let bytes: Int64
        /// Whether it comes back only when the registry's collector has run.
        let isCollected: Bool
        /// The manifest of a registry that it is the link of.
        let manifest: Digest?
        /// Whether a container reaches it.
        let isUsed: Bool
        /// Whether a lease does that is no record's.
        let isLeased: Bool
        /// How many images that are left reach it.
        var imageCount: Int32 = 0
        /// How many records of the build cache that are left do.
        var recordCount: Int32 = 0

        var isCached: Bool { isLeased || recordCount > 0 }
        /// Whether it goes where these many images and records reach it.
        func goes(images: Int32, records: Int32) -> Bool {
            imageCount == images && recordCount == records && !isUsed && !isLeased
        }
    }

    /// A record of the build cache.
    private struct Record {
        let record: EngineBuildRecord
        let items: [Int]
        /// The place of the record that it was built on.
        let parent: Int?
        /// How many records that are left were built on it.
        var childCount = 0
        var isGone = false
    }

    private struct Member {
        let image: EngineImage
        /// What is its own, whoever reaches what.
        let ownBytes: Int64
        /// The places of what it reaches.
        let items: [Int]
        /// What uses it, in a sentence.
        let user: String?
        /// The places of the images that the engine removes before it.
        var children: [Int] = []
        var isGone = false
    }

    private var items: [Item] = []
    private var members: [Member] = []
    private var records: [Record] = []
    private let places: [Digest: Int]
    /// The images that reach an item, while it has more than one.
    private var sharers: [[Int32]]

    /// All images of an inventory, none gone yet, with what everything takes.
    ///
    /// `keeping` gives what keeps an image beside containers, in a sentence; `removesSingleNames` tells whether a name can go alone.
    init(
        _ inventory: EngineInventory, _ disk: EngineDisk, removesSingleNames: Bool = true,
        keeping reason: (EngineImage) -> String? = { _ in nil }
    ) {
        self.removesSingleNames = removesSingleNames
        isRegistry = inventory.engine == .registry
        var tagBytes: [String: Int64] = [:]
        for name in inventory.engine == .registry ? inventory.images.flatMap(\.names) : [] {
            tagBytes[name] = disk.bytes(of: .registryLink(name))
        }
        self.tagBytes = tagBytes
        let reach = EngineReach(inventory)
        var numbers: [PlaceOwner: Int] = [:]
        var items: [Item] = []
        var members: [Member] = []
        var sharers: [[Int32]] = []
        let isCollected = inventory.engine == .registry
        func number(_ owner: PlaceOwner, isUsed: Bool = false, isLeased: Bool = false, _ manifest: Digest? = nil) -> Int {
            if let known = numbers[owner] { return known }
            numbers[owner] = items.count
            items.append(
                Item(
                    bytes: disk.bytes(of: owner), isCollected: isCollected && manifest == nil, manifest: manifest, isUsed: isUsed,
                    isLeased: isLeased))
            sharers.append([])
            return items.count - 1
        }
        func number(layer: String) -> Int {
            number(.layer(layer), isUsed: reach.isOfContainer(layer: layer), isLeased: reach.isOfLease(layer: layer))
        }
        for image in inventory.images {
            var reached: [Int] = []
            for layer in Set(image.layers) { reached.append(number(layer: layer)) }
            for blob in image.blobs { reached.append(number(.blob(blob), isLeased: inventory.heldBlobs.contains(blob))) }
            for manifest in image.manifests {
                for owner in image.owners(of: manifest) { reached.append(number(owner, manifest.digest)) }
            }
            for item in reached {
                items[item].imageCount += 1
                sharers[item].append(Int32(members.count))
            }
            let user = reach.containers(of: image).min { $0.id < $1.id }
            members.append(
                Member(
                    image: image, ownBytes: disk.bytes(of: .image(image.id.hex)), items: reached,
                    user: reason(image) ?? user.map { "container \($0.label) uses it" }))
        }
        let recordPlaces = Dictionary(inventory.buildRecords.enumerated().map { ($1.id, $0) }) { first, _ in first }
        for record in inventory.buildRecords {
            let reached =
                reach.layers(of: record).map { number(layer: $0) } + record.folders.map { number(.buildFolder($0.text)) }
            for item in reached { items[item].recordCount += 1 }
            records.append(Record(record: record, items: reached, parent: record.parent.flatMap { recordPlaces[$0] }))
        }
        for record in records { if let parent = record.parent { records[parent].childCount += 1 } }
        places = Dictionary(members.enumerated().map { ($1.image.mark, $0) }) { first, _ in first }
        self.items = items
        self.sharers = sharers
        let children = inventory.imagesBuiltOn
        for (place, found) in children { members[place].children = found }
        imagesKeepImages = !children.isEmpty
        self.members = members
    }

    func keeper(of image: Digest) -> String? {
        guard let member = member(image) else { return nil }
        if let user = member.user { return user }
        guard let child = member.children.first(where: { !members[$0].isGone }) else { return nil }
        let holder = members[child].image
        guard isRegistry else { return "\(holder.label) is built on it" }
        let isPart = holder.namespace == member.image.namespace && holder.manifests.contains { $0.digest == member.image.id }
        return isPart ? "it is part of \(holder.title)" : "it is about \(holder.title)"
    }

    mutating func remove(_ image: ImageSummary, reason: String, isForBudget: Bool) -> Set<Digest> {
        guard let place = places[image.digest], !members[place].isGone else { return [] }
        let bytes = freedIfRemoved(image.digest)
        let member = members[place]
        members[place].isGone = true
        var victim = EnginePlan.Victim(
            .image, name: member.image.label, reason: reason, freesBytes: bytes.fileSystem, imageID: member.image.id,
            namespace: member.image.namespace, names: member.image.names, lastUse: member.image.lastUse,
            buildCacheHoldsBytes: cachedBytes(of: member))
        if isRegistry { addManifests(of: member, to: &victim) }
        victims.append(victim)
        freed += bytes
        var raised: Set<Digest> = []
        for item in member.items {
            items[item].imageCount -= 1
            guard items[item].imageCount == 1, let last = sharers[item].first(where: { !members[Int($0)].isGone }) else {
                continue
            }
            raised.insert(members[Int(last)].image.mark)
        }
        return raised
    }

    /// Says which manifests go with a victim, and which of its bytes only the registry's collector gives back.
    private func addManifests(of member: Member, to victim: inout EnginePlan.Victim) {
        let going = member.items.map { items[$0] }.filter { $0.goes(images: 1, records: 0) }
        let digests = Set(going.compactMap(\.manifest))
        victim.manifests = member.image.manifests.filter { digests.contains($0.digest) }
        victim.afterCollectionBytes = going.reduce(0) { $1.isCollected ? $0 + $1.bytes : $0 }
        victim.pushed = member.image.pushedSeconds.map { Timestamp(seconds: $0) }
        victim.changed = member.image.changed
    }

    mutating func untag(_ entry: NamedImage, of image: ImageSummary, reason: String) {
        guard let member = member(image.digest), let name = entry.name else { return }
        // As the engine writes it, which need not be the full name.
        let written = member.image.names.first { $0 == name.text || Reference(ifValid: $0)?.full == name.text } ?? name.text
        guard removesSingleNames else {
            return kept.append(ReclamationPlan.Kept(name: written, reason: Self.deletesDigestsOnly))
        }
        let freed = tagBytes[written] ?? 0
        self.freed += FreedBytes(fileSystem: freed, store: freed)
        var victim = EnginePlan.Victim(
            .name, name: written, reason: reason, freesBytes: freed, imageID: member.image.id, namespace: member.image.namespace,
            names: member.image.names, lastUse: member.image.lastUse)
        victim.changed = member.image.changed
        victims.append(victim)
    }

    static let deletesDigestsOnly = "another tag of its digest stays, and the registry deletes digests with all their tags"

    mutating func keep(_ image: ImageSummary, reason: String) {
        guard let member = member(image.digest) else { return }
        kept.append(ReclamationPlan.Kept(name: member.image.label, reason: reason))
    }

    func freedIfRemoved(_ image: Digest) -> FreedBytes {
        member(image).map { freed(with: $0) { $0.goes(images: 1, records: 0) } } ?? FreedBytes()
    }

    func freedAmong(_ image: Digest) -> FreedBytes {
        guard let member = member(image), member.isGone else { return FreedBytes() }
        return freed(with: member) { $0.goes(images: 0, records: 0) }
    }

    func uniqueBytes(of image: Digest) -> Int64 {
        member(image).map { $0.ownBytes + bytes(of: $0) { $0.imageCount == 1 } } ?? 0
    }

    private func freed(with member: Member, _ goes: (Item) -> Bool) -> FreedBytes {
        let bytes = member.ownBytes + bytes(of: member, where: goes)
        return FreedBytes(fileSystem: bytes, store: bytes)
    }

    /// Bytes of what an image reaches that `isCounted`.
    private func bytes(of member: Member, where isCounted: (Item) -> Bool) -> Int64 {
        member.items.reduce(0) { isCounted(items[$1]) ? $0 + items[$1].bytes : $0 }
    }

    mutating func recountSharing() {}

    /// What would go with an image more if the build cache went first.
    private func cachedBytes(of member: Member) -> Int64 {
        bytes(of: member) { $0.imageCount == 1 && !$0.isUsed && $0.isCached }
    }

    // The build cache

    /// Removes the records that a selection holds, the least recently used first, each after those that were built on it.
    mutating func removeCache(_ selection: CacheSelection, now: Timestamp) {
        while let place = nextRecord(selection, now) {
            if let keep = selection.keepBytes, cacheBytes <= keep { return }
            let record = records[place]
            records[place].isGone = true
            if let parent = record.parent { records[parent].childCount -= 1 }
            var bytes: Int64 = 0
            for item in record.items {
                if items[item].goes(images: 0, records: 1) { bytes += items[item].bytes }
                items[item].recordCount -= 1
            }
            freed += FreedBytes(fileSystem: bytes, store: bytes)
            let words = record.record.description.isEmpty ? "" : ": \(record.record.description)"
            victims.append(
                EnginePlan.Victim(
                    .cache, name: record.record.id, reason: "build cache\(words)", freesBytes: bytes, names: [],
                    lastUse: record.record.lastUsedSeconds.map { EngineImage.Use(seconds: $0, evidence: .build) }))
        }
    }

    /// The record that goes next; what is not known of its use never speaks for its removal.
    private func nextRecord(_ selection: CacheSelection, _ now: Timestamp) -> Int? {
        let candidates = records.indices.filter { place in
            let record = records[place]
            guard !record.isGone, record.childCount == 0, selection.isAll || isOfCacheAlone(record) else { return false }
            guard let used = record.record.lastUsedSeconds else { return selection.unusedSince.isEmpty }
            return selection.holds(usedSeconds: used, now: now)
        }
        return candidates.min { left, right in
            let (left, right) = (records[left].record, records[right].record)
            return (left.lastUsedSeconds ?? .max, left.id) < (right.lastUsedSeconds ?? .max, right.id)
        }
    }

    /// Whether a record has something that it was not built on and that no image has.
    private func isOfCacheAlone(_ record: Record) -> Bool {
        let below = Set(record.parent.map { records[$0].items } ?? [])
        return record.items.allSatisfy { below.contains($0) || items[$0].imageCount == 0 }
    }

    /// What the build cache alone keeps.
    private var cacheBytes: Int64 {
        items.reduce(0) { sum, item in item.imageCount == 0 && !item.isUsed && item.recordCount > 0 ? sum + item.bytes : sum }
    }

    private func member(_ image: Digest) -> Member? { places[image].map { members[$0] } }
}

extension EngineImage {
    /// How plans and outcomes call it: its first tag, else its first name, else its ID.
    package var label: String {
        if let namespace, isOfRegistry { return "\(namespace)@\(id)" }
        return tags.first ?? names.first ?? id.description
    }

    /// How sentences call it: by a tag where it has one.
    package var title: String { tags.first ?? label }
}

extension EngineContainer {
    /// How sentences call it: its name, else the beginning of its ID.
    package var label: String { name.isEmpty ? String(id.text.prefix(12)) : name }
}
