import LayerAnalysis
import OCISpec

/// A configuration whose layers above the lowest ones are others: every field as it was, but for diff IDs and history.
///
/// Lines of the history keep their words; those whose layers are gone are marked as empty, and each new layer has a line of its own. Where
/// there is no history there is none.
struct AcrossConfig {
    private static let line = JSONValue.object(["created_by": .string("strata optimize --across")])

    private var fields: JSONFields
    /// No time is later; nil where times stay.
    private let latestSeconds: Int64?

    init(_ bytes: [UInt8], of image: String, latestSeconds: Int64?) throws {
        fields = try ConfigFields.read(bytes, of: image)
        self.latestSeconds = latestSeconds
    }

    /// The document of the image that keeps so many layers and has these.
    func bytes(keeping kept: Int, diffIDs: [Digest]) throws -> [UInt8] {
        var fields = fields
        ConfigFields.set(diffIDs, in: &fields)
        if case .array(let lines)? = fields["history"], !lines.isEmpty {
            var layer = 0
            let old = lines.map { line -> JSONValue in
                guard case .object(var fields) = line, fields["empty_layer"] != .bool(true) else { return line }
                layer += 1
                if layer > kept { fields["empty_layer"] = .bool(true) }
                return .object(fields)
            }
            fields["history"] = .array(old + Array(repeating: Self.line, count: max(0, diffIDs.count - kept)))
        }
        ConfigFields.clamp(&fields, to: latestSeconds)
        return try encodeDocument(JSONValue.object(fields))
    }
}
