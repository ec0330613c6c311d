import ContentStorage
import OCISpec
import StorageIO
import SystemPackage

extension ErrorSentence {
    /// The sentence for a container whose record, or the note of whose last run, cannot be read.
    init(_ damage: ContainerDamage) {
        let id = damage.id
        if case .notRemovable(let error) = damage.reason {
            self.init(
                code: "container-left", message: "container \(id.text.prefix(12)) \(Self.words(damage.reason))",
                hint: error.errno == .resourceBusy
                    ? "something is mounted below \(error.path): once it is unmounted, the next command removes the container"
                    : "the next command tries again")
            return
        }
        self.init(
            code: "damaged-container",
            message: "container \(id.text.prefix(12)) is damaged: \(damage.path) \(Self.words(damage.reason))",
            hint: damage.isOfRecord
                ? """
                `strata rm \(id)` removes the container, with what it changed, and `strata fsck --repair` moves it to the trash; \
                nothing was deleted
                """
                : "`strata fsck --repair` moves the file to the trash, and the container stays; `strata rm \(id)` removes it")
    }

    /// What is wrong, behind the name of the file.
    static func words(_ reason: ContainerDamage.Reason) -> String {
        switch reason {
        case .document(let error): words(error)
        case .kind(.directory): "is a directory"
        case .kind(.symlink): "is a symbolic link"
        case .kind: "is not a regular file"
        case .notRemovable(let error): "is over, and cannot be removed: \(error.path): \(Self.reason(error.errno.rawValue))"
        case .unreadable(let error): "cannot be read: \(Self.reason(error.errno.rawValue))"
        }
    }
}
