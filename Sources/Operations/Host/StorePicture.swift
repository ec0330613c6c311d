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
        PictureRemoval(of: marks, unknown: .unexplained, by: store.removal) { [generation, trash] removal, describe in
            .store(removal.plan(id: PlanID(), generation: generation, trash: trash, describe))
        }
    }
}

extension HostItem {
    /// A thing of a store as a row has it.
    init(_ mark: StoreMark) {
        switch mark {
        case .image(let digest): self.init(.images, digest.description)
        case .name(let name, let digest): self.init(.images, digest.description, name: name.text)
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

extension StoreMark: HostMark {
    /// What a row of the store stands for; nil for what nothing removes.
    init?(_ item: HostItem) {
        func subject(_ type: ReclamationPlan.VictimType, _ name: String) -> StoreMark? {
            ReclamationPlan.Subject(type, named: name).map(StoreMark.other)
        }
        let found: StoreMark? =
            switch item.tab {
            case .images:
                Digest(ifValid: item.id).map { digest in item.name.map { .name(EntryName(whole: $0), digest) } ?? .image(digest) }
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
