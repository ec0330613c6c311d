import Glibc
package import OCISpec
package import StorageIO
import SystemPackage

/// A container's folder, `containers/<id>/`: its record, how it fares, what it changed, and what it wrote.
///
/// Whoever runs the container holds the folder's lock, and so does the process that stays until the container's last one is gone.
package struct ContainerFolder: Sendable {
    /// The folder.
    package let directory: Directory
    private let parent: Directory
    /// Its name, which is the container's ID once it has its place.
    package let id: PathPart
    /// The same as text.
    package var name: String { id.text }

    /// The container's record: the folder is a container's as soon as this is there.
    package static let recordName = "config.json"
    static let stateName = "state.json"
    /// The layers as the mount names them, as docker's overlay driver writes it.
    static let lowerName = "lower"
    /// What the container changed.
    package static let diffName = "diff"
    static let workName = "work"
    /// Where the tree is mounted, in a namespace of its own; empty for everybody outside.
    package static let mergedName = "merged"
    static let logName = "log"
    /// The bundle of the current run.
    static let runName = "run"
    /// Trees of layers that no other container has.
    package static let ownLayersName = "layers"
    private static let limitBytes = 8 << 20

    /// The container in the folder of this name.
    package init(_ name: PathPart, in parent: Directory) throws(RuntimeError) {
        self.parent = parent
        id = name
        do throws(StorageError) { directory = try parent.directory(name.text) } catch {
            if error.isAbsent { throw .noSuchContainer(name.text) }
            throw .storage(error)
        }
    }

    /// The container in the folder at `path`.
    init(at path: String) throws(RuntimeError) {
        let place = FilePath(path)
        let parent = try storing { () throws(StorageError) in try Directory.open(place.removingLastComponent()) }
        guard let name = PathPart(place.lastComponent?.string ?? "") else { throw .noSuchContainer(path) }
        try self.init(name, in: parent)
    }

    /// An absolute path.
    package var path: String { directory.path }

    // MARK: Documents

    /// The record.
    package func container() throws(RuntimeError) -> Container {
        guard let container = try knownContainer() else {
            throw .noSuchContainer(name)
        }
        return container
    }

    /// The record; nil for a container that a killed command left half removed.
    ///
    /// Its ID is the folder's name, whatever the file says: folders and control groups are looked up by it.
    package func knownContainer() throws(RuntimeError) -> Container? {
        var container = try read(Container.self, Self.recordName)
        container?.id = name
        return container
    }

    /// Writes the record; a reader sees the old one or the new one.
    package func write(_ container: Container) throws(RuntimeError) { try write(container, Self.recordName) }

    /// How the last run went; nil where there was none.
    package func lastRun() throws(RuntimeError) -> ContainerRun? { try read(ContainerRun.self, Self.stateName) }

    /// Notes that a run begins.
    package func noteStart(at moment: Timestamp) throws(RuntimeError) { try write(ContainerRun(began: moment)) }

    /// Writes how the run goes.
    func write(_ run: ContainerRun) throws(RuntimeError) { try write(run, Self.stateName) }

    /// What the container does now.
    ///
    /// The lock is asked first: a run that ends meanwhile has written how before it lets the lock go.
    package func status() throws(RuntimeError) -> ContainerStatus {
        let isLocked = try isLocked()
        if !isLocked, try isMounted() { return .mounted }
        let isFrozen = isLocked && Freezer(of: name)?.isFrozen == true
        return ContainerStatus(try lastRun(), isLocked: isLocked, isFrozen: isFrozen)
    }

    /// Makes what a new container needs, with its layers as `lower` names them, uppermost first.
    package func prepare(lower: [String]) throws(RuntimeError) {
        try storing { () throws(StorageError) in
            for name in [Self.diffName, Self.workName, Self.mergedName] { _ = try directory.ensureTree(name) }
            try directory.writeQuickly(Self.lowerName, Array(lower.joined(separator: ":").utf8))
        }
    }

    /// The overlay of the container.
    package func overlay(layersFolder: String) throws(RuntimeError) -> Confinement.Overlay {
        let lower = try lower()
        return Confinement.Overlay(
            // An image without layers: the folder itself would show the container's own files.
            layersFolder: layersFolder, lower: lower.isEmpty ? ["\(path)/\(Self.runName)/empty"] : lower,
            upper: "\(path)/\(Self.diffName)", work: "\(path)/\(Self.workName)", merged: "\(path)/\(Self.mergedName)")
    }

    /// The layers as the mount names them, uppermost first: short names, or paths of trees that only this container has.
    ///
    /// A file that names anything else is an error: what it names would be shown in the container.
    package func lower() throws(RuntimeError) -> [String] {
        let bytes = try storing { () throws(StorageError) in try directory.readFile(Self.lowerName, limit: 1 << 20) }
        var names: [String] = []
        for word in String(decoding: bytes ?? [], as: UTF8.self).split(separator: ":") {
            if let short = PathPart(word) {
                names.append(short.text)
            } else if let tree = Self.ownLayer(word) {
                names.append("\(path)/\(tree)")
            } else {
                throw .badRecord(path: "\(path)/\(Self.lowerName)", .malformed(detail: "names no layer: \(word)"))
            }
        }
        return names
    }

    /// The path in the folder of a tree that only this container has, `layers/<number>/diff`; nil for any other text.
    private static func ownLayer(_ text: Substring) -> String? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == ownLayersName, let number = UInt32(parts[1]), parts[2] == diffName else { return nil }
        return "\(ownLayersName)/\(number)/\(diffName)"
    }

    /// What the container changed, and below that its layers.
    package func directories(layersFolder: String) throws(RuntimeError) -> [Directory] {
        let lower = try lower()
        return try storing { () throws(StorageError) in
            var found = [try directory.directory(Self.diffName)]
            for name in lower {
                found.append(
                    try Directory.open(FilePath(name.utf8.first == UInt8(ascii: "/") ? name : "\(layersFolder)/\(name)")))
            }
            return found
        }
    }

    /// Allocated bytes of what the container changed.
    package func changedBytes() throws(RuntimeError) -> Int64 {
        try storing { () throws(StorageError) in
            do throws(StorageError) {
                return try StoreWalk.allocatedBytes(of: try directory.directory(Self.diffName))
            } catch {
                // It was removed since it was listed.
                if error.isAbsent { return 0 }
                throw error
            }
        }
    }

    /// The bundle of the current run.
    package var bundle: Bundle { Bundle(folder: "\(path)/\(Self.runName)", id: "strata-\(name.prefix(12))") }

    /// An empty folder for the next run's bundle.
    func makeBundle() throws(RuntimeError) -> Bundle {
        try storing { () throws(StorageError) in
            try directory.removeTree(Self.runName)
            try directory.makeDirectory(Self.runName, mode: 0o700)
            _ = try directory.directory(Self.runName).ensureTree("empty")
        }
        return bundle
    }

    /// The first process of the container's namespaces; an error where it does not run.
    package func runtimeProcess() throws(RuntimeError) -> Int32 {
        guard let process = try knownRuntimeProcess() else { throw .notRunning(id: name) }
        return process
    }

    /// The same; nil where it does not run.
    package func knownRuntimeProcess() throws(RuntimeError) -> Int32? {
        try status().isRunning ? bundle.runtimeProcess : nil
    }

    // MARK: The lock

    /// Whether somebody runs the container, or removes it.
    package func isLocked() throws(RuntimeError) -> Bool {
        guard let lock = try storing({ () throws(StorageError) in try FileLock.attempt(directory: directory, .shared) }) else {
            return true
        }
        lock.release()
        return false
    }

    /// The lock, or an error where somebody has it for longer than `patience`.
    ///
    /// A run whose keeper was killed is noted as such: from now on the lock speaks for another one.
    package func lock(_ mode: FileLock.Mode = .exclusive, patience: Duration = .seconds(1)) throws(RuntimeError) -> FileLock {
        let lock: FileLock
        do throws(StorageError) {
            lock = try FileLock.acquire(directory: directory, mode, patience: patience)
        } catch {
            if error.isBusy { throw .inUse(id: name) }
            throw .storage(error)
        }
        if var run = try lastRun(), run.ended == nil, run.isLost != true {
            run.isLost = true
            try write(run)
            ControlGroup.remove(of: name)
        }
        return lock
    }

    /// Removes the container and its control group; the caller has the lock.
    ///
    /// The record goes last: a container that is half gone is still there to be removed. Returns the allocated bytes that the file system
    /// got back.
    @discardableResult
    package func remove() throws(RuntimeError) -> Int64 {
        ControlGroup.remove(of: name)
        return try storing { () throws(StorageError) in
            do throws(StorageError) { return try parent.removeTreeMeasured(name, last: Self.recordName) } catch {
                // It went with its end.
                if error.isAbsent { return 0 }
                throw error
            }
        }
    }

    private func read<T: Decodable>(_ type: T.Type, _ name: String) throws(RuntimeError) -> T? {
        let bytes = try storing { () throws(StorageError) in try directory.readFile(name, limit: Self.limitBytes) }
        guard let bytes else { return nil }
        do throws(DocumentError) {
            return try decodeDocument(type, from: bytes)
        } catch {
            throw .badRecord(path: "\(path)/\(name)", error)
        }
    }

    private func write(_ value: some Encodable, _ name: String) throws(RuntimeError) {
        let bytes: [UInt8]
        do throws(DocumentError) { bytes = try encodeDocument(value) } catch {
            throw .badRecord(path: "\(path)/\(name)", error)
        }
        try storing { () throws(StorageError) in try directory.writeQuickly(name, bytes) }
    }
}

/// Runs `body`, and gives its failure as one of this module.
func storing<T>(_ body: () throws(StorageError) -> T) throws(RuntimeError) -> T {
    do throws(StorageError) { return try body() } catch { throw .storage(error) }
}
