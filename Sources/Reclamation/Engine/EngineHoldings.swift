import EngineStores
import OCISpec
import StorageIO

/// Who reaches what in an engine's root, with counts of those that are left while images, records and containers leave.
struct EngineHoldings: Sendable {
    /// Something of a root that several may reach.
    struct Item {
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
    struct Record {
        let record: EngineBuildRecord
        let items: [Int]
        /// The place of the record that it was built on.
        let parent: Int?
        /// How many records that are left were built on it.
        var childCount = 0
        var isGone = false
    }

    /// A container in any state.
    struct User {
        let container: EngineContainer
        /// What is its own.
        let ownBytes: Int64
        /// The places of what it reaches.
        let items: [Int]
        var isGone = false
    }

    /// An image.
    struct Member {
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

    var items: [Item] = []
    var members: [Member] = []
    var records: [Record] = []
    var users: [User] = []
    /// Where an image is among the members.
    let places: [Digest: Int]
    /// Where a record of the build cache is, by its name.
    let recordPlaces: [String: Int]
    /// The images that reach an item, while it has more than one.
    let sharers: [[Int32]]
    /// What each tag of a registry takes.
    let tagBytes: [String: Int64]

    /// All that an inventory has, none gone yet, with what everything takes.
    ///
    /// `reason` gives what keeps an image beside containers, in a sentence.
    init(_ inventory: EngineInventory, _ disk: EngineDisk, keeping reason: (EngineImage) -> String?) {
        let isRegistry = inventory.engine == .registry
        var tagBytes: [String: Int64] = [:]
        for name in isRegistry ? inventory.images.flatMap(\.names) : [] {
            tagBytes[name] = disk.bytes(of: .registryLink(name))
        }
        self.tagBytes = tagBytes
        let reach = EngineReach(inventory)
        var numbers: [PlaceOwner: Int] = [:]
        var items: [Item] = []
        var members: [Member] = []
        var sharers: [[Int32]] = []
        func number(_ owner: PlaceOwner, isLeased: Bool = false, _ manifest: Digest? = nil) -> Int {
            if let known = numbers[owner] { return known }
            numbers[owner] = items.count
            items.append(
                Item(
                    bytes: disk.bytes(of: owner), isCollected: isRegistry && manifest == nil, manifest: manifest,
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
        for (place, found) in inventory.imagesBuiltOn { members[place].children = found }
        self.members = members
    }

    /// The member that an image is.
    func member(_ image: Digest) -> Member? { places[image].map { members[$0] } }

    /// Bytes of what an image reaches that `isCounted`.
    func bytes(of member: Member, where isCounted: (Item) -> Bool) -> Int64 {
        member.items.reduce(0) { isCounted(items[$1]) ? $0 + items[$1].bytes : $0 }
    }
}
