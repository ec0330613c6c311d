import OCISpec

/// What is wrong with a manifest, an index, a config or another document, and with what raises a limit on them.
extension ErrorSentence {
    /// The option that raises every limit on documents, in every command that reads images.
    static let documentOption = "--max-document"

    /// What is wrong with a document, behind the words that name it.
    static func words(_ error: DocumentError) -> String {
        switch error {
        case .tooLarge(let bytes?, let limit): "has \(bytes) bytes; \(limit) are read at most"
        case .tooLarge(nil, let limit): "has more bytes than the \(limit) that are read at most"
        case .tooDeep(let limit): "is nested deeper than \(limit)"
        case .tooManyValues(let limit): "cannot be read: it has more than \(limit) values in unknown fields"
        case .malformed(let detail): "cannot be read: \(detail.hasSuffix(".") ? String(detail.dropLast()) : detail)"
        }
    }

    /// The sentence for an index of `name` that is over a limit.
    init(index name: String, over limit: IndexLimit) {
        switch limit {
        case .manifests(let limit):
            self.init(
                code: "limit-exceeded", message: "\(name): an index has more than \(limit) entries to look into",
                hint: limit >= DocumentLimits.highest.maxManifests ? nil : Self.raiseHint)
        case .nesting(let limit):
            self.init(code: "bad-document", message: "\(name): indexes are nested deeper than \(limit)")
        }
    }

    fileprivate static let raiseHint =
        "if you trust the source, raise it with `\(documentOption)`: twice its size allows twice of all"
}

extension DocumentError {
    /// What the sentence about it is called.
    var code: String { isOfLimits ? "limit-exceeded" : "bad-document" }

    /// How the limit is raised, where it can be.
    var hint: String? {
        let isHighest =
            switch self {
            case .tooLarge(_, let limit): limit >= DocumentLimits.highest.maxBytes
            case .tooDeep(let limit): limit >= DocumentLimits.highest.maxDepth
            case .tooManyValues(let limit): limit >= DocumentLimits.highest.maxUnknownValues
            case .malformed: true
            }
        return isHighest ? nil : ErrorSentence.raiseHint
    }
}
