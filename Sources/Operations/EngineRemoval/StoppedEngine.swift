import EngineStores
import StorageIO
import SystemPackage

/// A root whose engine does not run, and cannot begin to while this is held: its own locks.
///
/// Docker and containerd lock their databases for as long as they run, and end at their start where somebody else has them. Whoever uses
/// containers-storage locks its lists while they are read or written, and waits.
struct StoppedEngine {
    /// The databases that the engine has open for as long as it runs; of those that are there all are locked.
    private static func databases(_ kind: EngineKind) -> [String] {
        switch kind {
        case .docker:
            [
                "network/files/local-kv.db", "containerd/daemon/io.containerd.metadata.v1.bolt/meta.db",
                "buildkit/containerdmeta.db", "buildkit/metadata_v2.db", "buildkit/cache.db", "buildkit/snapshots.db",
            ]
        case .containerd: ["io.containerd.metadata.v1.bolt/meta.db"]
        case .podman, .buildkit, .registry: []
        }
    }

    /// The files by which users of containers-storage exclude each other, in the order in which they take them.
    ///
    /// Source: https://github.com/containers/storage/blob/v1.43.0/store.go
    private static let lists = [
        "storage.lock", "overlay-layers/layers.lock", "overlay-images/images.lock", "overlay-containers/containers.lock",
    ]

    /// How long somebody's podman is waited for.
    private static let patience = Duration.seconds(10)

    private let databases: [FileLock]
    private let lists: [RecordLock]

    /// Locks a root; an engine that runs, or a root without anything to lock, is an error.
    init(_ kind: EngineKind, at root: Directory) throws(EngineControlError) {
        var databases: [FileLock] = []
        var lists: [RecordLock] = []
        do throws(StorageError) {
            for path in Self.databases(kind) {
                guard let file = try Self.open(path, below: root) else { continue }
                guard let lock = try FileLock.attempt(of: file, .exclusive) else { throw StorageError(.lock, path, .wouldBlock) }
                databases.append(lock)
            }
            if kind == .podman {
                for path in Self.lists {
                    guard let file = try Self.open(path, below: root) else { continue }
                    lists.append(try RecordLock.acquire(of: file, patience: Self.patience))
                }
            }
        } catch {
            for lock in databases { lock.release() }
            for lock in lists { lock.release() }
            if error.isBusy || error.errno == .permissionDenied { throw .runs(kind, root: root.path) }
            throw .look(.storage(kind, error))
        }
        guard !(databases.isEmpty && lists.isEmpty) else { throw .nothingToLock(kind, root: root.path) }
        (self.databases, self.lists) = (databases, lists)
    }

    /// The file at a path of plain names, open for what its lock needs; nil where there is none.
    private static func open(_ path: String, below root: Directory) throws(StorageError) -> File? {
        let parts = path.split(separator: "/")
        guard let name = parts.last else { return nil }
        return try root.directory(below: parts.dropLast())?.openFileForUpdate(String(name))
    }

    /// Lets the engine go on; call it in a `defer`.
    func release() {
        for lock in databases { lock.release() }
        for lock in lists { lock.release() }
    }
}
