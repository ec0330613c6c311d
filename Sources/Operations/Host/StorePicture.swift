import ContentStorage
import ImageStorage
import OCISpec
import Reclamation
import StorageIO

/// The store as one look saw it.
struct StorePicture: HostPicture {
    let rows: [HostTab: [HostRow]]
    var totalBytes: Int64 { store.look.survey.totalBytes }
    let store: MarkedStore
    /// The digest of `index.json` that it was looked at with.
    let generation: String
    let trash: Duration
    let now: Timestamp

    init(_ store: MarkedStore, now: Timestamp, generation: String, trash: Duration) {
        self.store = store
        self.generation = generation
        self.trash = trash
        self.now = now
        let listing = StoreRows(store, now: now)
        rows = [
            .images: listing.images(), .containers: listing.containers(), .volumes: listing.volumes(), .cache: listing.cache(),
            .leaked: listing.leftovers(),
        ]
    }

    var graph: MarkGraph { store.graph() }

    func text(of item: HostItem) -> String? { StoreMark(item).map { store.text(of: $0) } }

    func removal(of marks: Set<HostItem>) -> any HostRemoval {
        var unknown: [HostItem: MarkRefusal] = [:]
        var items: [StoreMark: HostItem] = [:]
        for item in marks { if let mark = StoreMark(item) { items[mark] = item } else { unknown[item] = .unexplained } }
        return StorePictureRemoval(self, store.removal(of: Set(items.keys)), items, unknown)
    }
}

/// What marked things of the store come to.
struct StorePictureRemoval: HostRemoval {
    let left: [HostItem: MarkRefusal]
    private let removal: StoreRemoval
    private let picture: StorePicture

    init(_ picture: StorePicture, _ removal: StoreRemoval, _ items: [StoreMark: HostItem], _ unknown: [HostItem: MarkRefusal]) {
        self.picture = picture
        self.removal = removal
        left = removal.left.reduce(into: unknown) { left, refused in
            if let item = items[refused.key] { left[item] = refused.value }
        }
    }

    var freesBytes: Int64 { removal.freesBytes }

    func refusal(of item: HostItem) -> MarkRefusal? { StoreMark(item).map { removal.refusal(of: $0) } ?? .unexplained }

    func addedBytes(by item: HostItem) -> Int64 { StoreMark(item).map { removal.addedBytes(by: $0) } ?? 0 }

    func keepings() -> [MarkKeeping] { removal.keepings() }

    func plan(_ describe: (MarkRefusal) -> String) -> Workspace.ReadPlan {
        .store(removal.plan(id: PlanID(), generation: picture.generation, trash: picture.trash, describe))
    }
}

extension HostItem {
    /// A thing of a store as a row has it.
    init(_ mark: StoreMark) {
        switch mark {
        case .image(let digest), .name(_, let digest): self.init(.images, digest.description)
        case .other(let subject):
            switch subject.type {
            case .container: self.init(.containers, subject.name)
            case .volume: self.init(.volumes, subject.name)
            case .cache: self.init(.cache, subject.name)
            default: self.init(.leaked, "\(subject.type.rawValue):\(subject.name)")
            }
        }
    }

    /// The folder of a container that is over.
    static func deadContainer(_ id: PathPart) -> HostItem { HostItem(.leaked, "container:\(id.text)") }
}

extension StoreMark {
    /// What a row of the store stands for; nil for what nothing removes.
    init?(_ item: HostItem) {
        func subject(_ type: ReclamationPlan.VictimType, _ name: String) -> StoreMark? {
            ReclamationPlan.Subject(type, named: name).map(StoreMark.other)
        }
        let found: StoreMark? =
            switch item.tab {
            case .images: Digest(ifValid: item.id).map(StoreMark.image)
            case .containers: subject(.container, item.id)
            case .volumes: subject(.volume, item.id)
            case .cache: subject(.cache, item.id)
            case .leaked:
                if let colon = item.id.firstIndex(of: ":"),
                    let type = ReclamationPlan.VictimType(rawValue: String(item.id[..<colon]))
                {
                    subject(type, String(item.id[item.id.index(after: colon)...]))
                } else {
                    nil
                }
            }
        guard let found else { return nil }
        self = found
    }
}
