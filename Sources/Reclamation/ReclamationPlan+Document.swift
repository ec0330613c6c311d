import ContentStorage
import OCISpec

extension ReclamationPlan: Codable {
    private static let kind = "reclamation-plan"
    private static let schemaVersion = 1

    private struct Totals: Codable {
        let victims: Int
        let freesBytes: Int64
    }

    private enum CodingKeys: String, CodingKey {
        case kind, schemaVersion, id, generation, trashSeconds, victims, kept, totals
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

    /// Encodes the plan with its totals.
    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(Self.kind, forKey: .kind)
        try fields.encode(Self.schemaVersion, forKey: .schemaVersion)
        try fields.encode(id.text, forKey: .id)
        try fields.encode(generation, forKey: .generation)
        try fields.encode(trashSeconds, forKey: .trashSeconds)
        try fields.encode(victims, forKey: .victims)
        try fields.encode(kept, forKey: .kept)
        try fields.encode(Totals(victims: victims.count, freesBytes: freesBytes), forKey: .totals)
    }
}

extension ReclamationPlan.Victim: Codable {
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

    /// Encodes the victim; lists that are empty and optional are left out.
    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(type, forKey: .type)
        try fields.encode(name, forKey: .name)
        try fields.encode(reason, forKey: .reason)
        try fields.encode(freesBytes, forKey: .freesBytes)
        try fields.encode(releases, forKey: .releases)
        if !releasedLayers.isEmpty { try fields.encode(releasedLayers, forKey: .releasedLayers) }
        try fields.encodeIfPresent(imageID, forKey: .imageID)
        if !entries.isEmpty { try fields.encode(entries, forKey: .entries) }
        if !referrers.isEmpty { try fields.encode(referrers, forKey: .referrers) }
    }
}
