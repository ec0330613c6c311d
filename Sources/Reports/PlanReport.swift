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
    package func json() -> JSONValue {
        JSONReport.document(
            "reclamation-plan",
            [
                "id": .string("\(plan.id)"), "generation": .string(plan.generation), "trashSeconds": .integer(plan.trashSeconds),
                "victims": .array(plan.victims.map(Self.json)),
                "kept": .array(
                    plan.kept.map { .object(["name": .string($0.name), "reason": .string($0.reason)]) }),
                "totals": .object([
                    "victims": .count(plan.victims.count), "freesBytes": .integer(plan.freesBytes),
                ]),
            ])
    }

    private static func json(_ victim: ReclamationPlan.Victim) -> JSONValue {
        var fields: [String: JSONValue] = [
            "type": .string(victim.type.rawValue), "name": .string(victim.name), "reason": .string(victim.reason),
            "freesBytes": .integer(victim.freesBytes),
            "releases": .array(victim.releases.map { .string($0.description) }),
        ]
        if !victim.releasedLayers.isEmpty {
            fields["releasedLayers"] = .array(victim.releasedLayers.map { .string($0.description) })
        }
        if let imageID = victim.imageID { fields["imageID"] = .string(imageID.description) }
        if !victim.entries.isEmpty { fields["entries"] = .array(victim.entries.map(json)) }
        if !victim.referrers.isEmpty { fields["referrers"] = .array(victim.referrers.map(json)) }
        return .object(fields)
    }

    /// An entry of the index, with every field that it has: `apply` compares the whole of it.
    private static func json(_ entry: Descriptor) -> JSONValue {
        var fields = entry.unknownFields
        fields["mediaType"] = .string(entry.mediaType)
        fields["digest"] = .string(entry.digest.description)
        fields["size"] = .integer(entry.size)
        fields["urls"] = entry.urls.map { .array($0.map(JSONValue.string)) }
        fields["annotations"] = entry.annotations.map { .object($0.mapValues(JSONValue.string)) }
        fields["platform"] = entry.platform.map(json)
        fields["artifactType"] = entry.artifactType.map(JSONValue.string)
        fields["data"] = entry.data.map(JSONValue.string)
        return .object(fields)
    }

    private static func json(_ platform: Platform) -> JSONValue {
        var fields = platform.unknownFields
        fields["architecture"] = .string(platform.architecture)
        fields["os"] = .string(platform.os)
        fields["os.version"] = platform.osVersion.map(JSONValue.string)
        fields["os.features"] = platform.osFeatures.map { .array($0.map(JSONValue.string)) }
        fields["variant"] = platform.variant.map(JSONValue.string)
        return .object(fields)
    }
}
