import EngineStores
import ImageStorage
import OCISpec
import StorageIO

/// The images of an engine's root: they leave as victims of a plan.
///
/// What goes with an image is what no other image that is left, no container and no build record reaches, as `EngineReach` has it for
/// images that leave at once.
struct LeavingEngineImages: LeavingImages {
    private(set) var freed = FreedBytes()
    private(set) var victims: [EnginePlan.Victim] = []
    private(set) var kept: [ReclamationPlan.Kept] = []
    let imagesKeepImages: Bool

    /// Something of a root that several images may reach.
    private struct Item {
        let bytes: Int64
        /// Whether a container reaches it.
        let isUsed: Bool
        /// Whether the build cache does.
        let isCached: Bool
        /// How many images that are left reach it.
        var imageCount: Int32 = 0
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
    private let places: [Digest: Int]
    /// The images that reach an item, while it has more than one.
    private var sharers: [[Int32]]

    /// All images of an inventory, none gone yet, with what everything takes.
    init(_ inventory: EngineInventory, _ disk: EngineDisk) {
        let reach = EngineReach(inventory)
        var numbers: [PlaceOwner: Int] = [:]
        var items: [Item] = []
        var members: [Member] = []
        var sharers: [[Int32]] = []
        func number(_ owner: PlaceOwner, isUsed: Bool, isCached: Bool) -> Int {
            if let known = numbers[owner] { return known }
            numbers[owner] = items.count
            items.append(Item(bytes: disk.bytes(of: owner), isUsed: isUsed, isCached: isCached))
            sharers.append([])
            return items.count - 1
        }
        for image in inventory.images {
            var reached: [Int] = []
            for layer in Set(image.layers) {
                reached.append(
                    number(.layer(layer), isUsed: reach.isOfContainer(layer: layer), isCached: reach.isOfBuildCache(layer: layer))
                )
            }
            for blob in image.blobs {
                reached.append(number(.blob(blob), isUsed: false, isCached: inventory.heldBlobs.contains(blob)))
            }
            for item in reached {
                items[item].imageCount += 1
                sharers[item].append(Int32(members.count))
            }
            let user = reach.containers(of: image).min { $0.id < $1.id }
            members.append(
                Member(
                    image: image, ownBytes: disk.bytes(of: .image(image.id.hex)), items: reached,
                    user: user.map { "container \($0.name.isEmpty ? String($0.id.text.prefix(12)) : $0.name) uses it" }))
        }
        places = Dictionary(members.enumerated().map { ($1.image.mark, $0) }) { first, _ in first }
        self.items = items
        self.sharers = sharers
        let children = Self.children(of: inventory)
        for (place, found) in children { members[place].children = found }
        imagesKeepImages = !children.isEmpty
        self.members = members
    }

    /// Which images the engine removes before which: by their places, those that were built on an image.
    ///
    /// Docker refuses to remove what an image was built on by its classic builder. podman takes the names of an image on which another one's
    /// layers stand, and leaves the rest, which is next to nothing.
    private static func children(of inventory: EngineInventory) -> [Int: [Int]] {
        var children: [Int: [Int]] = [:]
        switch inventory.engine {
        case .docker:
            let places = Dictionary(inventory.images.enumerated().map { ($1.id, $0) }) { first, _ in first }
            for (place, image) in inventory.images.enumerated() {
                if let parent = image.parent.flatMap({ places[$0] }) { children[parent, default: []].append(place) }
            }
        case .podman:
            let tops = Dictionary(grouping: inventory.images.indices) { inventory.images[$0].layers.last }
            for (place, image) in inventory.images.enumerated() {
                for layer in image.layers.dropLast() {
                    for parent in tops[layer] ?? [] { children[parent, default: []].append(place) }
                }
            }
        case .containerd, .buildkit: break
        }
        return children
    }

    func keeper(of image: Digest) -> String? {
        guard let member = member(image) else { return nil }
        if let user = member.user { return user }
        guard let child = member.children.first(where: { !members[$0].isGone }) else { return nil }
        return "\(members[child].image.label) is built on it"
    }

    mutating func remove(_ image: ImageSummary, reason: String, isForBudget: Bool) -> Set<Digest> {
        guard let place = places[image.digest], !members[place].isGone else { return [] }
        let bytes = freedIfRemoved(image.digest)
        let member = members[place]
        members[place].isGone = true
        victims.append(
            EnginePlan.Victim(
                .image, name: member.image.label, reason: reason, freesBytes: bytes.fileSystem, imageID: member.image.id,
                namespace: member.image.namespace, names: member.image.names, lastUse: member.image.lastUse,
                buildCacheHoldsBytes: cachedBytes(of: member)))
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

    mutating func untag(_ entry: NamedImage, of image: ImageSummary, reason: String) {
        guard let member = member(image.digest), let name = entry.name else { return }
        // As the engine writes it, which need not be the full name.
        let written = member.image.tags.first { $0 == name.text || Reference(ifValid: $0)?.full == name.text } ?? name.text
        victims.append(
            EnginePlan.Victim(
                .name, name: written, reason: reason, freesBytes: 0, imageID: member.image.id, namespace: member.image.namespace,
                names: member.image.names, lastUse: member.image.lastUse))
    }

    mutating func keep(_ image: ImageSummary, reason: String) {
        guard let member = member(image.digest) else { return }
        kept.append(ReclamationPlan.Kept(name: member.image.label, reason: reason))
    }

    func freedIfRemoved(_ image: Digest) -> FreedBytes {
        guard let member = member(image) else { return FreedBytes() }
        let bytes = member.items.reduce(member.ownBytes) { sum, item in
            let item = items[item]
            return item.imageCount == 1 && !item.isUsed && !item.isCached ? sum + item.bytes : sum
        }
        return FreedBytes(fileSystem: bytes, store: bytes)
    }

    func freedAmong(_ image: Digest) -> FreedBytes {
        guard let member = member(image), member.isGone else { return FreedBytes() }
        let bytes = member.items.reduce(member.ownBytes) { sum, item in
            let item = items[item]
            return item.imageCount == 0 && !item.isUsed && !item.isCached ? sum + item.bytes : sum
        }
        return FreedBytes(fileSystem: bytes, store: bytes)
    }

    func uniqueBytes(of image: Digest) -> Int64 {
        guard let member = member(image) else { return 0 }
        return member.items.reduce(member.ownBytes) { $0 + (items[$1].imageCount == 1 ? items[$1].bytes : 0) }
    }

    mutating func recountSharing() {}

    /// What would go with an image more if the build cache went first.
    private func cachedBytes(of member: Member) -> Int64 {
        member.items.reduce(0) { sum, item in
            let item = items[item]
            return item.imageCount == 1 && !item.isUsed && item.isCached ? sum + item.bytes : sum
        }
    }

    private func member(_ image: Digest) -> Member? { places[image].map { members[$0] } }
}

extension EngineImage {
    /// How plans and outcomes call it: its first tag, else its first name, else its ID.
    package var label: String { tags.first ?? names.first ?? id.description }
}
