package import OCISpec
package import StorageIO

/// The volumes of a store that have names, `volumes/`: folders for data that outlives the containers which mount them.
///
/// A volume is `volumes/<name>/` with `volume.json`, its record, and `data/`, what is mounted. It is there once it has the record. Who
/// makes, fills or removes one, or makes a container that mounts it, has the lock of its folder. Which containers mount it their records
/// say, so nothing is to be kept in step.
package struct StoredVolumes: Sendable {
    /// Their folder, below the store.
    package static let folderName = "volumes"
    /// What is mounted, in the folder of a volume.
    package static let dataName = "data"
    static let recordName = "volume.json"
    /// What the record is called once the removal has begun.
    private static let removedName = "removed.json"
    /// What becomes `data` when it is whole.
    private static let fillingName = "filling"
    private static let limits = DocumentLimits(maxBytes: 1 << 20)
    private static let patience = Duration.seconds(60)
    /// How a container's folder names what is in `folderName`.
    private static let wayFromContainer = "../../\(folderName)/"

    private let content: ContentStore

    init(_ content: ContentStore) { self.content = content }

    /// What the store keeps of a volume.
    package struct Record: Hashable, Sendable, Codable {
        /// When it was made.
        package var created: Timestamp
        /// Notes on it.
        package var labels: [ExactText: String]?

        /// A record from its parts.
        package init(created: Timestamp, labels: [ExactText: String]? = nil) {
            self.created = created
            self.labels = labels
        }
    }

    /// A volume that nobody else makes, fills or removes as long as this holds its lock.
    package struct Held: Sendable {
        /// The folder of the volume.
        package let folder: Directory
        /// Whether it was made now.
        package let isNew: Bool
        private let lock: FileLock

        fileprivate init(_ folder: Directory, _ lock: FileLock, isNew: Bool) {
            self.folder = folder
            self.lock = lock
            self.isNew = isNew
        }

        /// Whether nothing is in it.
        package var isEmpty: Bool {
            get throws(StorageError) { try folder.directory(StoredVolumes.dataName).names().isEmpty }
        }

        /// Fills an empty volume: `body` makes the directory of the name that it gets in the folder that it gets, and all of it
        /// becomes the volume's data at once.
        package func fill(_ body: (Directory, String) throws -> Void) throws {
            try folder.removeTree(StoredVolumes.fillingName)
            try body(folder, StoredVolumes.fillingName)
            // Over a directory that is empty.
            try folder.rename(StoredVolumes.fillingName, to: StoredVolumes.dataName)
        }

        /// Lets others have it.
        package func release() { lock.release() }
    }

    /// How a container names the data of a volume, from its own folder.
    package static func source(_ name: PathPart) -> String { "\(wayFromContainer)\(name)/\(dataName)" }

    /// The volume that a container names so; nil for a folder of its own.
    package static func name(ofSource source: String) -> PathPart? {
        guard source.hasPrefix(wayFromContainer) else { return nil }
        let parts = source.dropFirst(wayFromContainer.count).split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 2 && parts[1] == dataName ? PathPart(parts[0]) : nil
    }

    /// The names of all volumes, in order.
    package func names() throws(ContentError) -> [PathPart] {
        guard let home = try home() else { return [] }
        return try lift(to: ContentError.init) { () throws(StorageError) -> [PathPart] in
            var found: [PathPart] = []
            for name in try home.names().compactMap({ PathPart($0) }) {
                if try content.subfolder(name.text, of: home)?.status(Self.recordName) != nil { found.append(name) }
            }
            return found.sorted()
        }
    }

    /// The record of a volume and its data; nil where there is none of that name.
    package func volume(_ name: PathPart) throws(ContentError) -> (record: Record, data: Directory)? {
        let home = try home()
        let (folder, bytes) = try lift(to: ContentError.init) { () throws(StorageError) -> (Directory?, [UInt8]?) in
            guard let home, let folder = try content.subfolder(name.text, of: home) else { return (nil, nil) }
            return (folder, try folder.readFile(Self.recordName, limit: Self.limits.maxBytes))
        }
        guard let folder, let bytes else { return nil }
        let record: Record
        do { record = try decodeDocument(Record.self, from: bytes, limits: Self.limits) } catch {
            throw .volumeDamaged(name.text, error)
        }
        return (record, try lift(try folder.directory(Self.dataName), to: ContentError.init))
    }

    /// The volume of that name, made where there is none, with its lock.
    package func hold(_ name: PathPart, making record: Record) throws(ContentError) -> Held {
        let bytes: [UInt8]
        do { bytes = try encodeDocument(record) } catch { throw .volumeDamaged(name.text, error) }
        return try lift(to: ContentError.init) { () throws(StorageError) -> Held in
            let home = try content.root.ensureDirectory(Self.folderName)
            while true {
                try home.makeDirectory(name.text, mode: 0o711)
                guard let (folder, lock) = try lock(name, in: home) else { continue }
                let isNew = try folder.status(Self.recordName) == nil
                if isNew {
                    // What a killed command left of one that was being removed, or made.
                    try folder.removeContents()
                    _ = try folder.ensureTree(Self.dataName)
                    try folder.writeQuickly(Self.recordName, bytes)
                }
                return Held(folder, lock, isNew: isNew)
            }
        }
    }

    /// Removes a volume that no container mounts, and returns the allocated bytes that the file system got back.
    ///
    /// Nil where there is none. `.volumeInUse` names the containers that do. The record goes first: a removal that is killed leaves no volume.
    package func remove(_ name: PathPart) throws(ContentError) -> Int64? {
        guard let home = try home() else { return nil }
        let held = try lift(try lock(name, in: home), to: ContentError.init)
        guard let (folder, lock) = held else { return nil }
        defer { lock.release() }
        let users = try content.containers.records().filter { $0.volumes.contains(name) }
        if !users.isEmpty { throw .volumeInUse(name.text, by: users.map { $0.name ?? $0.id.text }) }
        return try lift(to: ContentError.init) { () throws(StorageError) -> Int64? in
            let isThere = try folder.status(Self.recordName) != nil
            if isThere { try folder.rename(Self.recordName, to: Self.removedName) }
            let freed = try home.removeTreeMeasured(name.text)
            return isThere ? freed : nil
        }
    }

    /// The folder of a volume and its lock; nil where it is gone by the time that the lock is had.
    private func lock(_ name: PathPart, in home: Directory) throws(StorageError) -> (Directory, FileLock)? {
        guard let folder = try ifPresent(try home.directory(name.text)) else { return nil }
        let lock = try FileLock.acquire(directory: folder, .exclusive, patience: Self.patience)
        guard try home.status(name.text)?.inode == folder.status().inode else {
            lock.release()
            return nil
        }
        return (folder, lock)
    }

    private func home() throws(ContentError) -> Directory? {
        try content.requireInPlace(Self.folderName)
        return try lift(try content.ownFolder(Self.folderName), to: ContentError.init)
    }
}

extension ContentStore {
    /// The volumes that have names.
    package var volumes: StoredVolumes { StoredVolumes(self) }
}
