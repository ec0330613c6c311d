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
        var unknown: [HostItem: MarkRefusal] = [:]
        var items: [EngineMark: HostItem] = [:]
        for item in marks { if let mark = EngineMark(item) { items[mark] = item } else { unknown[item] = .enginesOwn } }
        return EnginePictureRemoval(engine, marked.removal(of: Set(items.keys)), items, unknown)
    }
}

/// What marked things of an engine's root come to.
struct EnginePictureRemoval: HostRemoval {
    let left: [HostItem: MarkRefusal]
    private let removal: EngineRemoval
    private let engine: EnginePlan.Engine

    init(
        _ engine: EnginePlan.Engine, _ removal: EngineRemoval, _ items: [EngineMark: HostItem], _ unknown: [HostItem: MarkRefusal]
    ) {
        self.engine = engine
        self.removal = removal
        left = removal.left.reduce(into: unknown) { left, refused in
            if let item = items[refused.key] { left[item] = refused.value }
        }
    }

    var freesBytes: Int64 { removal.freesBytes }

    func refusal(of item: HostItem) -> MarkRefusal? { EngineMark(item).map { removal.refusal(of: $0) } ?? .enginesOwn }

    func addedBytes(by item: HostItem) -> Int64 { EngineMark(item).map { removal.addedBytes(by: $0) } ?? 0 }

    func keepings() -> [MarkKeeping] { removal.keepings() }

    func plan(_ describe: (MarkRefusal) -> String) -> Workspace.ReadPlan {
        .engine(removal.plan(id: PlanID(), of: engine, describe))
    }
}

extension HostItem {
    /// A thing of an engine as a row has it.
    init(_ mark: EngineMark) {
        switch mark {
        case .image(let image), .name(_, let image): self.init(.images, image.description)
        case .record(let id): self.init(.cache, id)
        case .container(let id): self.init(.containers, id.text)
        case .leak(let path): self.init(.leaked, path)
        }
    }
}

extension EngineMark {
    /// What a row of an engine stands for; nil for what plans about engines do not take.
    init?(_ item: HostItem) {
        switch item.tab {
        case .images:
            guard let image = Digest(ifValid: item.id) else { return nil }
            self = .image(image)
        case .cache: self = .record(item.id)
        case .containers:
            guard let id = PathPart(item.id) else { return nil }
            self = .container(id)
        case .leaked: self = .leak(item.id)
        case .volumes: return nil
        }
    }
}
