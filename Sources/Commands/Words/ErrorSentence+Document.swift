import Distribution
import OCISpec
import Operations
import Reports

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

extension RepositoryFileError: ExplainedError {
    var sentence: ErrorSentence {
        ErrorSentence(
            code: "bad-file", status: 2, message: "line \(line) of the file of `--repositories`: \(reason.sentence.message)",
            hint: #"a line looks like {"repository": "team/app"}"#)
    }
}

extension ListingLineError: ExplainedError {
    var sentence: ErrorSentence {
        switch self {
        case .notAnObject(let place):
            ErrorSentence(code: "bad-line", message: "the line is not a JSON object: byte \(place)")
        case .tooLong: ErrorSentence(code: "bad-line", message: "the line has more than \(LineInput.maxBytes >> 20) MiB")
        case .badField(let name): ErrorSentence(code: "bad-line", message: "the line has no valid `\(name)`")
        case .repeated(let name): ErrorSentence(code: "bad-line", message: "`\(name)` stands twice in the line")
        case .badDigest(let text): ErrorSentence(code: "bad-line", message: "`\(text)` is not a valid digest")
        case .strangeLayer(let digest):
            ErrorSentence(code: "bad-line", message: "no image before this line has the layer \(digest)")
        case .badSource(let text):
            ErrorSentence(
                code: "bad-line", message: "`\(AddressText.withoutUser(text))` is not a source of layers",
                hint: "write docker://HOST/REPOSITORY, oci:DIR, store:DIR or registry:DIR")
        }
    }
}

extension ErrorSentence {
    /// A failure within a line of JSON: the sentence and the next step, in which nothing acts on a terminal.
    static let line: @Sendable (any Error) -> String = { error in
        let sentence = ErrorSentence(any: error)
        return PathText.shortened(sentence.message + (sentence.hint.map { "; \($0)" } ?? ""))
    }
}
