import ImageStorage
import OCISpec
import Reclamation
import Reports

extension RemovalRefusal: ExplainedError {
    var sentence: ErrorSentence { ErrorSentence(self) }
}

extension ErrorSentence {
    /// Docker's words, where docker refuses the same.
    init(_ error: RemovalRefusal) {
        switch error {
        case .severalNames(let digest, let names):
            self.init(
                code: "conflict", status: 1,
                message: """
                    conflict: unable to delete \(digest.short) (must be forced) - image is referenced in multiple repositories
                    """,
                hint: "it is \(names.joined(separator: ", ")): remove one name, or all of them with `-f`")
        case .partOf(let names, let part):
            let what = part.platform.map { "the image for \($0)" } ?? "a part"
            let image = names.isEmpty ? "an image without a name" : names.joined(separator: ", ")
            self.init(
                code: "part-of-image", status: 1,
                message: "conflict: unable to delete \(part.digest.short) (must be forced) - it is only \(what) of \(image)",
                hint: "remove \(names.first ?? "the image by its own digest") with all its platforms; `-f` does the same")
        case .pinned(let name):
            self.init(
                code: "pinned", status: 1, message: "conflict: unable to remove \(name) (must be forced) - image is pinned",
                hint: "`strata unpin \(name)` first, or `-f`")
        case .inUse(let text, let containers):
            self.init(
                code: "in-use", status: 1,
                message: """
                    conflict: unable to remove \(text) (must be forced) - container \(containers[0].prefix(12)) is using its \
                    referenced image
                    """,
                hint: "remove the container first; with `-f` the name is removed, and the blobs are kept for the container")
        case .severalOddEntries(let text, let ids):
            self.init(
                code: "conflict", status: 1,
                message: "conflict: \(PathText.printable(text)) is several entries of `index.json` that cannot be used",
                hint: "remove them by their IDs: \(ids.joined(separator: ", "))")
        case .notFound(let error): self.init(error)
        }
    }

    /// Why nothing was deleted: a document's children are not known.
    init(_ document: UnreadableDocument) {
        self.init(
            code: "unreadable",
            message: "nothing was deleted, because it is not known what is still needed: \(Self.problem(of: document))",
            hint: Self.wayOut(of: document))
    }

    /// What is wrong with a document that is needed, and who needs it.
    static func problem(of document: UnreadableDocument) -> String {
        switch document.reason {
        case .absent: "\(document.digest) is missing, and \(needer(of: document)) needs it"
        case .failed(let error): "\(ErrorSentence(error).message); \(needer(of: document)) needs it"
        case .oddEntry(let digest, let detail, nil):
            """
            \(PathText.printable(digest)), which \(document.digest) of \(needer(of: document)) lists, cannot be used: \
            \(PathText.printable(detail))
            """
        case .oddEntry(let digest, let detail, _):
            "\(PathText.printable(digest)), which `index.json` lists\(name(of: document)), cannot be used: \(PathText.printable(detail))"
        }
    }

    private static func needer(of document: UnreadableDocument) -> String {
        switch document.neededBy {
        case .entry(let name?): PathText.printable(name)
        case .container(let id, let name): "container \(PathText.printable(name ?? String(id.prefix(12))))"
        case .entry(nil), nil: "an image"
        }
    }

    private static func name(of document: UnreadableDocument) -> String {
        if case .entry(let name?) = document.neededBy { return " as \(PathText.printable(name))" }
        return ""
    }

    private static func wayOut(of document: UnreadableDocument) -> String {
        if case .oddEntry(_, _, let id?) = document.reason {
            return "`strata rmi \(id)` takes the entry out of `index.json`; a later `gc` removes what only it reached"
        }
        if case .container(let id, _) = document.neededBy {
            return "`strata rm \(id.prefix(12))` removes the container; or import or pull its image again"
        }
        if case .oddEntry = document.reason, case .entry(let name?) = document.neededBy {
            return "`strata rmi \(PathText.printable(name))` removes the image"
        }
        return "`strata fsck` names the images concerned; remove them, or import or pull them again"
    }
}

extension MarkText.Failure: ExplainedError {
    var sentence: ErrorSentence { ErrorSentence(self) }
}

extension ErrorSentence {
    init(_ error: MarkText.Failure) {
        switch error {
        case .form(let text, let types):
            self.init(
                code: "usage", status: 2, message: "`\(text)` does not say what to remove",
                hint: "write it as TYPE=NAME, with a type of \(types.joined(separator: ", "))")
        case .notFound(let text):
            self.init(
                code: "not-found", message: "there is no \(text)", hint: "`strata df -v` and `strata images` list what is there")
        case .several(let text):
            self.init(code: "ambiguous", message: "\(text) means several", hint: "give the whole ID or digest")
        }
    }
}
