import OCISpec

/// The fields of a configuration, known here or not, of an image whose layers are written again.
enum ConfigFields {
    /// Reads a configuration.
    static func read(_ bytes: [UInt8], of image: String) throws -> JSONFields {
        guard case .object(let fields) = try decodeDocument(JSONValue.self, from: bytes, limits: .stored) else {
            throw OperationError.notOptimizable(image, .noConfig)
        }
        return fields
    }

    /// Gives a configuration these layers; what else `rootfs` says stays.
    static func set(_ diffIDs: [Digest], in fields: inout JSONFields) {
        var tree: JSONFields = [:]
        if case .object(let known)? = fields["rootfs"] { tree = known }
        tree["type"] = tree["type"] ?? .string("layers")
        tree["diff_ids"] = .array(diffIDs.map { .string($0.description) })
        fields["rootfs"] = .object(tree)
    }

    /// Lets no time at which something was made, the image's or a line's of its history, be later than this second; nil for none.
    static func clamp(_ fields: inout JSONFields, to latestSeconds: Int64?) {
        guard let latest = latestSeconds.map({ Timestamp(seconds: $0) }) else { return }
        if case .array(let lines)? = fields["history"] {
            fields["history"] = .array(
                lines.map { line in
                    guard case .object(let fields) = line else { return line }
                    return .object(clamped(fields, latest))
                })
        }
        fields = clamped(fields, latest)
    }

    private static func clamped(_ fields: JSONFields, _ latest: Timestamp) -> JSONFields {
        guard case .string(let text)? = fields["created"], let time = Timestamp(parsing: text), time > latest else {
            return fields
        }
        var fields = fields
        fields["created"] = .string(latest.description)
        return fields
    }
}
