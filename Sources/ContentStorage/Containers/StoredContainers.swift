package import OCISpec
package import StorageIO
import SystemPackage

/// The containers of a store, `containers/`: the only code that lists, locks, checks and removes them.
///
/// What is in a container's folder is `ContainerFolder`'s. Nothing is kept between two calls: other processes make and remove
/// containers at any time, and one that went since it was listed is passed over.
package struct StoredContainers: Sendable {
    /// Their folder, below the store.
    package static let folderName = "containers"
    private static let namesLockName = "containers.lock"

    private let content: ContentStore

    init(_ content: ContentStore) { self.content = content }

    // MARK: Looking

    /// The IDs of all containers, in order; a folder without a record is among them.
    ///
    /// A symlink in place of the folder of all containers is an error: what is in it may keep any image.
    package func ids() throws(ContentError) -> [PathPart] {
        guard let home = try home() else { return [] }
        return try lift(try home.names(), to: ContentError.init).compactMap { PathPart($0) }.sorted()
    }

    /// The folder of a container; `.containerAbsent` where there is none, `.containerDamaged` where it cannot be opened.
    package func folder(_ id: PathPart) throws(ContentError) -> ContainerFolder {
        guard let home = try home() else { throw .containerAbsent(id.text) }
        return try ContainerFolder(id, in: home)
    }

    /// What the store must know of each container, or why that is not known.
    ///
    /// A directory without a record was left by a killed command; it keeps no image. What is made or removed meanwhile may or may
    /// not be among them.
    package func all() throws(ContentError) -> [(id: PathPart, record: Result<ContainerRecord, ContainerDamage>)] {
        var found: [(id: PathPart, record: Result<ContainerRecord, ContainerDamage>)] = []
        for id in try ids() {
            do {
                if let record = try folder(id).record() { found.append((id, .success(record))) }
            } catch .containerDamaged(let damage) {
                found.append((id, .failure(damage)))
            } catch .containerAbsent {
                continue
            }
        }
        return found
    }

    /// What the store must know of each container; a damaged one is an error, since it may keep any image.
    package func records() throws(ContentError) -> [ContainerRecord] {
        var records: [ContainerRecord] = []
        for (_, record) in try all() {
            switch record {
            case .success(let record): records.append(record)
            case .failure(let damage): throw .containerDamaged(damage)
            }
        }
        return records
    }

    /// Whether somebody runs the container, or changes it: then its folder is locked; or whether its tree is mounted.
    ///
    /// One that is gone is not.
    package func isInUse(_ id: PathPart) throws(ContentError) -> Bool {
        do {
            let folder = try folder(id)
            if try folder.isLocked() { return true }
            return try folder.isMounted()
        } catch {
            if error.isOfAbsentContainer { return false }
            throw error
        }
    }

    // MARK: Making and removing

    /// The folder of all containers, made when it is missing.
    package func makeHome() throws(ContentError) -> Directory {
        try lift(try content.root.ensureDirectory(Self.folderName), to: ContentError.init)
    }

    /// The lock under which containers get their names, so that no two have one.
    package func lockNames() throws(ContentError) -> FileLock {
        let locks = try content.locks.folder()
        return try lift(
            try FileLock.acquire(Self.namesLockName, in: locks, .exclusive, patience: content.patience), to: ContentError.init)
    }

    /// Removes a container that nobody runs, with what it changed and its control group, and returns the allocated bytes that the
    /// file system got back.
    ///
    /// Nil where it is gone, or in use. A damaged one is removed like any other.
    package func remove(_ id: PathPart) throws(ContentError) -> Int64? {
        do throws(ContentError) {
            return try whileUnused(id) { (folder) throws(ContentError) in
                if let folder { return try folder.remove() }
                guard let home = try home() else { return nil }
                ControlGroup.remove(of: id.text)
                return try lift(try home.removeTreeMeasured(id.text), to: ContentError.init)
            }
        } catch {
            if error.isOfAbsentContainer { return nil }
            throw error
        }
    }

    /// Runs `body` while nobody can start the container; nil, and nothing done, where it is gone or in use.
    ///
    /// A folder that cannot be opened, such as a symlink, has no lock, and `body` gets none.
    private func whileUnused<T>(
        _ id: PathPart, _ body: (ContainerFolder?) throws(ContentError) -> T?
    ) throws(ContentError) -> T? {
        let folder: ContainerFolder
        do { folder = try self.folder(id) } catch .containerDamaged {
            return try body(nil)
        }
        guard let lock = try folder.attemptLock(.exclusive) else { return nil }
        defer { lock.release() }
        return try folder.isMounted() ? nil : body(folder)
    }

    // MARK: Checking and repairing

    /// What of a container's record and of its last run cannot be read; nothing where it is gone.
    ///
    /// Unlike `all` it reads the whole of the record, which is needed to run the container and not to know what it keeps.
    package func damages(_ id: PathPart) throws(ContentError) -> [ContainerDamage] {
        var found: [ContainerDamage] = []
        func look(_ body: () throws(ContentError) -> Void) throws(ContentError) {
            do { try body() } catch {
                if case .containerDamaged(let damage) = error { return found.append(damage) }
                if !error.isOfAbsentContainer { throw error }
            }
        }
        try look { () throws(ContentError) in _ = try folder(id).knownContainer() }
        if found.first?.file == nil, !found.isEmpty { return found }
        try look { () throws(ContentError) in _ = try folder(id).lastRun() }
        return found
    }

    /// Moves what is damaged into a new bin of the trash, and returns its new path below the store: the whole container where its
    /// record is, or the note of its last run alone.
    ///
    /// `.containerInUse` where somebody runs the container; nil where it is gone. `record` is on the disk beside it before it is moved.
    package func setAside(_ damage: ContainerDamage, record: [UInt8]) throws(ContentError) -> String? {
        let id = damage.id
        do throws(ContentError) {
            let moved = try whileUnused(id) { (folder) throws(ContentError) -> String? in
                if !damage.isOfRecord, let folder, let file = damage.file {
                    return try content.trash.setAside(file, of: folder.directory, as: "container-\(id)-\(file)", record: record)
                }
                guard let home = try home() else { return nil }
                ControlGroup.remove(of: id.text)
                return try content.trash.setAside(id.text, of: home, as: "container-\(id)", record: record)
            }
            guard let moved else { throw .containerInUse(id: id.text) }
            return moved
        } catch {
            if error.isOfAbsentContainer { return nil }
            throw error
        }
    }

    /// The folder of all containers; nil where no command ever made a container.
    private func home() throws(ContentError) -> Directory? {
        try content.requireInPlace(Self.folderName)
        return try lift(try content.ownFolder(Self.folderName), to: ContentError.init)
    }
}

extension ContentStore {
    /// The containers.
    package var containers: StoredContainers { StoredContainers(self) }
}

extension ContentError {
    /// Whether it says that a container is gone.
    package var isOfAbsentContainer: Bool {
        switch self {
        case .containerAbsent: true
        case .storage(let failure): failure.isAbsent
        default: false
        }
    }
}
