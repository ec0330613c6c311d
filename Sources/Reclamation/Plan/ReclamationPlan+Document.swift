import ContentStorage
package import OCISpec
import StorageIO

extension ReclamationPlan: Decodable {
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

    /// The plan with its totals, as a document.
    ///
    /// That of a large store is megabytes, nearly all of them victims: they are written by all cores, and never are values.
    package var document: [UInt8] {
        let fields = PlanDocument.fields(
            id, victimCount: victims.count, freesBytes: freesBytes, kept: kept,
            and: [
                "generation": .string(generation), "trashSeconds": .integer(trashSeconds),
                "minimumAgeSeconds": .integer(minimumAgeSeconds),
            ])
        let pieces = victims.piecesTogether { victims in
            var line = JSONLine()
            line.elements(victims) { $1.write(to: &$0) }
            return line.bytes
        }
        return JSONText.object(fields, list: PlanDocument.victims, pieces)
    }
}

extension ReclamationPlan.Victim: Decodable {
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

    /// Writes the victim; lists that are empty and optional are left out.
    fileprivate func write(to line: inout JSONLine) {
        func write(_ name: StaticString, _ descriptors: [Descriptor], _ line: inout JSONLine) {
            guard !descriptors.isEmpty else { return }
            line.key(name)
            line.list(descriptors) { $0.value($1.json) }
        }
        line.begin()
        write("entries", entries, &line)
        line.field("freesBytes", freesBytes)
        if let imageID { line.field("imageID", imageID) }
        line.field("name", name)
        line.field("reason", reason)
        write("referrers", referrers, &line)
        if !releasedLayers.isEmpty {
            line.key("releasedLayers")
            line.list(releasedLayers) { $0.digest($1) }
        }
        line.key("releases")
        line.list(releases) { $0.digest($1) }
        line.field("type", type.rawValue)
        line.endObject()
    }
}
