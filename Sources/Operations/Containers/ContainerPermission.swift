package import ContainerRuntime
package import ContentStorage
import Glibc
import StorageIO
import Synchronization

/// Whether this process may make files of containers.
///
/// They belong to root: the machine's, or that of a user namespace in which an ordinary user is root.
package enum ContainerPermission {
    /// Why this process got no user namespace.
    private static let refusal = Mutex<RuntimeError?>(nil)

    /// Goes to a user namespace, if an ordinary user runs this; nothing happens where the user gets none.
    ///
    /// Whoever cannot do without is told why by `check`. The process must have one thread.
    package static func enterUserNamespace() {
        guard ProcessOwner.uid != 0 else { return }
        do { try UserNamespace.enter() } catch { refusal.withLock { $0 = error } }
    }

    /// An error where this process may not make files of containers in this store.
    package static func check(_ store: ContentStore) throws(RuntimeError) {
        guard geteuid() == 0 else {
            throw refusal.withLock { $0 } ?? RuntimeError.notPermitted(detail: "containers need root")
        }
        if store.access == .group { throw RuntimeError.sharedStore(path: store.path) }
        var status = stat()
        guard stat(store.path, &status) == 0, status.st_uid != 0 else { return }
        throw RuntimeError.foreignStore(uid: status.st_uid)
    }
}
