import LayerAnalysis
import OCISpec

/// A configuration whose layers were written again: every field as it was, known here or not, but for the diff IDs and what the history
/// says of layers that are no more.
struct RewrittenConfig {
    private var fields: JSONFields
    private let plan: LayerRewriting
    private let isSquashed: Bool
    private let drops: Bool
    /// No time is later; nil where times stay.
    private let latestSeconds: Int64?

    init(
        _ bytes: [UInt8], _ plan: LayerRewriting, squashed isSquashed: Bool, drops: Bool, latestSeconds: Int64? = nil
    ) throws {
        fields = try ConfigFields.read(bytes, of: "")
        self.plan = plan
        self.isSquashed = isSquashed
        self.drops = drops
        self.latestSeconds = latestSeconds
    }

    /// The document of the image that has these layers.
    func bytes(diffIDs: [Digest]) throws -> [UInt8] {
        var fields = fields
        ConfigFields.set(diffIDs, in: &fields)
        if case .array(let lines)? = fields["history"], !lines.isEmpty {
            fields["history"] = .array(history(lines, layerCount: diffIDs.count))
        }
        ConfigFields.clamp(&fields, to: latestSeconds)
        return try encodeDocument(JSONValue.object(fields))
    }

    /// The lines of the history: those of layers that went are marked as empty, and nothing else changes.
    private func history(_ lines: [JSONValue], layerCount: Int) -> [JSONValue] {
        var lines = lines
        let layerLines = lines.indices.filter { !Self.isEmpty(lines[$0]) }
        let kept = plan.layers.prefix { $0 == .kept }.count
        for (layer, line) in layerLines.enumerated() {
            let goes: Bool
            if isSquashed, layer >= kept {
                let isWritten = plan.layers.count > kept && plan.layers[kept] != .dropped
                goes = !(isWritten && line == layerLines.last)
            } else {
                goes = layer < plan.layers.count && plan.layers[layer] == .dropped
            }
            guard goes, case .object(var fields) = lines[line] else { continue }
            fields["empty_layer"] = .bool(true)
            lines[line] = .object(fields)
        }
        // The layer that takes away what was dropped below is one more.
        if drops, lines.count(where: { !Self.isEmpty($0) }) < layerCount {
            lines.append(.object(["created_by": .string("strata optimize --drop")]))
        }
        return lines
    }

    private static func isEmpty(_ line: JSONValue) -> Bool {
        guard case .object(let fields) = line else { return false }
        return fields["empty_layer"] == .bool(true)
    }
}
