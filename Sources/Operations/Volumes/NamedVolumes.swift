package import ContentStorage
import ImageStorage
package import OCISpec
package import StorageIO

/// The volumes of a store that have names.
package struct NamedVolumes: Sendable {
    private let store: ContentStore

    /// The volumes of `store`.
    package init(of store: ContentStore) { self.store = store }

    /// Makes a volume, unless there is one of that name, and returns the name; an invented one where none is asked for.
    package func create(_ wanted: String?, labels: [(name: String, value: String)]) throws -> String {
        try ContainerPermission.check(store)
        let name = try wanted.map(Self.name) ?? PathPart.random()
        let texts = Dictionary(labels.map { (ExactText($0.name), $0.value) }) { _, last in last }
        let record = StoredVolumes.Record(created: Clock.now, labels: texts.isEmpty ? nil : texts)
        try store.volumes.hold(name, making: record).release()
        return name.text
    }

    /// All of them, by name, with the containers that mount them.
    package func all() throws -> [FoundVolume] {
        let containers = try store.containers.records()
        return try store.volumes.names().compactMap { try found($0, containers) }
    }

    /// The volume of that name.
    package func find(_ text: String) throws -> FoundVolume {
        guard let name = PathPart(text), let volume = try found(name, try store.containers.records()) else {
            throw VolumeError.notFound(text)
        }
        return volume
    }

    /// Removes a volume that no container mounts; with `isForced` one that is not there is no failure.
    package func remove(_ text: String, isForced: Bool) throws {
        guard let name = PathPart(text), try store.volumes.remove(name) != nil else {
            if isForced { return }
            throw VolumeError.notFound(text)
        }
    }

    /// Removes all that no container mounts; returns what went, and the allocated bytes that the file system got back.
    package func prune() throws -> (names: [String], freedBytes: Int64) {
        var (names, freedBytes) = ([String](), Int64(0))
        for text in try unused() {
            do throws(ContentError) {
                guard let name = PathPart(text), let freed = try store.volumes.remove(name) else { continue }
                names.append(text)
                freedBytes += freed
            } catch .volumeInUse {
                // A container of it was made meanwhile.
                continue
            }
        }
        return (names, freedBytes)
    }

    /// The names of those that no container mounts.
    package func unused() throws -> [String] { try all().filter { $0.users.isEmpty }.map { $0.name } }

    /// The name that a text is; as with docker, letters, digits, `_`, `.` and `-`, at least two of them.
    package static func name(_ text: String) throws(VolumeError) -> PathPart {
        guard ContainerName.isValid(text), let name = PathPart(text) else { throw .badName(text) }
        return name
    }

    private func found(_ name: PathPart, _ containers: [ContainerRecord]) throws -> FoundVolume? {
        guard let (record, data) = try store.volumes.volume(name) else { return nil }
        let users = containers.filter { $0.volumes.contains(name) }.map { $0.name ?? $0.id.text }
        return FoundVolume(
            name: name.text, created: record.created, labels: record.labels ?? [:], path: data.path, users: users.sorted())
    }
}

/// A volume, as it was when it was looked up.
package struct FoundVolume: Sendable {
    /// What it is called.
    package var name: String
    /// When it was made.
    package var created: Timestamp
    /// Notes on it.
    package var labels: [ExactText: String]
    /// Where its data is.
    package var path: String
    /// The containers that mount it, by their names.
    package var users: [String]
}

/// What operations on volumes find wrong.
package enum VolumeError: Error, Hashable {
    /// No volume has that name.
    case notFound(String)
    /// The text cannot be a volume's name.
    case badName(String)
}

extension Workspace {
    /// The volumes of the store.
    package var volumes: NamedVolumes { NamedVolumes(of: store.content) }
}
