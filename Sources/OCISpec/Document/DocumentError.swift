/// Why a JSON document was refused.
package enum DocumentError: Error, Hashable, Sendable {
    /// The document has more bytes than the limit allows; nil for how many where it was not read to its end.
    case tooLarge(bytes: Int?, limit: Int)
    /// Arrays and objects stand in each other deeper than the limit allows.
    case tooDeep(limit: Int)
    /// Not JSON, or not of the shape asked for; `detail` names the field where one is at fault.
    case malformed(detail: String)
    /// More values stand in fields that are only passed through than the limit allows.
    case tooManyValues(limit: Int)

    /// Whether it would have been read under higher limits.
    package var isOfLimits: Bool {
        switch self {
        case .tooLarge, .tooDeep, .tooManyValues: true
        case .malformed: false
        }
    }
}

/// Which limit an index is over.
package enum IndexLimit: Hashable, Sendable {
    /// It leads to more manifests than this.
    case manifests(Int)
    /// Indexes stand in one another deeper than this, which no option raises.
    case nesting(Int)
}

/// How large a document may be before it is refused unread.
package struct DocumentLimits: Hashable, Sendable {
    /// The most bytes of JSON text.
    package var maxBytes: Int
    /// The most arrays and objects inside each other.
    package var maxDepth: Int
    /// The most values in fields that are only passed through; each takes far more memory than text.
    package var maxUnknownValues: Int
    /// The most manifests that an index leads to, those of nested indexes among them.
    package var maxManifests: Int

    /// 8 MiB, 64 deep, 200,000 unknown values, 10,000 manifests: for what comes from outside.
    package static let `default` = DocumentLimits()
    /// The highest that can be asked for.
    package static let highest = DocumentLimits.default.raised(toBytes: 64 << 20)
    /// For what a store has: it came in under limits that somebody chose, and must be readable whatever those were.
    package static let stored = highest

    /// Limits from their parts.
    package init(maxBytes: Int = 8 << 20, maxDepth: Int = 64, maxUnknownValues: Int = 200_000, maxManifests: Int = 10_000) {
        self.maxBytes = maxBytes
        self.maxDepth = maxDepth
        self.maxUnknownValues = maxUnknownValues
        self.maxManifests = maxManifests
    }

    /// These limits with another number of bytes, at most `highest`; where it is more, the others are raised in the same proportion.
    ///
    /// One number for all of them, since whoever has a document over one of them knows its size at best.
    package func raised(toBytes bytes: Int) -> DocumentLimits {
        let bytes = min(max(1, bytes), 64 << 20)
        let factor = max(1, bytes / maxBytes)
        return DocumentLimits(
            maxBytes: bytes, maxDepth: maxDepth * factor, maxUnknownValues: maxUnknownValues * factor,
            maxManifests: maxManifests * factor)
    }
}
