package import EngineStores
import Glibc
package import StorageIO
import SystemPackage

/// One look at an engine's root: what it holds, and what every byte is for.
package struct EngineLook: Sendable {
    /// The engine.
    package let kind: EngineKind
    /// The root, symlinks resolved.
    package let root: String
    /// What the root holds.
    package let inventory: EngineInventory
    /// What it takes.
    package let disk: EngineDisk
    /// What belongs to the engine outside of its root.
    package let elsewhere: [EnginePlaceElsewhere]

    /// Looks at a root while its engine may run; nothing of the engine's is locked or written, and it is not asked.
    package init(_ choice: EngineChoice, _ roots: EngineRoots, _ memory: LookMemory) throws(EngineError) {
        kind = choice.kind
        let folder = try Self.open(kind, choice.root ?? roots.root(of: kind))
        root = folder.path
        inventory = try Self.inventory(kind, folder)
        disk = try Self.disk(kind, folder, inventory, memory)
        elsewhere = EnginePlaceElsewhere.find(inventory, roots)
    }

    /// The root as a folder.
    package static func open(_ kind: EngineKind, _ path: String) throws(EngineError) -> Directory {
        guard let buffer = realpath(path, nil) else {
            switch errno {
            case ENOENT, ENOTDIR: throw .noRoot(kind, path: path)
            case EACCES, EPERM: throw .forbidden(kind, path: path)
            default: throw .storage(kind, StorageError(.open, path, Errno(rawValue: errno)))
            }
        }
        defer { free(buffer) }
        do throws(StorageError) { return try Directory.open(FilePath(String(cString: buffer))) } catch {
            switch error.errno {
            case .noSuchFileOrDirectory, .notDirectory: throw .noRoot(kind, path: path)
            case .permissionDenied, .notPermitted: throw .forbidden(kind, path: path)
            default: throw .storage(kind, error)
            }
        }
    }

    /// The root that an engine itself names, symlinks resolved; nil where that is none.
    static func resolved(_ kind: EngineKind, _ path: String) -> String? {
        // Which root it is not, is told by whoever asks.
        do throws(EngineError) { return try open(kind, path).path } catch { return nil }
    }

    /// What the root holds.
    package static func inventory(_ kind: EngineKind, _ folder: Directory) throws(EngineError) -> EngineInventory {
        try told(kind, folder) { () throws(EngineStoreError) in try EngineStore.inventory(of: kind, at: folder) }
    }

    /// The same by one look, for whoever does not ask what leaked.
    static func inventoryAtOnce(_ kind: EngineKind, _ folder: Directory) throws(EngineError) -> EngineInventory {
        try told(kind, folder) { () throws(EngineStoreError) in try EngineStore.inventoryAtOnce(of: kind, at: folder) }
    }

    /// What a look at a root tells, or why it tells nothing.
    private static func told<Value>(
        _ kind: EngineKind, _ folder: Directory, _ look: () throws(EngineStoreError) -> Value
    ) throws(EngineError) -> Value {
        do throws(EngineStoreError) { return try look() } catch .storage(let error) {
            if [.permissionDenied, .notPermitted].contains(error.errno) { throw .forbidden(kind, path: folder.path) }
            throw .storage(kind, error)
        } catch {
            throw .store(kind, root: folder.path, error)
        }
    }

    /// How an engine keeps the layers of a root.
    static func driver(_ kind: EngineKind, _ folder: Directory) throws(EngineError) -> String {
        try told(kind, folder) { () throws(EngineStoreError) in try EngineStore.driver(of: kind, at: folder) }
    }

    private static func disk(
        _ kind: EngineKind, _ folder: Directory, _ inventory: EngineInventory, _ memory: LookMemory
    ) throws(EngineError) -> EngineDisk {
        do throws(StorageError) {
            let known = try memory.layerSizes(below: folder)
            let disk = try EngineDisk(folder, inventory.places, since: inventory.beganAt, known: known)
            try memory.keep(disk.layerSizes, below: folder, insteadOf: known)
            return disk
        } catch {
            if [.permissionDenied, .notPermitted].contains(error.errno) { throw .forbidden(kind, path: error.path) }
            throw .storage(kind, error)
        }
    }
}
