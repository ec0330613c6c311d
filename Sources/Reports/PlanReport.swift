package import OCISpec
package import Reclamation

/// A plan, for people and for scripts.
package struct PlanReport: Sendable {
    private let plan: ReclamationPlan
    /// Whether the store keeps the plan, so that it can be applied.
    private let isStored: Bool

    /// A report of `plan`.
    package init(_ plan: ReclamationPlan, isStored: Bool) {
        self.plan = plan
        self.isStored = isStored
    }

    /// A line for each victim, the totals, and the next step; with `isVerbose` also why the others stay.
    package func text(_ style: TextStyle, isVerbose: Bool) -> String {
        var text = ""
        if !plan.victims.isEmpty {
            var table = TextTable([.init("FREES", .right), .init("TYPE"), .init("NAME"), .init("REASON", shrinksTo: 20)])
            for victim in plan.victims {
                let name = victim.type == .blob || victim.type == .layer ? Self.short(victim.name) : victim.name
                table.add([
                    .init(ByteText.text(victim.freesBytes)), .init(victim.type.rawValue), .init(PathText.printable(name)),
                    .init(PathText.printable(victim.reason)),
                ])
            }
            text += table.text(style)
        }
        if isVerbose, !plan.kept.isEmpty {
            var table = TextTable([.init("KEPT"), .init("REASON", shrinksTo: 20)])
            for kept in plan.kept {
                table.add([.init(PathText.printable(kept.name)), .init(PathText.printable(kept.reason))])
            }
            text += (text.isEmpty ? "" : "\n") + table.text(style)
        }
        let count = AnalysisText.counted(plan.victims.count, "victim")
        text += "\(plan.victims.isEmpty ? "nothing to remove" : count), \(ByteText.text(plan.freesBytes)) to be freed\n"
        if isStored { text += "plan \(plan.id): `strata apply \(plan.id)`\n" }
        return text
    }

    private static func short(_ digest: String) -> String {
        let hex = digest.split(separator: ":").last ?? ""
        return String(hex.prefix(12))
    }

    /// The plan as the document that `apply` reads.
    package func json() throws(DocumentError) -> JSONValue {
        try decodeDocument(JSONValue.self, from: try encodeDocument(plan), limits: DocumentLimits(maxBytes: .max))
    }
}
