// https://github.com/moby/moby/blob/v26.1.5/builder/builder-next/adapters/snapshot/snapshot.go

import BoltDatabase
import OCISpec
import StorageIO

/// What the build cache of Docker's graph drivers keeps, by its own databases.
struct BuildKitRecords {
    /// The folders that a snapshot has, whether a record holds it or not.
    private(set) var folders: Set<PathPart> = []
    /// The layers that a snapshot names.
    private(set) var layers: Set<String> = []

    private struct Snapshot {
        var chain: String?
        var committed: String?
        var parent: String?
    }

    private var snapshots: [String: Snapshot] = [:]

    /// Reads the databases in `buildkit`, and puts the records into the inventory; a root without them has no build cache.
    init(_ store: StoreFolder, _ inventory: inout EngineInventory) throws(EngineStoreError) {
        guard let folder = try store.folder("buildkit") else { return }
        guard let snapshots = try Self.read("snapshots.db", in: folder, &inventory) else { return }
        for (key, bucket) in snapshots.root.buckets {
            func text(_ name: String) -> String? { bucket.value(name).map { String(decoding: $0, as: UTF8.self) } }
            self.snapshots[String(decoding: key, as: UTF8.self)] = Snapshot(
                chain: text("chainid"), committed: text("committed"), parent: text("parent"))
        }
        (layers, folders) = reach(Array(self.snapshots.keys))
        let leases = try Self.read("containerdmeta.db", in: folder, &inventory)?.root.bucket("v1", "buildkit", "leases")
        let details = try Self.read("metadata_v2.db", in: folder, &inventory)?.root.bucket("_main")
        for (id, lease) in leases?.buckets ?? [] {
            let name = String(decoding: id, as: UTF8.self)
            let keys = lease.bucket("snapshots", "default")?.values.map { String(decoding: $0.key, as: UTF8.self) } ?? []
            inventory.buildRecords.append(record(name, reach(keys), details?.bucket(name)))
        }
    }

    private func record(
        _ name: String, _ reached: (layers: Set<String>, folders: Set<PathPart>), _ details: BoltBucket?
    ) -> EngineBuildRecord {
        func value<T: Decodable>(_ type: T.Type, _ field: String) -> T? {
            guard let bytes = details?.value(field) else { return nil }
            // A record without this fact is a record still.
            do throws(DocumentError) { return try decodeDocument(type, from: Array(bytes)) } catch { return nil }
        }
        func seconds(_ field: String) -> Int64? { value(BuildKitNumber.self, field).map { $0.value / 1_000_000_000 } }
        return EngineBuildRecord(
            id: name, parent: value(BuildKitText.self, "cache.parent")?.value,
            description: value(BuildKitText.self, "cache.description")?.value ?? "",
            createdSeconds: seconds("cache.createdAt"), lastUsedSeconds: seconds("cache.lastUsedAt"),
            useCount: value(BuildKitNumber.self, "cache.usageCount")?.value, layers: reached.layers.sorted(),
            folders: reached.folders.sorted())
    }

    /// What snapshots reach.
    ///
    /// A key may be that of a snapshot, a chain ID, or itself a folder's name.
    private func reach(_ keys: [String]) -> (layers: Set<String>, folders: Set<PathPart>) {
        var (layers, folders): (Set<String>, Set<PathPart>) = ([], [])
        var pending = keys
        var seen: Set<ExactText> = []
        while let key = pending.popLast() {
            guard !key.isEmpty, seen.insert(ExactText(key)).inserted else { continue }
            if let chain = digest(key) {
                layers.insert(chain.hex)
            } else if let folder = PathPart(key) {
                folders.insert(folder)
            }
            guard let snapshot = snapshots[key] else { continue }
            pending += [snapshot.chain, snapshot.committed, snapshot.parent].compactMap(\.self)
        }
        return (layers, folders)
    }

    private static func read(
        _ name: String, in folder: Directory, _ inventory: inout EngineInventory
    ) throws(EngineStoreError) -> BoltSnapshot? {
        do throws(BoltError) { return try BoltSnapshot.read(name, in: folder) } catch {
            if case .busy = error { throw .bolt(error) }
            inventory.note("buildkit/\(name)", .database(error))
            return nil
        }
    }
}
