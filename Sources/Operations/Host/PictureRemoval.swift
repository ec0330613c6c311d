import Reclamation

/// Something that can be marked, and that a host lists in a row.
protocol HostMark: Hashable, Sendable {
    /// What a row stands for; nil for what nothing removes.
    init?(_ item: HostItem)
}

/// What marked rows of a host come to, by the marks that they stand for.
struct PictureRemoval<Removal: MarkedRemoval>: HostRemoval where Removal.Mark: HostMark {
    let left: [HostItem: MarkRefusal]
    private let removal: Removal
    /// Why a row stays that stands for nothing.
    private let unknown: MarkRefusal
    private let planned: @Sendable (Removal, (MarkRefusal) -> String) -> Workspace.ReadPlan

    /// The removal of these rows; one that stands for nothing is left, as `unknown` says.
    init(
        of rows: Set<HostItem>, unknown: MarkRefusal, by removing: (Set<Removal.Mark>) -> Removal,
        plan: @escaping @Sendable (Removal, (MarkRefusal) -> String) -> Workspace.ReadPlan
    ) {
        var left: [HostItem: MarkRefusal] = [:]
        var items: [Removal.Mark: HostItem] = [:]
        for item in rows { if let mark = Removal.Mark(item) { items[mark] = item } else { left[item] = unknown } }
        removal = removing(Set(items.keys))
        for (mark, refusal) in removal.left { if let item = items[mark] { left[item] = refusal } }
        (self.left, self.unknown, planned) = (left, unknown, plan)
    }

    var freesBytes: Int64 { removal.freesBytes }

    func refusal(of item: HostItem) -> MarkRefusal? {
        guard let mark = Removal.Mark(item) else { return unknown }
        return removal.refusal(of: mark)
    }

    func addedBytes(by item: HostItem) -> Int64 { Removal.Mark(item).map { removal.addedBytes(by: $0) } ?? 0 }

    func keepings() -> [MarkKeeping] { removal.keepings() }

    func plan(_ describe: (MarkRefusal) -> String) -> Workspace.ReadPlan { planned(removal, describe) }
}
