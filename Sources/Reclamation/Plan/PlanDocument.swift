import ContentStorage
import OCISpec
import StorageIO

/// What documents of plans have in common, whatever the plan is about.
struct PlanDocument {
    private static let kind = "reclamation-plan"
    private static let schemaVersion = 1

    private struct Totals: Decodable {
        let victims: Int
        let freesBytes: Int64
    }

    private enum CodingKeys: String, CodingKey {
        case kind, schemaVersion, id, victims, totals
    }

    private let fields: KeyedDecodingContainer<CodingKeys>
    /// The plan's ID.
    let id: PlanID

    /// Begins to decode a document, which must be one of a plan.
    init(from decoder: any Decoder) throws {
        fields = try decoder.container(keyedBy: CodingKeys.self)
        try Self.require(try fields.decode(String.self, forKey: .kind) == Self.kind, .kind, in: fields, "not a plan's")
        try Self.require(
            try fields.decode(Int.self, forKey: .schemaVersion) == Self.schemaVersion, .schemaVersion, in: fields,
            "not a known one")
        guard let id = PlanID(try fields.decode(String.self, forKey: .id)) else {
            throw DecodingError.dataCorruptedError(forKey: .id, in: fields, debugDescription: "not a plan's ID")
        }
        self.id = id
    }

    /// Refuses a document whose totals are not those of its victims, which free so many bytes, or that claims bytes below 0.
    func requireTotals(of freesBytes: [Int64]) throws {
        let totals = try fields.decode(Totals.self, forKey: .totals)
        func require(_ holds: Bool, _ key: CodingKeys, _ what: String) throws {
            try Self.require(holds, key, in: fields, what)
        }
        try require(totals.victims == freesBytes.count, .totals, "not as many victims as there are: \(freesBytes.count)")
        try require(freesBytes.allSatisfy { $0 >= 0 }, .victims, "bytes below 0")
        var sum: Int64 = 0
        for bytes in freesBytes {
            let (next, isTooMuch) = sum.addingReportingOverflow(bytes)
            try require(!isTooMuch, .victims, "more bytes than there can be")
            sum = next
        }
        try require(totals.freesBytes == sum, .totals, "not what the victims sum to: \(sum)")
    }

    private static func require(
        _ holds: Bool, _ key: CodingKeys, in fields: KeyedDecodingContainer<CodingKeys>, _ what: String
    ) throws {
        guard !holds else { return }
        throw DecodingError.dataCorruptedError(forKey: key, in: fields, debugDescription: what)
    }

    /// The fields that all have but the victims, of which there are so many, and `others`.
    static func fields(
        _ id: PlanID, victimCount: Int, freesBytes: Int64, kept: [ReclamationPlan.Kept], and others: JSONFields
    ) -> JSONFields {
        let own: JSONFields = [
            "kind": .string(kind), "schemaVersion": .integer(Int64(schemaVersion)), "id": .string(id.text),
            "kept": .array(kept.map { .object(["name": .string($0.name), "reason": .string($0.reason)]) }),
            "totals": .object(["victims": .integer(Int64(victimCount)), "freesBytes": .integer(freesBytes)]),
        ]
        return own.merging(others) { own, _ in own }
    }

    /// The name of the victims' field.
    static let victims: ExactText = "victims"
}
