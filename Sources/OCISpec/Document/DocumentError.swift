/// Why a JSON document was refused.
package enum DocumentError: Error, Hashable, Sendable {
    /// The document has more bytes than the limit allows.
    case tooLarge(bytes: Int, limit: Int)
    /// Arrays and objects stand in each other deeper than the limit allows.
    case tooDeep(limit: Int)
    /// Not JSON, or not of the shape asked for; `detail` names the field where one is at fault.
    case malformed(detail: String)
}

/// How large a document may be before it is refused unread.
package struct DocumentLimits: Hashable, Sendable {
    /// The most bytes of JSON text.
    package var maxBytes: Int
    /// The most arrays and objects inside each other.
    package var maxDepth: Int
    /// The most values in fields that are only passed through; each takes far more memory than text.
    package var maxUnknownValues: Int

    /// 8 MiB, 64 deep, 200,000 unknown values.
    package static let `default` = DocumentLimits()

    /// Limits from their parts.
    package init(maxBytes: Int = 8 << 20, maxDepth: Int = 64, maxUnknownValues: Int = 200_000) {
        self.maxBytes = maxBytes
        self.maxDepth = maxDepth
        self.maxUnknownValues = maxUnknownValues
    }
}
