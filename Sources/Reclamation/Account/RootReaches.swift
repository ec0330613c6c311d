import ContentStorage
import ImageStorage
import OCISpec
import StorageIO

/// What each root of a store reaches, as documents tell: all of a look at a store that needs no file but them.
///
/// The roots of a look stand in this order: images, containers, odd entries, steps of the build cache, live sessions.
struct RootReaches {
    /// A root with all it reaches.
    struct Root {
        let owner: StoreGraph.Owner
        /// The numbers of what it reaches, whether or not the store has it.
        let reached: [Int32]
        let unreadable: [UnreadableDocument]
        /// The entries that are there for the sake of something that it reaches.
        let referrers: Set<Descriptor>
        /// An image and its containers count as one where it is asked what images share.
        let group: Int32
    }

    /// How many blobs an image has that no other one has, for which room is made: of the rest it is made when they come.
    private static let usualBlobs = 8
    /// The group of roots that share with nobody.
    static let noGroup: Int32 = -1

    /// The images, without the entries that are there for the sake of something else.
    let images: [ImageSummary]
    /// Those entries: each is reached by whoever reaches its subject.
    let referrers: Referrers
    private(set) var roots: [Root] = []
    /// What the numbers stand for.
    var items: [StoreItem] { marked.items }
    private let containers: [ContainerRecord]
    private let takesLayers: Bool
    private var marked: Marking

    /// Follows the documents from these entries and containers.
    ///
    /// Without `takesLayers` unpacked layers are passed over, of which most stores have none.
    init(
        _ names: [NamedImage], _ containers: [ContainerRecord], takesLayers: Bool, _ store: ImageStore,
        _ documents: DocumentReader
    ) {
        self.containers = containers
        self.takesLayers = takesLayers
        let referrers = Referrers(names, containers: containers.map(\.image), documents)
        self.referrers = referrers
        images = store.summaries(of: names, documents).compactMap { $0.withoutReferrers(referrers) }
        marked = Marking(documents, takesLayers ? .everything : .blobs, referrers)
        marked.reserveCapacity(images.count * Self.usualBlobs)
        roots.reserveCapacity(images.count + containers.count)
        var groups: [Digest: Int32] = [:]
        groups.reserveCapacity(images.count)
        for (number, image) in images.enumerated() {
            for entry in image.entries {
                marked.visit(entry.descriptor, for: .entry(entry.familiar))
                groups[entry.descriptor.digest] = Int32(number)
            }
            for part in image.parts where groups[part] == nil { groups[part] = Int32(number) }
            add(.image(image.digest), Int32(number))
        }
        for (number, container) in containers.enumerated() {
            marked.visit(container.image, for: .container(container.id.text, name: container.name))
            add(.container(container.id.text), groups[container.image.digest] ?? Int32(images.count + number))
        }
    }

    /// Whether it holds beside what was seen of these containers and files later.
    func suits(_ containers: [ContainerRecord], _ survey: StoreSurvey) -> Bool {
        (takesLayers || survey.layers.isEmpty) && containers.map(\.id) == self.containers.map(\.id)
    }

    /// Adds the other roots.
    ///
    /// What the cache or a session keeps as well is shared with nobody: steps make no group where it is asked what images share.
    mutating func add(_ oddEntries: [OddEntry], _ cache: [CacheEntry], _ holds: [String: Set<Digest>]) {
        if !oddEntries.isEmpty {
            marked.note(oddEntries)
            add(.oddEntries, Self.noGroup)
        }
        for entry in cache {
            marked.hold(entry.digests)
            add(.cacheRecord(entry.id), Self.noGroup)
        }
        for (number, session) in holds.keys.sorted().enumerated() {
            marked.hold(holds[session] ?? [])
            add(.session(session), Int32(images.count + containers.count + number))
        }
    }

    /// Makes a root of what has been marked since the last.
    private mutating func add(_ owner: StoreGraph.Owner, _ group: Int32) {
        roots.append(
            Root(
                owner: owner, reached: marked.reachedNumbers, unreadable: marked.unreadable,
                referrers: marked.reachedReferrers, group: group))
        marked.clear()
    }
}
