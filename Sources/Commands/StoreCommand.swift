import ArgumentParser
import ContentStorage
import Operations
import StorageIO

/// A command that works on a store.
protocol StoreCommand: ParsableCommand {
    var globals: GlobalOptions { get }

    /// When it needs a user namespace, if an ordinary user gives it.
    static var namespaceUse: UserNamespaceUse { get }
}

/// When an ordinary user's command goes to a user namespace, in which he is root and files of containers are his.
enum UserNamespaceUse {
    /// It makes such files, or what it does with some is told by nothing but what it reads.
    case always
    /// It may come across such files, where the store has some.
    case amongTrees
    /// It works from outside: on containers that run in a namespace of their own, or on nothing of the kind.
    case never
}

extension StoreCommand {
    static var namespaceUse: UserNamespaceUse { .amongTrees }

    /// Goes to a user namespace where the command is to run in one; nothing happens where the user gets none.
    ///
    /// Whoever cannot do without says so when it comes to that. The process must have one thread.
    ///
    /// `words` are the command line: whoever names podman's images wants to see files that podman's containers made.
    func enterUserNamespace(for words: [String]) throws {
        guard ProcessOwner.uid != 0 else { return }
        switch Self.namespaceUse {
        case .never: return
        case .amongTrees:
            guard try Self.namesPodman(words) || hasTrees() else { return }
        case .always: break
        }
        ContainerPermission.enterUserNamespace()
    }

    /// Whether the store has files that containers may have made; one of which nothing says where it is has none.
    private func hasTrees() throws(CommandError) -> Bool {
        guard let path = try GlobalOptions.storePath(asked: globals.store) else { return false }
        return UnpackedLayers.exist(at: path)
    }

    private static func namesPodman(_ words: [String]) -> Bool {
        let engine = ["podman", "--engine=podman"]
        return words.contains { word in
            word.utf8.starts(with: "containers-storage:".utf8)
                || engine.contains { word == $0 || word.utf8.starts(with: "\($0)=".utf8) }
        } || words.contains("--engine=all") || zip(words, words.dropFirst()).contains { $0 == "--engine" && $1 == "all" }
    }
}
