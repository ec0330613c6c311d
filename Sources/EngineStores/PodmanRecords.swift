// https://github.com/containers/podman/blob/v4.3.1/libpod/boltdb_state.go, https://github.com/containers/podman/blob/v4.3.1/libpod/define/containerstate.go

import BoltDatabase
import OCISpec
import StorageIO

/// What podman 4 has written down of its containers in `libpod/bolt_state.db`: whether they run, and what is mounted in them.
///
/// podman 5 keeps that in another database, which is not read; then it is not known.
struct PodmanRecords {
    /// One container.
    struct Container {
        var isRunning: Bool?
        /// When it was started or ended last, in seconds since 1970.
        var lastUseSeconds: Int64?
        /// The names of volumes.
        var volumes: Set<String> = []
    }

    private struct State: Decodable {
        let state: Int?
        let startedTime: String?
        let finishedTime: String?
    }

    /// By the IDs of containers; nil where there is no such database.
    private(set) var containers: [String: Container]?

    /// Running, paused and stopping.
    private static let runningStates: Set = [3, 5, 8]

    /// Reads the database; one that cannot be read is noted, and nothing of containers is known then.
    init(_ store: StoreFolder, _ inventory: inout EngineInventory) throws(EngineStoreError) {
        let path = "libpod/bolt_state.db"
        guard let folder = try store.folder("libpod") else { return }
        let database: BoltSnapshot
        do throws(BoltError) {
            guard let found = try BoltSnapshot.read("bolt_state.db", in: folder) else { return }
            database = found
        } catch {
            if case .busy = error { throw .bolt(error) }
            inventory.note(path, .database(error))
            return
        }
        var found: [String: Container] = [:]
        for (key, record) in database.root.bucket("ctr")?.buckets ?? [] {
            found[String(decoding: key, as: UTF8.self)] = record.value("state").map { Self.container($0) } ?? Container()
        }
        for (name, users) in database.root.bucket("volume-ctrs")?.buckets ?? [] {
            for (id, _) in users.values {
                found[String(decoding: id, as: UTF8.self)]?.volumes.insert(String(decoding: name, as: UTF8.self))
            }
        }
        containers = found
    }

    private static func container(_ bytes: ArraySlice<UInt8>) -> Container {
        do throws(DocumentError) {
            let state = try decodeDocument(State.self, from: Array(bytes))
            return Container(
                isRunning: state.state.map { runningStates.contains($0) },
                lastUseSeconds: [state.startedTime, state.finishedTime].compactMap { Timestamp.seconds($0) }.max())
        } catch {
            // That it is there is known all the same.
            return Container()
        }
    }
}
