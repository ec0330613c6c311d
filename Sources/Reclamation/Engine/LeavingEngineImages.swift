import EngineStores
import ImageStorage
import OCISpec
import StorageIO

/// The images of an engine's root, and the records of its build cache: they leave as victims of a plan.
///
/// What goes with one is what no other that is left, no container and no lease reaches, as `EngineReach` has it for images that leave at
/// once.
struct LeavingEngineImages: LeavingImages, Sendable {
    private(set) var freed = FreedBytes()
    private(set) var victims: [EnginePlan.Victim] = []
    private(set) var kept: [ReclamationPlan.Kept] = []
    let imagesKeepImages: Bool
    /// Whether the engine removes with a container the layers under it that nothing else has.
    private let releasesLayers: Bool
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
        /// Whether a lease does that is no record's.
        let isLeased: Bool
        /// How many images that are left reach it.
        var imageCount: Int32 = 0
        /// How many records of the build cache that are left do.
        var recordCount: Int32 = 0
        /// How many containers that are left do.
        var containerCount: Int32 = 0

        var isCached: Bool { isLeased || recordCount > 0 }
        var isUsed: Bool { containerCount > 0 }
        /// Whether it goes where these many of each reach it.
        func goes(images: Int32, records: Int32, containers: Int32 = 0) -> Bool {
            imageCount == images && recordCount == records && containerCount == containers && !isLeased
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

    /// A container in any state.
    private struct User {
        let container: EngineContainer
        /// What is its own.
        let ownBytes: Int64
        /// The places of what it reaches.
        let items: [Int]
        var isGone = false
    }

    private struct Member {
        let image: EngineImage
        /// What is its own, whoever reaches what.
        let ownBytes: Int64
        /// The places of what it reaches.
        let items: [Int]
        /// The places of the containers that use it.
        let users: [Int]
        /// What else keeps it, in a sentence.
        let reason: String?
        /// The places of the images that the engine removes before it.
        var children: [Int] = []
        var isGone = false
    }

    private var items: [Item] = []
    private var members: [Member] = []
    private var records: [Record] = []
    private var users: [User] = []
    private let places: [Digest: Int]
    private let recordPlaces: [String: Int]
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
        func number(_ owner: PlaceOwner, isLeased: Bool = false, _ manifest: Digest? = nil) -> Int {
            if let known = numbers[owner] { return known }
            numbers[owner] = items.count
            items.append(
                Item(
                    bytes: disk.bytes(of: owner), isCollected: isCollected && manifest == nil, manifest: manifest,
                    isLeased: isLeased))
            sharers.append([])
            return items.count - 1
        }
        func number(layer: String) -> Int {
            number(.layer(layer), isLeased: reach.isOfLease(layer: layer))
        }
        let userPlaces = Dictionary(inventory.containers.enumerated().map { ($1.key, $0) }) { first, _ in first }
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
            let users = reach.containers(of: image).sorted { $0.id < $1.id }.compactMap { userPlaces[$0.key] }
            members.append(
                Member(
                    image: image, ownBytes: disk.bytes(of: .image(image.id.hex)), items: reached,
                    users: users, reason: reason(image)))
        }
        for container in inventory.containers {
            let reached = reach.layers(under: container).map { number(layer: $0) }
            for item in reached { items[item].containerCount += 1 }
            let own = container.owners.reduce(0) { $0 + disk.bytes(of: $1) }
            users.append(User(container: container, ownBytes: own, items: reached))
        }
        let recordPlaces = Dictionary(inventory.buildRecords.enumerated().map { ($1.id, $0) }) { first, _ in first }
        for record in inventory.buildRecords {
            let reached =
                reach.layers(of: record).map { number(layer: $0) } + record.folders.map { number(.buildFolder($0.text)) }
            for item in reached { items[item].recordCount += 1 }
            records.append(Record(record: record, items: reached, parent: record.parent.flatMap { recordPlaces[$0] }))
        }
        for record in records { if let parent = record.parent { records[parent].childCount += 1 } }
        self.recordPlaces = recordPlaces
        places = Dictionary(members.enumerated().map { ($1.image.mark, $0) }) { first, _ in first }
        self.items = items
        self.sharers = sharers
        let children = inventory.imagesBuiltOn
        for (place, found) in children { members[place].children = found }
        imagesKeepImages = !children.isEmpty
        releasesLayers = inventory.engine == .docker
        self.members = members
    }

    func keeper(of image: Digest) -> String? {
        guard let member = member(image) else { return nil }
        if let reason = member.reason { return reason }
        if let user = member.users.first(where: { !users[$0].isGone }) {
            return "container \(users[user].container.label) uses it"
        }
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

    /// Removes an image that a run which was ended was about to remove, unless something keeps it; whether it goes.
    mutating func take(leftover image: ImageSummary) -> Bool {
        guard keeper(of: image.digest) == nil else { return false }
        _ = remove(image, reason: "left by a prune that was ended", isForBudget: false)
        return true
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

    // Containers

    /// Removes the containers that a selection holds, of those that are known not to run, in the order of their IDs.
    mutating func removeContainers(_ selection: ContainerSelection, now: Timestamp) {
        let left = removeContainers { container in
            container.isRunning == false && selection.holds(made: container.created, labels: container.labels, now: now)
        }
        for (container, reason) in left { kept.append(ReclamationPlan.Kept(name: container.label, reason: reason)) }
    }

    /// Removes exactly these; returns those that stay, with the reason.
    mutating func removeContainers(_ ids: Set<PathPart>) -> [PathPart: String] {
        Dictionary(removeContainers { ids.contains($0.id) }.map { ($0.container.id, $0.reason) }) { first, _ in first }
    }

    /// Removes what is wanted, each container after those that need it; returns what stays for the sake of others.
    private mutating func removeContainers(
        _ isWanted: (EngineContainer) -> Bool
    ) -> [(container: EngineContainer, reason: String)] {
        var waiting = users.indices.filter { !users[$0].isGone && isWanted(users[$0].container) }
        while case let next = waiting.filter({ reasonToKeep(container: $0) == nil }), !next.isEmpty {
            for place in next { removeContainer(at: place) }
            waiting.removeAll { users[$0].isGone }
        }
        return waiting.map { (users[$0].container, reasonToKeep(container: $0) ?? "") }
    }

    /// What keeps a container whatever it does; nil where nothing does.
    private func reasonToKeep(container place: Int) -> String? {
        let container = users[place].container
        if container.isOfEngine { return "it goes with its pod" }
        return users.first { !$0.isGone && $0.container.needs.contains(container.id.text) }.map {
            "container \($0.container.label) needs it"
        }
    }

    /// What keeps a container of those that are left from going now; nil where nothing does.
    func keeper(ofContainer id: PathPart) -> String? {
        users.firstIndex { !$0.isGone && $0.container.id == id }.flatMap { reasonToKeep(container: $0) }
    }

    private mutating func removeContainer(at place: Int) {
        let container = users[place].container
        users[place].isGone = true
        var bytes = users[place].ownBytes
        for item in users[place].items {
            // Of a layer that no image has any more the container was the last user, and Docker counts users.
            if releasesLayers, items[item].goes(images: 0, records: 0, containers: 1) { bytes += items[item].bytes }
            items[item].containerCount -= 1
        }
        freed += FreedBytes(fileSystem: bytes, store: bytes)
        victims.append(
            EnginePlan.Victim(
                .container, name: container.label, reason: "it does not run", freesBytes: bytes, imageID: container.image,
                containerID: container.id, names: [],
                lastUse: container.lastUseSeconds.map { EngineImage.Use(seconds: $0, evidence: .container) }))
    }

    // Leaks

    /// Removes what nobody names, and notes what has an entry in a list beside its path.
    ///
    /// Of these those that are wanted.
    mutating func removeLeaks(of inventory: EngineInventory, _ disk: EngineDisk, _ isWanted: (EngineLeak) -> Bool = { _ in true })
    {
        for (place, leak) in inventory.leaks.enumerated() where isWanted(leak) {
            guard leak.isRemovable(of: inventory.engine) else {
                kept.append(ReclamationPlan.Kept(name: leak.path, reason: "it is in the engine's list of layers"))
                continue
            }
            let bytes = disk.bytes(of: .leak(place))
            freed += FreedBytes(fileSystem: bytes, store: bytes)
            victims.append(EnginePlan.Victim(.leak, name: leak.path, reason: leak.reason.words, freesBytes: bytes, names: []))
        }
    }

    // The build cache

    /// Removes the records that a selection holds, the least recently used first, each after those that were built on it.
    mutating func removeCache(_ selection: CacheSelection, now: Timestamp) {
        while let place = nextRecord(selection, now) {
            if let keep = selection.keepBytes, cacheBytes <= keep { return }
            removeRecord(at: place)
        }
    }

    private mutating func removeRecord(at place: Int) {
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

    /// Whether a record that is left was built on this one.
    func isBuiltUpon(_ id: String) -> Bool { (recordPlaces[id].map { records[$0].childCount } ?? 0) > 0 }

    /// Takes exactly these records, each after those that were built on it; returns those that stay for the sake of others.
    mutating func removeRecords(_ ids: Set<String>) -> Set<String> {
        var waiting = records.indices.filter { ids.contains(records[$0].record.id) && !records[$0].isGone }
        while case let next = waiting.filter({ records[$0].childCount == 0 }), !next.isEmpty {
            for place in next { removeRecord(at: place) }
            waiting.removeAll { records[$0].isGone }
        }
        return Set(waiting.map { records[$0].record.id })
    }

    /// What goes with which images, of all that are left.
    func graph() -> MarkGraph {
        var graph = MarkGraph()
        var reach: [Int: Set<Int>] = [:]
        for (place, member) in members.enumerated() {
            var image = MarkGraph.Image(id: member.image.mark, ownBytes: member.ownBytes)
            image.after = member.children
            image.refusal = member.users.isEmpty ? nil : .usedBy(member.users.map { users[$0].container.label })
            graph.images.append(image)
            for item in member.items { reach[item, default: []].insert(place) }
        }
        for (item, images) in reach.sorted(by: { $0.key < $1.key }) where !items[item].isUsed && !items[item].isCached {
            graph.add(items[item].bytes, of: images)
        }
        return graph
    }

    /// Of what gone images reach and what is still there: who keeps it, with bytes of that.
    func keepings() -> [MarkKeeping] {
        var isKept = Array(repeating: false, count: items.count)
        for member in members where member.isGone {
            for item in member.items { isKept[item] = items[item].imageCount > 0 || items[item].isUsed || items[item].isCached }
        }
        func bytes(_ places: some Sequence<Int>, _ isCounted: (Item) -> Bool = { _ in true }) -> Int64 {
            places.reduce(0) { isKept[$1] && isCounted(items[$1]) ? $0 + items[$1].bytes : $0 }
        }
        var found = members.filter { !$0.isGone }.map { MarkKeeping(keeper: .image($0.image.label), bytes: bytes($0.items)) }
        found.append(MarkKeeping(keeper: .containers, bytes: bytes(items.indices) { $0.isUsed }))
        found.append(MarkKeeping(keeper: .buildCache, bytes: bytes(items.indices) { $0.isCached }))
        return found.filter { $0.bytes > 0 }
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

extension EngineLeak.Reason {
    /// Why it is a leak, in a few words.
    package var words: String {
        switch self {
        case .folderOfNobody: "no layer's directory"
        case .layerOfNobody: "no image's layer"
        case .fileOfNobody: "no layer's file"
        case .mountOfNobody: "no container's mount"
        case .nameOfNothing: "a link to nothing"
        case .imageOfNobody: "no image's directory"
        case .containerOfNobody: "no container's directory"
        case .blobOfNobody: "a blob without a record"
        case .blobWithoutManifest: "a blob of no manifest"
        case .linkWithoutManifest: "a link to a blob of no manifest"
        case .linkToNothing: "a link to what is gone"
        case .leftByDeletion: "left by a deletion"
        }
    }
}
