package import OCISpec
package import StorageIO

/// A container's folder, `containers/<id>/`: its record, how it fares, what it changed, and what it wrote.
///
/// Whoever runs the container holds the folder's lock, and so does the process that stays until the container's last one is gone. What
/// is read here was written by another process, maybe a killed one: a file that is not what it must be is `.containerDamaged`.
package struct ContainerFolder: Sendable {
    /// The folder.
    package let directory: Directory
    private let parent: Directory
    /// Its name, which is the container's ID once it has its place.
    package let id: PathPart
    /// The same as text.
    package var name: String { id.text }

    /// The record, `Container`: the folder is a container's as soon as this is there.
    package static let recordName = "config.json"
    /// How the last run went, `ContainerRun`.
    package static let stateName = "state.json"
    /// What the container changed.
    package static let diffName = "diff"
    /// Where the tree is mounted, in a namespace of its own; empty for everybody outside.
    package static let mergedName = "merged"
    /// What the record is called once the container's removal has begun: from then on the folder is no container's.
    static let removedName = "removed.json"
    static let limits = DocumentLimits(maxBytes: 8 << 20)

    /// The container in the folder of this name; `.containerAbsent` where there is none.
    package init(_ name: PathPart, in parent: Directory) throws(ContentError) {
        self.parent = parent
        id = name
        do { directory = try parent.directory(name.text) } catch {
            if error.isAbsent { throw .containerAbsent(name.text) }
            guard error.isOfOneFile else { throw ContentError(error) }
            let kind = try lift(try parent.status(name.text)?.kind, to: ContentError.init)
            // A file that somebody put there is no container; what a symlink leads to may need any image.
            switch kind {
            case nil, .file, .other: throw .containerAbsent(name.text)
            case .symlink: throw .containerDamaged(ContainerDamage(name, nil, .kind(.symlink)))
            case .directory: throw .containerDamaged(ContainerDamage(name, nil, .unreadable(error)))
            }
        }
    }

    /// An absolute path.
    package var path: String { directory.path }

    // MARK: Documents

    /// The record; `.containerAbsent` where there is none.
    package func container() throws(ContentError) -> Container {
        guard let container = try knownContainer() else { throw .containerAbsent(name) }
        return container
    }

    /// The record; nil for a container that a killed command left half removed.
    ///
    /// Its ID is the folder's name, whatever the file says: folders and control groups are looked up by it.
    package func knownContainer() throws(ContentError) -> Container? {
        var container = try read(Container.self, Self.recordName)
        container?.id = name
        return container
    }

    /// What the store must know of the record, which may lack the rest; nil where there is none, and where the container is over,
    /// so that the next command removes it: nothing is kept for its sake.
    package func record() throws(ContentError) -> ContainerRecord? {
        guard let document = try read(ContainerRecord.Document.self, Self.recordName) else { return nil }
        do {
            // Of the others nothing but the record is asked.
            if document.goesWithItsEnd, try status().isOver(goesWithItsEnd: true) { return nil }
        } catch .containerDamaged {
            // Nobody knows how its run went, so it may need its image.
        }
        return ContainerRecord(document, in: id)
    }

    /// Writes the record; a reader sees the old one or the new one.
    package func write(_ container: Container) throws(ContentError) { try write(container, Self.recordName) }

    /// How the last run went; nil where there was none.
    package func lastRun() throws(ContentError) -> ContainerRun? { try read(ContainerRun.self, Self.stateName) }

    /// Notes that a run begins.
    package func noteStart(at moment: Timestamp) throws(ContentError) { try write(ContainerRun(began: moment)) }

    /// Writes how the run goes.
    package func write(_ run: ContainerRun) throws(ContentError) { try write(run, Self.stateName) }

    /// What the container does now.
    ///
    /// The lock is asked first: a run that ends meanwhile has written how before it lets the lock go.
    package func status() throws(ContentError) -> ContainerStatus {
        let isLocked = try isLocked()
        if !isLocked, try isMounted() { return .mounted }
        let isFrozen = isLocked && Freezer(of: name)?.isFrozen == true
        return ContainerStatus(try lastRun(), isLocked: isLocked, isFrozen: isFrozen)
    }

    // MARK: Restarts

    private static let restartName = "restart"

    /// Whether the container is started again once it has ended: so one that goes with its end does not go with this one.
    package func isToRestart() throws(ContentError) -> Bool {
        try lift(try directory.status(Self.restartName) != nil, to: ContentError.init)
    }

    /// Notes whether it is.
    package func noteRestart(_ isToRestart: Bool) throws(ContentError) {
        try lift(to: ContentError.init) { () throws(StorageError) in
            if isToRestart {
                try directory.writeQuickly(Self.restartName, [])
            } else {
                try directory.removeFile(Self.restartName)
            }
        }
    }

    // MARK: The lock

    /// Whether somebody runs the container, or changes it.
    package func isLocked() throws(ContentError) -> Bool {
        guard let lock = try attemptLock(.shared) else { return true }
        lock.release()
        return false
    }

    /// Whether the tree is mounted in this namespace.
    package func isMounted() throws(ContentError) -> Bool {
        try lift(try directory.isMountPoint(Self.mergedName), to: ContentError.init)
    }

    /// The lock, or `.containerInUse` where somebody has it for longer than `patience`.
    ///
    /// A run whose keeper was killed is noted as such: from now on the lock speaks for another one.
    package func lock(_ mode: FileLock.Mode = .exclusive, patience: Duration = .seconds(1)) throws(ContentError) -> FileLock {
        let lock: FileLock
        do {
            lock = try FileLock.acquire(directory: directory, mode, patience: patience)
        } catch {
            if error.isBusy { throw .containerInUse(id: name) }
            throw ContentError(error)
        }
        do {
            if var run = try lastRun(), run.ended == nil, run.isLost != true {
                run.isLost = true
                try write(run)
                ControlGroup.remove(of: name)
                releaseNetwork()
            }
        } catch .containerDamaged {
            // Nobody knows what that run was. Who has the lock may still remove the container.
        }
        return lock
    }

    /// The lock, or nil where somebody has it.
    func attemptLock(_ mode: FileLock.Mode) throws(ContentError) -> FileLock? {
        try lift(try FileLock.attempt(directory: directory, mode), to: ContentError.init)
    }

    /// Removes the container and its control group; the caller has the lock.
    ///
    /// First of all the record gets another name. So one whose removal is killed is no container that somebody could start or that
    /// keeps an image, and the next command removes what is left of it. One that cannot be removed stays a container of which is known
    /// how its run went, to be removed again. Returns the allocated bytes that the file system got back.
    @discardableResult
    package func remove() throws(ContentError) -> Int64 {
        ControlGroup.remove(of: name)
        releaseNetwork()
        return try lift(to: ContentError.init) { () throws(StorageError) in
            let isMarked = try markRemoved()
            do throws(StorageError) {
                let freed = try directory.removeContentsMeasured(but: [Self.removedName, Self.stateName]) {
                    () throws(StorageError) in
                    try Failpoint.containerRemoving.check(.remove, path)
                }
                return freed + (try parent.removeTreeMeasured(name))
            } catch {
                // The folder went with the container's end.
                if error.isAbsent { return 0 }
                if isMarked { unmarkRemoved() }
                throw error
            }
        }
    }

    /// Takes the record's name away; false where it has none, or where that would need room which a full disk does not have.
    private func markRemoved() throws(StorageError) -> Bool {
        do {
            try directory.rename(Self.recordName, to: Self.removedName)
            try Failpoint.containerMarked.check(.remove, path)
            return true
        } catch let error where error.isAbsent || ContentError(error).isOutOfSpace {
            return false
        }
    }

    private func unmarkRemoved() {
        do throws(StorageError) { try directory.rename(Self.removedName, to: Self.recordName) } catch {
            // Then the next command goes on with the removal; why this one failed is what is told.
        }
    }

    // MARK: Reading and writing

    /// A document of the folder; nil where there is none.
    func read<T: Decodable>(_ type: T.Type, _ file: String) throws(ContentError) -> T? {
        guard let bytes = try bytes(of: file) else { return nil }
        do {
            return try decodeDocument(type, from: bytes, limits: Self.limits)
        } catch {
            throw .containerDamaged(ContainerDamage(id, file, .document(error)))
        }
    }

    private func bytes(of file: String) throws(ContentError) -> [UInt8]? {
        let kind: FileStatus.Kind
        do {
            guard let status = try directory.status(file) else { return nil }
            if status.kind == .file { return try directory.readFile(file, limit: Self.limits.maxBytes) }
            kind = status.kind
        } catch {
            throw error.isOfOneFile ? .containerDamaged(ContainerDamage(id, file, .unreadable(error))) : ContentError(error)
        }
        throw .containerDamaged(ContainerDamage(id, file, .kind(kind)))
    }

    func write(_ value: some Encodable, _ file: String) throws(ContentError) {
        let bytes: [UInt8]
        do { bytes = try encodeDocument(value) } catch {
            throw .containerDamaged(ContainerDamage(id, file, .document(error)))
        }
        try lift(try directory.writeQuickly(file, bytes), to: ContentError.init)
    }
}
