package import OCISpec
package import StorageIO
import SystemPackage

/// What a container's record says that the store must know: which image it keeps.
///
/// It stands in `containers/<id>/config.json`, beside whatever else the record holds.
package struct ContainerRecord: Hashable, Sendable {
    /// The name of the container's directory, whatever the record itself says.
    package var id: PathPart
    /// What people call it.
    package var name: String?
    /// The manifest or index that the container was made from; it and all it leads to stay for as long as the record does.
    package var image: Descriptor
    /// When it was made; nil where the record does not say.
    package var created: Timestamp?
    /// Its config, with its labels.
    package var config: ContainerConfig?

    /// A record from its parts.
    package init(
        id: PathPart, name: String?, image: Descriptor, created: Timestamp? = nil, config: ContainerConfig? = nil
    ) {
        self.id = id
        self.name = name
        self.image = image
        self.created = created
        self.config = config
    }

    /// What is read of a record.
    private struct Document: Decodable {
        var name: String?
        var image: Descriptor
        var created: Timestamp?
        var config: ContainerConfig?
    }

    /// The record in the directory of that name.
    fileprivate init(_ bytes: [UInt8], in directory: PathPart, limits: DocumentLimits) throws(DocumentError) {
        let document = try decodeDocument(Document.self, from: bytes, limits: limits)
        self.init(
            id: directory, name: document.name, image: document.image, created: document.created, config: document.config)
    }
}

extension ContentStore {
    static let containersName = "containers"
    /// The record of a container, in its directory.
    package static let containerRecordName = "config.json"
    /// Where a container's tree is mounted, in its directory.
    private static let containerTreeName = "merged"
    private static let containerLockName = "containers.lock"
    private static let containerLimits = DocumentLimits(maxBytes: 8 << 20)

    /// The containers that are there, by the names of their directories; a record that cannot be read is an error, and so is a
    /// symlink in place of the folder of all containers: what is in it may keep any image.
    ///
    /// A directory without a record is a container that is just being made, or was left so; it keeps no image. What is made
    /// or removed meanwhile may or may not be among them.
    package func containers() throws(ContentError) -> [ContainerRecord] {
        try requireInPlace(Self.containersName)
        var records: [ContainerRecord] = []
        for (id, record) in try storing({ () throws(StorageError) in try readContainers() }) {
            switch record {
            case .success(let record): records.append(record)
            case .failure(let error):
                throw .damaged(.container, path: "\(root.path)/\(Self.recordPath(ofContainer: id))", error)
            }
        }
        return records
    }

    /// The same with each record, or why it cannot be read.
    package func readContainers() throws(StorageError) -> [(id: PathPart, record: Result<ContainerRecord, DocumentError>)] {
        var records: [(id: PathPart, record: Result<ContainerRecord, DocumentError>)] = []
        for name in try containerNames() {
            guard let bytes = try containerRecord(name) else { continue }
            do throws(DocumentError) {
                records.append((name, .success(try ContainerRecord(bytes, in: name, limits: Self.containerLimits))))
            } catch {
                records.append((name, .failure(error)))
            }
        }
        return records
    }

    /// Where the record of a container stands, below the store.
    package static func recordPath(ofContainer id: PathPart) -> String { "\(containersName)/\(id)/\(containerRecordName)" }

    /// The bytes of a record; nil where there is none, or the container is gone.
    private func containerRecord(_ id: PathPart) throws(StorageError) -> [UInt8]? {
        do throws(StorageError) {
            return try root.readFile(Self.recordPath(ofContainer: id), limit: Self.containerLimits.maxBytes)
        } catch let error where error.errno == .notDirectory || error.isAbsent {
            return nil
        }
    }

    /// Whether somebody runs the container, or changes it: then its folder is locked; or whether its tree is mounted.
    ///
    /// One that is gone is not.
    package func isContainerLocked(_ id: PathPart) throws(ContentError) -> Bool {
        do throws(ContentError) {
            guard let lock = try containerLock(id, .shared) else { return true }
            lock.release()
            return try isContainerMounted(id)
        } catch .storage(let failure) where failure.isAbsent {
            return false
        }
    }

    /// Removes a container that nobody runs, with what it changed, and returns the allocated bytes that the file system got back.
    ///
    /// Nil where it is gone, or runs.
    package func removeContainer(_ id: PathPart) throws(ContentError) -> Int64? {
        do throws(ContentError) {
            guard let lock = try containerLock(id, .exclusive) else { return nil }
            defer { lock.release() }
            if try isContainerMounted(id) { return nil }
            return try storing { () throws(StorageError) in
                try root.directory(Self.containersName).removeTreeMeasured(id.text, last: Self.containerRecordName)
            }
        } catch {
            guard case .storage(let failure) = error, failure.isAbsent else { throw error }
            return nil
        }
    }

    private func isContainerMounted(_ id: PathPart) throws(ContentError) -> Bool {
        try storing { () throws(StorageError) in
            try containerDirectory(id).isMountPoint(Self.containerTreeName)
        }
    }

    private func containerLock(_ id: PathPart, _ mode: FileLock.Mode) throws(ContentError) -> FileLock? {
        try storing { () throws(StorageError) in
            try FileLock.attempt(directory: try containerDirectory(id), mode)
        }
    }

    /// Step by step, since a symlink in place of `containers` is not followed either.
    private func containerDirectory(_ id: PathPart) throws(StorageError) -> Directory {
        try root.directory(Self.containersName).directory(id.text)
    }

    /// The folder of all containers; nil where no command ever made a container.
    package func knownContainersFolder() throws(ContentError) -> Directory? {
        try storing { () throws(StorageError) in
            do throws(StorageError) { return try root.directory(Self.containersName) } catch {
                if error.isAbsent { return nil }
                throw error
            }
        }
    }

    /// The folder of all containers, made when it is missing.
    package func containersFolder() throws(ContentError) -> Directory {
        try storing { () throws(StorageError) in try root.ensureDirectory(Self.containersName) }
    }

    /// The lock under which containers get their names, so that no two have one.
    package func lockContainerNames() throws(ContentError) -> FileLock {
        let locks = try locks()
        return try storing { () throws(StorageError) in
            try FileLock.acquire(Self.containerLockName, in: locks, .exclusive, patience: patience)
        }
    }

    private func containerNames() throws(StorageError) -> [PathPart] {
        guard let folder = try ownFolder(Self.containersName) else { return [] }
        return try folder.names().compactMap { PathPart($0) }
    }
}
