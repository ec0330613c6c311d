import ContentStorage
import EngineStores
import ImageStorage
import OCISpec
import Reclamation
import StorageIO

/// An engine's root as one look saw it.
struct EnginePicture: HostPicture {
    let rows: [HostTab: [HostRow]]
    let totalBytes: Int64
    let engine: EnginePlan.Engine
    let look: EngineLook
    private let marked: MarkedEngine

    init(
        _ usage: EngineUsage, _ engine: EnginePlan.Engine, _ kept: (engine: MarkRefusal?, leaks: MarkRefusal?),
        _ refusal: (EngineImage) -> MarkRefusal?
    ) {
        self.engine = engine
        look = usage.look
        totalBytes = usage.totalBytes
        marked = MarkedEngine(usage.look.inventory, usage.look.disk, engine: kept.engine, leaks: kept.leaks, refusal)
        let listing = EngineRows(usage, marked)
        rows = [
            .images: listing.images(), .containers: listing.containers(), .volumes: listing.volumes(), .cache: listing.cache(),
            .leaked: listing.leaks(),
        ]
    }

    var graph: MarkGraph { marked.graph() }

    func text(of item: HostItem) -> String? { EngineMark(item).map { marked.text(of: $0) } }

    func removal(of marks: Set<HostItem>) -> any HostRemoval {
        PictureRemoval(of: marks, unknown: .enginesVolume, by: marked.removal) { [engine] removal, describe in
            .engine(removal.plan(id: PlanID(), of: engine, describe))
        }
    }
}

extension HostItem {
    /// A thing of an engine as a row has it.
    init(_ mark: EngineMark) {
        switch mark {
        case .image(let image): self.init(.images, image.description)
        case .name(let name, let image): self.init(.images, image.description, name: name)
        case .record(let id): self.init(.cache, id)
        case .container(let id): self.init(.containers, id.text)
        case .leak(let path): self.init(.leaked, path)
        }
    }
}

extension EngineMark: HostMark {
    /// What a row of an engine stands for; nil for what plans about engines do not take.
    init?(_ item: HostItem) {
        switch item.tab {
        case .images:
            guard let image = Digest(ifValid: item.id) else { return nil }
            self = item.name.map { .name($0, image) } ?? .image(image)
        case .cache: self = .record(item.id)
        case .containers:
            guard let id = PathPart(item.id) else { return nil }
            self = .container(id)
        case .leaked: self = .leak(item.id)
        case .volumes: return nil
        }
    }
}
