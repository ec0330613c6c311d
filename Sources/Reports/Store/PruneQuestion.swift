package import Reclamation

/// The question before a prune: what it removes, how much of it, and what that gives back.
package struct PruneQuestion: Sendable {
    private let victims: [(type: ReclamationPlan.VictimType, name: String)]
    private let freesBytes: Int64
    private let isTrashed: Bool
    private let selection: [String]
    /// How many names are told of each kind.
    private static let told = 10

    /// A question about `plan`; `selection` is how people wrote what goes.
    package init(_ plan: ReclamationPlan, selection: [String]) {
        victims = plan.victims.map { ($0.type, $0.name) }
        freesBytes = plan.freesBytes
        isTrashed = plan.trashSeconds > 0
        self.selection = selection
    }

    /// The same about an engine's root.
    package init(_ plan: EnginePlan, selection: [String]) {
        victims = plan.victims.map { ($0.type.ofStore, $0.name) }
        freesBytes = plan.freesBytes
        isTrashed = false
        self.selection = selection
    }

    /// Docker's warning with a line for each kind of victim; nil where there is nothing to remove.
    package var text: String? {
        guard !victims.isEmpty else { return nil }
        var text = "WARNING! This will remove:\n"
        text +=
            line(.container, "stopped container") + line(.volume, "volume") + line(.image, "image")
            + line(.name, "name of an image that stays", "names of images that stay")
        text += line(.cache, "build cache object") + line(.blob, "orphaned blob") + line(.layer, "unpacked layer")
        text +=
            line(.partial, "partial download") + line(.trash, "bin of the trash", "bins of the trash")
            + line(.plan, "expired plan")
        text += line(.leak, "thing that no record of the engine names", "things that no record of the engine names")
        if !selection.isEmpty {
            text += "Selected by:\n" + selection.map { "  - \(PathText.printable($0))\n" }.joined()
        }
        let bytes = ByteText.text(freesBytes)
        text += isTrashed ? "\(bytes) will be freed once the trash is emptied.\n" : "\(bytes) will be freed.\n"
        return text + "Are you sure you want to continue? [y/N] "
    }

    private func line(_ type: ReclamationPlan.VictimType, _ one: String, _ several: String? = nil) -> String {
        let victims = victims.filter { $0.type == type }
        guard !victims.isEmpty else { return "" }
        let count = victims.count == 1 ? "1 \(one)" : "\(victims.count) \(several ?? "\(one)s")"
        guard [.image, .name].contains(type) else { return "  - \(count)\n" }
        let rest = victims.count - Self.told
        let names = victims.prefix(Self.told).map { PathText.printable($0.name) } + (rest > 0 ? ["and \(rest) more"] : [])
        return "  - \(count): \(names.joined(separator: ", "))\n"
    }
}
