import ArgumentParser
import ContainerRuntime
import ContentStorage
import Glibc
import Operations
import StorageIO
import Synchronization

/// A command that works on a store.
protocol StoreCommand: ParsableCommand {
    var globals: GlobalOptions { get }

    /// When it needs a user namespace, if an ordinary user gives it.
    static var namespaceUse: UserNamespaceUse { get }
}

/// When an ordinary user's command goes to a user namespace, in which he is root and files of containers are his.
enum UserNamespaceUse {
    /// It makes such files.
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
    func enterUserNamespace() throws {
        guard ProcessOwner.uid != 0 else { return }
        switch Self.namespaceUse {
        case .never: return
        case .amongTrees:
            guard try ContentStore.hasTrees(at: globals.storePath()) else { return }
        case .always: break
        }
        do throws(RuntimeError) { try UserNamespace.enter() } catch { Refusal.reason.withLock { $0 = error } }
    }
}

/// Why this process got no user namespace.
private enum Refusal {
    static let reason = Mutex<RuntimeError?>(nil)
}

extension ContentStore {
    /// An error where this process may not make files of containers in this store.
    func checkMayHaveContainers() throws {
        guard geteuid() == 0 else {
            throw Refusal.reason.withLock { $0 } ?? RuntimeError.notPermitted(detail: "containers need root")
        }
        if access == .group { throw RuntimeError.sharedStore(path: path) }
        var status = stat()
        guard stat(path, &status) == 0, status.st_uid != 0 else { return }
        throw RuntimeError.foreignStore(uid: status.st_uid)
    }
}
