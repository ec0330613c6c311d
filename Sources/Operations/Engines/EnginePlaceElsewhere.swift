package import EngineStores
import StorageIO
import SystemPackage

/// Something that belongs to an engine outside of its root, and is no part of what the root takes.
package struct EnginePlaceElsewhere: Hashable, Sendable {
    /// Why it belongs to the engine.
    package enum Reason: String, Hashable, Sendable {
        /// What a pull or load of podman's left when it was killed.
        case leftByPodman
        /// The containerd that keeps Docker's images.
        case containerdOfDocker
    }

    /// From the system's root.
    package let path: String
    /// Allocated bytes.
    package let diskBytes: Int64
    /// Why it belongs to the engine.
    package let reason: Reason

    /// All that there is for an inventory's engine.
    static func find(_ inventory: EngineInventory, _ roots: EngineRoots) -> [EnginePlaceElsewhere] {
        switch inventory.engine {
        case .podman: leavings(in: roots.settings.temporaryFolder ?? "/var/tmp")
        case .docker:
            inventory.imagesAreElsewhere
                ? [place(at: FilePath(roots.root(of: .containerd)), .containerdOfDocker)].compactMap(\.self) : []
        case .containerd, .buildkit, .registry: []
        }
    }

    /// Source: containers/image calls its folders so, `storage` and a number, where podman unpacks what it pulls.
    private static func leavings(in path: String) -> [EnginePlaceElsewhere] {
        do throws(StorageError) {
            let names = try Directory.open(FilePath(path)).names().compactMap { PathPart($0)?.text }
            return names.filter { name in
                name.hasPrefix("storage") && name.utf8.count > 7 && name.utf8.dropFirst(7).allSatisfy { (48...57).contains($0) }
            }.sorted().compactMap { place(at: FilePath(path).appending($0), .leftByPodman) }
        } catch {
            // Where nothing can be seen, nothing is told of.
            return []
        }
    }

    private static func place(at path: FilePath, _ reason: Reason) -> EnginePlaceElsewhere? {
        do throws(StorageError) {
            let bytes = try StoreWalk.allocatedBytes(of: Directory.open(path))
            return EnginePlaceElsewhere(path: path.string, diskBytes: bytes, reason: reason)
        } catch {
            // It is gone, or may not be read.
            return nil
        }
    }
}
