// https://github.com/containers/podman/blob/v4.3.1/libpod/boltdb_state.go, https://github.com/containers/podman/blob/v4.3.1/libpod/define/containerstate.go
// https://github.com/containers/podman/blob/v5.4.0/libpod/sqlite_state_internal.go

import BoltDatabase
import OCISpec
import SQLiteFiles
import StorageIO

/// What podman has written down of its containers: whether they run, and what is mounted in them.
///
/// podman 4 keeps that in `libpod/bolt_state.db`, podman 5 in `db.sql`, or in the former where an older podman has begun it. Where both are
/// there the one that changed last is in use.
struct PodmanRecords {
    /// One container.
    struct Container {
        var isRunning: Bool?
        /// When it was started or ended last, in seconds since 1970.
        var lastUseSeconds: Int64?
        /// The names of volumes.
        var volumes: Set<String> = []
        /// The images that are mounted in it, by name or ID.
        var images: [String] = []
        /// Of its configuration.
        var labels: [ExactText: String] = [:]
        /// The containers that it needs, by their IDs: podman removes none of them before it.
        var needs: Set<String> = []
        /// Whether it is podman's own, and goes with its pod or service alone.
        var isOfEngine = false

        /// Takes in what its configuration says.
        fileprivate mutating func take(_ config: Config) {
            images = config.ctrImageVolumes?.compactMap(\.source) ?? []
            labels = config.labels ?? [:]
            let namespaces = [
                config.mountNsCtr, config.userNsCtr, config.netNsCtr, config.ipcNsCtr, config.pidNsCtr, config.utsNsCtr,
                config.cgroupNsCtr,
            ]
            needs = Set(namespaces.compactMap(\.self) + (config.dependencies ?? [])).subtracting([""])
            isOfEngine = [config.pause, config.isService].contains(true)
        }
    }

    fileprivate struct Config: Decodable {
        struct Mount: Decodable {
            let source: String?
        }

        let ctrImageVolumes: [Mount]?
        let labels: [ExactText: String]?
        let mountNsCtr, userNsCtr, netNsCtr, ipcNsCtr, pidNsCtr, utsNsCtr, cgroupNsCtr: String?
        let dependencies: [String]?
        /// Whether it holds a pod together.
        let pause: Bool?
        let isService: Bool?
    }

    private struct State: Decodable {
        let state: Int?
        let startedTime: String?
        let finishedTime: String?
    }

    /// By the IDs of containers; nil where there is no database of theirs that can be read.
    private(set) var containers: [String: Container]?

    /// Running, paused and stopping.
    private static let runningStates: Set = [3, 5, 8]

    /// Reads the database; one that cannot be read is noted, and nothing of containers is known then.
    init(_ store: StoreFolder, _ inventory: inout EngineInventory) throws(EngineStoreError) {
        let libpod = try store.folder("libpod")
        do throws(EngineStoreError) {
            if try Self.changed(Self.sqliteName, store.root) > Self.changed(Self.boltName, libpod) {
                containers = try Self.sqlite(store.root)
            } else if let libpod {
                containers = try Self.bolt(libpod)
            }
        } catch {
            switch error {
            case .bolt(.busy), .sqlite(.busy), .storage: throw error
            case .bolt: inventory.note("libpod/\(Self.boltName)", failure: error)
            default: inventory.note(Self.sqliteName, failure: error)
            }
        }
    }

    private static let boltName = "bolt_state.db"
    private static let sqliteName = "db.sql"

    /// When a file changed last, in nanoseconds since 1970; the least number where there is none.
    private static func changed(_ name: String, _ folder: Directory?) throws(EngineStoreError) -> Int64 {
        do throws(StorageError) { return try folder?.status(name)?.modifiedStamp ?? .min } catch { throw .storage(error) }
    }

    private static func bolt(_ folder: Directory) throws(EngineStoreError) -> [String: Container]? {
        let database: BoltSnapshot
        do throws(BoltError) {
            guard let found = try BoltSnapshot.read(boltName, in: folder) else { return nil }
            database = found
        } catch {
            throw .bolt(error)
        }
        var found: [String: Container] = [:]
        for (key, record) in database.root.bucket("ctr")?.buckets ?? [] {
            var container = record.value("state").map { Self.container(Array($0)) } ?? Container()
            if let config = record.value("config") { container.take(try Self.config(Array(config), boltName)) }
            found[String(decoding: key, as: UTF8.self)] = container
        }
        for (name, users) in database.root.bucket("volume-ctrs")?.buckets ?? [] {
            for (id, _) in users.values {
                found[String(decoding: id, as: UTF8.self)]?.volumes.insert(String(decoding: name, as: UTF8.self))
            }
        }
        return found
    }

    private static func sqlite(_ folder: Directory) throws(EngineStoreError) -> [String: Container]? {
        guard var (found, configs) = try sqliteRecords(folder) else { return nil }
        for (id, bytes) in configs { found[id]?.take(try config(bytes, sqliteName)) }
        return found
    }

    private static func sqliteRecords(
        _ folder: Directory
    ) throws(EngineStoreError) -> (found: [String: Container], configs: [String: [UInt8]])? {
        do throws(SQLiteSnapshotError) {
            guard let database = try SQLiteSnapshot.read(sqliteName, in: folder) else { return nil }
            var found: [String: Container] = [:]
            var configs: [String: [UInt8]] = [:]
            do throws(SQLiteFileError) {
                for row in try database.rows(of: "ContainerConfig", ["ID", "JSON"]).all() {
                    guard let id = row[0].text else { continue }
                    found[id] = Container()
                    configs[id] = row[1].bytes
                }
                for row in try database.rows(of: "ContainerState", ["ID", "JSON"]).all() {
                    guard let id = row[0].text, found[id] != nil, let bytes = row[1].bytes else { continue }
                    found[id] = container(bytes)
                }
                for row in try database.rows(of: "ContainerVolume", ["ContainerID", "VolumeName"]).all() {
                    if let id = row[0].text, let name = row[1].text { found[id]?.volumes.insert(name) }
                }
            } catch {
                throw .file(path: "\(folder.path)/\(sqliteName)", error)
            }
            return (found, configs)
        } catch {
            throw .sqlite(error)
        }
    }

    private static func config(_ bytes: [UInt8], _ name: String) throws(EngineStoreError) -> Config {
        do throws(DocumentError) {
            return try decodeDocument(Config.self, from: bytes)
        } catch {
            throw .document(path: name, error)
        }
    }

    private static func container(_ bytes: [UInt8]) -> Container {
        do throws(DocumentError) {
            let state = try decodeDocument(State.self, from: bytes)
            return Container(
                isRunning: state.state.map { runningStates.contains($0) },
                lastUseSeconds: [state.startedTime, state.finishedTime].compactMap { Timestamp.seconds($0) }.max())
        } catch {
            // That it is there is known all the same.
            return Container()
        }
    }
}
