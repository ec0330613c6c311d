import EngineStores
package import OCISpec
package import Reclamation

/// A plan about an engine's root, for people and for scripts.
package struct EnginePlanReport: Sendable {
    private let plan: EnginePlan
    /// Whether the store keeps the plan, so that it can be applied.
    private let isStored: Bool
    private let explained: [ImageExplanation]?

    /// A report of `plan`; `explained` says of every name what decided.
    package init(_ plan: EnginePlan, isStored: Bool, explained: [ImageExplanation]? = nil) {
        self.plan = plan
        self.isStored = isStored
        self.explained = explained
    }

    /// The engine, a line for each victim with the evidence of its last use, the totals, and the next step.
    package func text(_ style: TextStyle, now: Timestamp, isVerbose: Bool) -> String {
        var text = "\(plan.engine.kind.title) at \(PathText.printable(plan.engine.root))\n"
        if let registry {
            text += registry.table(style, now, isVerbose: isVerbose)
        } else if !plan.victims.isEmpty {
            let namespaces = plan.engine.kind == .containerd && plan.victims.contains { $0.namespace != nil }
            let holds = plan.victims.contains { $0.buildCacheHoldsBytes > 0 }
            var table = TextTable(
                [.init("FREES", .right)] + (holds ? [.init("CACHE HOLDS", .right)] : [])
                    + [.init("TYPE")] + (namespaces ? [.init("NAMESPACE")] : [])
                    + [
                        .init("NAME", shrinksTo: isVerbose ? nil : Self.fewestOfName), .init("LAST USED"),
                        .init("REASON", shrinksTo: 12),
                    ])
            for victim in plan.victims {
                let names = victim.names.filter { $0 != victim.name && !EngineName.isByDigest($0) }
                let others = victim.type == .image && !names.isEmpty ? " (\(names.joined(separator: ", ")))" : ""
                let name = ShortName.list([victim.name], isWhole: isVerbose) + others
                table.add(
                    [.init(ByteText.text(victim.freesBytes))]
                        + (holds ? [.init(ByteText.text(victim.buildCacheHoldsBytes))] : [])
                        + [.init(victim.type.rawValue)] + (namespaces ? [.init(victim.namespace ?? "")] : [])
                        + [.init(name), .init(Self.lastUse(victim, now)), .init(victim.reason)])
            }
            text += table.text(style)
        }
        if isVerbose, explained == nil, !plan.kept.isEmpty {
            var table = TextTable([.init("KEPT"), .init("REASON", shrinksTo: 20)])
            for kept in plan.kept { table.add([.init(kept.name), .init(kept.reason)]) }
            text += "\n" + table.text(style)
        }
        if let explained { text += "\n" + PlanReport.table(explained, style) }
        if let registry { return text + registry.sums(isStored: isStored) }
        let count = AnalysisText.counted(plan.victims.count, "victim")
        text += "\(plan.victims.isEmpty ? "nothing to remove" : count), \(ByteText.text(plan.freesBytes)) to be freed\n"
        if isStored { text += "plan \(plan.id): `strata apply \(plan.id)`\n" }
        return text
    }

    /// The columns that a name has at least where a line is too long.
    static let fewestOfName = 22

    private var registry: RegistryPlanReport? { plan.engine.kind == .registry ? RegistryPlanReport(plan) : nil }

    private static func lastUse(_ victim: EnginePlan.Victim, _ now: Timestamp) -> String {
        guard let use = victim.lastUse else { return "not known" }
        return "\(use.text(now)) (\(use.evidence.words))"
    }

    /// The plan as the document that `apply` reads.
    package func json() -> JSONValue {
        guard let explained, case .object(var fields) = plan.json else { return plan.json }
        fields["explanations"] = .array(explained.map(PlanReport.json))
        return .object(fields)
    }
}
