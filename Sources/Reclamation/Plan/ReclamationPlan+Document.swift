import ContentStorage
package import OCISpec
import StorageIO

extension ReclamationPlan: Decodable, JSONRepresented {
    private static let kind = "reclamation-plan"
    private static let schemaVersion = 1

    private struct Totals: Decodable {
        let victims: Int
        let freesBytes: Int64
    }

    private enum CodingKeys: String, CodingKey {
        case kind, schemaVersion, id, generation, trashSeconds, minimumAgeSeconds, victims, kept, totals
    }

    /// Decodes a plan; one whose victims do not sum to its totals, or that claims bytes below 0, is refused.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        func require(_ holds: Bool, _ key: CodingKeys, _ what: String) throws {
            guard !holds else { return }
            throw DecodingError.dataCorruptedError(forKey: key, in: fields, debugDescription: what)
        }
        try require(try fields.decode(String.self, forKey: .kind) == Self.kind, .kind, "not a plan's")
        try require(
            try fields.decode(Int.self, forKey: .schemaVersion) == Self.schemaVersion, .schemaVersion, "not a known one")
        guard let id = PlanID(try fields.decode(String.self, forKey: .id)) else {
            throw DecodingError.dataCorruptedError(forKey: .id, in: fields, debugDescription: "not a plan's ID")
        }
        self.id = id
        generation = try fields.decode(String.self, forKey: .generation)
        trashSeconds = try fields.decodeIfPresent(Int64.self, forKey: .trashSeconds) ?? 0
        try require(trashSeconds >= 0, .trashSeconds, "below 0")
        minimumAgeSeconds =
            try fields.decodeIfPresent(Int64.self, forKey: .minimumAgeSeconds) ?? LeftoverSelection.usualAge.components.seconds
        try require(minimumAgeSeconds >= 0, .minimumAgeSeconds, "below 0")
        victims = try fields.decode([Victim].self, forKey: .victims)
        kept = try fields.decode([Kept].self, forKey: .kept)
        let totals = try fields.decode(Totals.self, forKey: .totals)
        try require(totals.victims == victims.count, .totals, "not as many victims as there are: \(victims.count)")
        try require(victims.allSatisfy { $0.freesBytes >= 0 }, .victims, "bytes below 0")
        var sum: Int64 = 0
        for victim in victims {
            let (next, isTooMuch) = sum.addingReportingOverflow(victim.freesBytes)
            try require(!isTooMuch, .victims, "more bytes than there can be")
            sum = next
        }
        try require(totals.freesBytes == sum, .totals, "not what the victims sum to: \(sum)")
    }

    /// The plan with its totals.
    package var json: JSONValue {
        .object([
            "kind": .string(Self.kind), "schemaVersion": .integer(Int64(Self.schemaVersion)), "id": .string(id.text),
            "generation": .string(generation), "trashSeconds": .integer(trashSeconds),
            "minimumAgeSeconds": .integer(minimumAgeSeconds), "victims": .array(victims.mapTogether(\.json)),
            "kept": .array(kept.map { .object(["name": .string($0.name), "reason": .string($0.reason)]) }),
            "totals": .object(["victims": .integer(Int64(victims.count)), "freesBytes": .integer(freesBytes)]),
        ])
    }
}

extension ReclamationPlan.Victim: Decodable, JSONRepresented {
    private enum CodingKeys: String, CodingKey {
        case type, name, reason, freesBytes, releases, releasedLayers, imageID, entries, referrers
    }

    /// Decodes a victim; what a kind of victim cannot do without must be there, and its name must be one that such can have.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        let type = try fields.decode(ReclamationPlan.VictimType.self, forKey: .type)
        let name = try fields.decode(String.self, forKey: .name)
        guard let subject = ReclamationPlan.Subject(type, named: name) else {
            throw DecodingError.dataCorruptedError(
                forKey: .name, in: fields, debugDescription: "not the name of a \(type.rawValue): \(name)")
        }
        self.subject = subject
        reason = try fields.decode(String.self, forKey: .reason)
        freesBytes = try fields.decode(Int64.self, forKey: .freesBytes)
        releases = try fields.decode([Digest].self, forKey: .releases)
        releasedLayers = try fields.decodeIfPresent([Digest].self, forKey: .releasedLayers) ?? []
        imageID = try fields.decodeIfPresent(Digest.self, forKey: .imageID)
        entries = try fields.decodeIfPresent([Descriptor].self, forKey: .entries) ?? []
        referrers = try fields.decodeIfPresent([Descriptor].self, forKey: .referrers) ?? []
        guard ![.image, .name].contains(type) || !entries.isEmpty else {
            throw DecodingError.dataCorruptedError(forKey: .entries, in: fields, debugDescription: "none, of an image or a name")
        }
    }

    /// The victim; lists that are empty and optional are left out.
    package var json: JSONValue {
        func digests(_ digests: [Digest]) -> JSONValue { .array(digests.map { .string($0.description) }) }
        func entries(_ entries: [Descriptor]) -> JSONValue? { entries.isEmpty ? nil : .array(entries.map(\.json)) }
        return .fields([
            "type": .string(type.rawValue), "name": .string(name), "reason": .string(reason), "freesBytes": .integer(freesBytes),
            "releases": digests(releases), "releasedLayers": releasedLayers.isEmpty ? nil : digests(releasedLayers),
            "imageID": imageID.map { .string($0.description) }, "entries": entries(self.entries),
            "referrers": entries(referrers),
        ])
    }
}
