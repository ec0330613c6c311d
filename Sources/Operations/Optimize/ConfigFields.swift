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
}
