import ContentStorage
package import OCISpec
import StorageIO

extension ReclamationPlan: Decodable, JSONRepresented {
    private enum CodingKeys: String, CodingKey {
        case generation, trashSeconds, minimumAgeSeconds, victims, kept
    }

    /// Decodes a plan; one whose victims do not sum to its totals, or that claims bytes below 0, is refused.
    package init(from decoder: any Decoder) throws {
        let document = try PlanDocument(from: decoder)
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        func require(_ holds: Bool, _ key: CodingKeys, _ what: String) throws {
            guard !holds else { return }
            throw DecodingError.dataCorruptedError(forKey: key, in: fields, debugDescription: what)
        }
        id = document.id
        generation = try fields.decode(String.self, forKey: .generation)
        trashSeconds = try fields.decodeIfPresent(Int64.self, forKey: .trashSeconds) ?? 0
        try require(trashSeconds >= 0, .trashSeconds, "below 0")
        minimumAgeSeconds =
            try fields.decodeIfPresent(Int64.self, forKey: .minimumAgeSeconds) ?? LeftoverSelection.usualAge.components.seconds
        try require(minimumAgeSeconds >= 0, .minimumAgeSeconds, "below 0")
        victims = try fields.decode([Victim].self, forKey: .victims)
        kept = try fields.decode([Kept].self, forKey: .kept)
        try document.requireTotals(of: victims.map(\.freesBytes))
    }

    /// The plan with its totals.
    package var json: JSONValue {
        PlanDocument.json(
            id, victims: victims.mapTogether(\.json), freesBytes: freesBytes, kept: kept,
            and: [
                "generation": .string(generation), "trashSeconds": .integer(trashSeconds),
                "minimumAgeSeconds": .integer(minimumAgeSeconds),
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
