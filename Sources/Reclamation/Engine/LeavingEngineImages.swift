import EngineStores
import ImageStorage
import OCISpec

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
    let releasesLayers: Bool
    let removesSingleNames: Bool
    private let isRegistry: Bool
    var holdings: EngineHoldings

    /// All images of an inventory, none gone yet, with what everything takes.
    ///
    /// `keeping` gives what keeps an image beside containers, in a sentence; `removesSingleNames` tells whether a name can go alone.
    init(
        _ inventory: EngineInventory, _ disk: EngineDisk, removesSingleNames: Bool = true,
        keeping reason: (EngineImage) -> String? = { _ in nil }
    ) {
        self.removesSingleNames = removesSingleNames
        isRegistry = inventory.engine == .registry
        releasesLayers = inventory.engine == .docker
        holdings = EngineHoldings(inventory, disk, keeping: reason)
        imagesKeepImages = holdings.members.contains { !$0.children.isEmpty }
    }

    /// Adds a victim, which frees what it says.
    mutating func add(_ victim: EnginePlan.Victim) {
        freed += FreedBytes(fileSystem: victim.freesBytes, store: victim.freesBytes)
        victims.append(victim)
    }

    /// Notes what stays, and why.
    mutating func keep(_ name: String, reason: String) {
        kept.append(ReclamationPlan.Kept(name: name, reason: reason))
    }

    func keeper(of image: Digest) -> String? {
        guard let member = holdings.member(image) else { return nil }
        if let reason = member.reason { return reason }
        if let user = member.users.first(where: { !holdings.users[$0].isGone }) {
            return "container \(holdings.users[user].container.label) uses it"
        }
        guard let child = member.children.first(where: { !holdings.members[$0].isGone }) else { return nil }
        let holder = holdings.members[child].image
        guard isRegistry else { return "\(holder.label) is built on it" }
        let isPart = holder.namespace == member.image.namespace && holder.manifests.contains { $0.digest == member.image.id }
        return isPart ? "it is part of \(holder.title)" : "it is about \(holder.title)"
    }

    mutating func remove(_ image: ImageSummary, reason: String, isForBudget: Bool) -> Set<Digest> {
        guard let place = holdings.places[image.digest], !holdings.members[place].isGone else { return [] }
        let bytes = freedIfRemoved(image.digest)
        let member = holdings.members[place]
        holdings.members[place].isGone = true
        var victim = EnginePlan.Victim(
            .image, name: member.image.label, reason: reason, freesBytes: bytes.fileSystem, imageID: member.image.id,
            namespace: member.image.namespace, names: member.image.names, lastUse: member.image.lastUse,
            buildCacheHoldsBytes: cachedBytes(of: member))
        if isRegistry { addManifests(of: member, to: &victim) }
        add(victim)
        var raised: Set<Digest> = []
        for item in member.items {
            holdings.items[item].imageCount -= 1
            guard holdings.items[item].imageCount == 1,
                let last = holdings.sharers[item].first(where: { !holdings.members[Int($0)].isGone })
            else {
                continue
            }
            raised.insert(holdings.members[Int(last)].image.mark)
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
    private func addManifests(of member: EngineHoldings.Member, to victim: inout EnginePlan.Victim) {
        let going = member.items.map { holdings.items[$0] }.filter { $0.goes(images: 1, records: 0) }
        let digests = Set(going.compactMap(\.manifest))
        victim.manifests = member.image.manifests.filter { digests.contains($0.digest) }
        victim.afterCollectionBytes = going.reduce(0) { $1.isCollected ? $0 + $1.bytes : $0 }
        victim.pushed = member.image.pushedSeconds.map { Timestamp(seconds: $0) }
        victim.changed = member.image.changed
    }

    mutating func untag(_ entry: NamedImage, of image: ImageSummary, reason: String) {
        guard let member = holdings.member(image.digest), let name = entry.name else { return }
        // As the engine writes it, which need not be the full name.
        let written = member.image.names.first { $0 == name.text || Reference(ifValid: $0)?.full == name.text } ?? name.text
        guard removesSingleNames else {
            return keep(written, reason: Self.deletesDigestsOnly)
        }
        let freed = holdings.tagBytes[written] ?? 0
        var victim = EnginePlan.Victim(
            .name, name: written, reason: reason, freesBytes: freed, imageID: member.image.id, namespace: member.image.namespace,
            names: member.image.names, lastUse: member.image.lastUse)
        victim.changed = member.image.changed
        add(victim)
    }

    static let deletesDigestsOnly = "another tag of its digest stays, and the registry deletes digests with all their tags"

    mutating func keep(_ image: ImageSummary, reason: String) {
        guard let member = holdings.member(image.digest) else { return }
        keep(member.image.label, reason: reason)
    }

    func freedIfRemoved(_ image: Digest) -> FreedBytes {
        holdings.member(image).map { freed(with: $0) { $0.goes(images: 1, records: 0) } } ?? FreedBytes()
    }

    func freedAmong(_ image: Digest) -> FreedBytes {
        guard let member = holdings.member(image), member.isGone else { return FreedBytes() }
        return freed(with: member) { $0.goes(images: 0, records: 0) }
    }

    func uniqueBytes(of image: Digest) -> Int64 {
        holdings.member(image).map { $0.ownBytes + holdings.bytes(of: $0) { $0.imageCount == 1 } } ?? 0
    }

    private func freed(with member: EngineHoldings.Member, _ goes: (EngineHoldings.Item) -> Bool) -> FreedBytes {
        let bytes = member.ownBytes + holdings.bytes(of: member, where: goes)
        return FreedBytes(fileSystem: bytes, store: bytes)
    }

    mutating func recountSharing() {}

    /// What would go with an image more if the build cache went first.
    private func cachedBytes(of member: EngineHoldings.Member) -> Int64 {
        holdings.bytes(of: member) { $0.imageCount == 1 && !$0.isUsed && $0.isCached }
    }
}
