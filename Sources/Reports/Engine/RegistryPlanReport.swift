import EngineStores
import OCISpec
import Reclamation

/// A plan about a registry's folder: what it frees at once, and what comes back when the collector has run.
struct RegistryPlanReport {
    private let plan: EnginePlan

    init(_ plan: EnginePlan) { self.plan = plan }

    /// A line for each victim.
    ///
    /// An image is called by its tags where it has some; `isVerbose` shows its digest beside them, whole.
    func table(_ style: TextStyle, _ now: Timestamp, isVerbose: Bool) -> String {
        guard !plan.victims.isEmpty else { return "" }
        var table = TextTable([
            .init("NOW", .right), .init("AFTER GC", .right), .init("TYPE"),
            .init("NAME", shrinksTo: isVerbose ? nil : EnginePlanReport.fewestOfName, keepsEnd: true), .init("PUSHED"),
            .init("REASON", shrinksTo: 12),
        ])
        for victim in plan.victims {
            let later = victim.afterCollectionBytes ?? 0
            let tags = victim.type == .image ? victim.names : []
            let digest = isVerbose || tags.isEmpty ? [victim.name] : []
            table.add([
                .init(ByteText.text(victim.freesBytes - later)), .init(ByteText.text(later)), .init(victim.type.rawValue),
                .init(ShortName.list(digest + tags, isWhole: isVerbose)), .init(AgeText.text(victim.pushed, now: now)),
                .init(victim.reason),
            ])
        }
        return table.text(style)
    }

    /// The totals, and the next steps.
    func sums(isStored: Bool) -> String {
        let later = plan.afterCollectionBytes ?? 0
        guard !plan.victims.isEmpty else { return "nothing to remove\n" }
        var text =
            "\(AnalysisText.counted(plan.victims.count, "victim")), \(ByteText.text(plan.freesBytes - later)) to be freed at once, "
            + "\(ByteText.text(later)) after a collection\n"
        if isStored {
            let address = plan.engine.address == nil ? " -H URL" : ""
            text += "plan \(plan.id): `strata apply\(address) \(plan.id)`, then `registry garbage-collect CONFIG` (without -m)\n"
        }
        return text
    }
}
