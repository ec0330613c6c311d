package import OCISpec
package import Reclamation

/// A plan, for people and for scripts.
package struct PlanReport: Sendable {
    private let plan: ReclamationPlan
    /// Whether the store keeps the plan, so that it can be applied.
    private let isStored: Bool
    /// What decided about every name, where that is asked.
    private let explained: [ImageExplanation]?

    /// A report of `plan`; `explained` says of every name what decided.
    package init(_ plan: ReclamationPlan, isStored: Bool, explained: [ImageExplanation]? = nil) {
        self.plan = plan
        self.isStored = isStored
        self.explained = explained
    }

    /// A line for each victim, the totals, and the next step; with `isVerbose` also why the others stay.
    package func text(_ style: TextStyle, isVerbose: Bool) -> String {
        var text = ""
        if !plan.victims.isEmpty {
            var table = TextTable([.init("FREES", .right), .init("TYPE"), .init("NAME"), .init("REASON", shrinksTo: 20)])
            for victim in plan.victims {
                let name = victim.type == .blob || victim.type == .layer ? Self.short(victim.name) : victim.name
                table.add([
                    .init(ByteText.text(victim.freesBytes)), .init(victim.type.rawValue), .init(name),
                    .init(victim.reason),
                ])
            }
            text += table.text(style)
        }
        if isVerbose, explained == nil, !plan.kept.isEmpty {
            var table = TextTable([.init("KEPT"), .init("REASON", shrinksTo: 20)])
            for kept in plan.kept {
                table.add([.init(kept.name), .init(kept.reason)])
            }
            text += (text.isEmpty ? "" : "\n") + table.text(style)
        }
        if let explained { text += (text.isEmpty ? "" : "\n") + Self.table(explained, style) }
        let count = AnalysisText.counted(plan.victims.count, "victim")
        text += "\(plan.victims.isEmpty ? "nothing to remove" : count), \(ByteText.text(plan.freesBytes)) to be freed\n"
        if isStored { text += "plan \(plan.id): `strata apply \(plan.id)`\n" }
        return text
    }

    static func table(_ explained: [ImageExplanation], _ style: TextStyle) -> String {
        guard !explained.isEmpty else { return "" }
        let namespaces = explained.contains { $0.namespace != nil }
        var table = TextTable(
            [.init("IMAGE ID")] + (namespaces ? [.init("NAMESPACE")] : [])
                + [.init("NAME"), .init("DECISION"), .init("RULE"), .init("REASON", shrinksTo: 20)])
        for item in explained {
            table.add(
                [.init(item.imageID.short)] + (namespaces ? [.init(item.namespace ?? "")] : [])
                    + [
                        .init(item.name ?? "<none>"), .init(item.goes ? "remove" : "keep"), .init(item.rule ?? "-"),
                        .init(item.reason),
                    ])
        }
        return table.text(style) + "\n"
    }

    static func json(_ item: ImageExplanation) -> JSONValue {
        .fields([
            "name": .optional(item.name), "imageID": .string(item.imageID.description),
            "namespace": item.namespace.map(JSONValue.string),
            "decision": .string(item.goes ? "remove" : "keep"), "rule": .optional(item.rule), "reason": .string(item.reason),
        ])
    }

    private static func short(_ digest: String) -> String {
        let hex = digest.split(separator: ":").last ?? ""
        return String(hex.prefix(12))
    }

    /// The plan as the document that `apply` reads.
    package func json() -> JSONValue {
        var fields: JSONFields = [
            "id": .string("\(plan.id)"), "generation": .string(plan.generation), "trashSeconds": .integer(plan.trashSeconds),
            "minimumAgeSeconds": .integer(plan.minimumAgeSeconds),
            "victims": .array(plan.victims.map(Self.json)),
            "kept": .array(
                plan.kept.map { .object(["name": .string($0.name), "reason": .string($0.reason)]) }),
            "totals": .object([
                "victims": .count(plan.victims.count), "freesBytes": .integer(plan.freesBytes),
            ]),
        ]
        if let explained { fields["explanations"] = .array(explained.map(Self.json)) }
        return JSONReport.document("reclamation-plan", fields)
    }

    private static func json(_ victim: ReclamationPlan.Victim) -> JSONValue {
        var fields: JSONFields = [
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
