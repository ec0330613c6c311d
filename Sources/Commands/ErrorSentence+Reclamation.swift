import ImageStorage
import OCISpec
import Reclamation

extension ErrorSentence {
    /// Docker's words, where docker refuses the same.
    init(_ error: RemovalRequest.Refusal) {
        switch error {
        case .severalNames(let digest, let names):
            self.init(
                code: "conflict", status: 1,
                message: """
                    conflict: unable to delete \(digest.short) (must be forced) - image is referenced in multiple repositories
                    """,
                hint: "it is \(names.joined(separator: ", ")): remove one name, or all of them with `-f`")
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
                hint: "remove the container first; with `-f` the name goes and the bytes stay for the container")
        case .notFound(let error): self.init(error)
        }
    }

    /// Why nothing was deleted: a document's children are not known.
    init(_ document: UnreadableDocument) {
        let what =
            switch document.reason {
            case .absent: "\(document.digest) is missing, and an image needs it"
            case .failed(let error): ErrorSentence(error).message
            }
        self.init(
            code: "unreadable", message: "nothing was deleted, since what is still needed cannot be told: \(what)",
            hint: "`strata fsck` names the images concerned; remove them, or bring them in again")
    }
}
