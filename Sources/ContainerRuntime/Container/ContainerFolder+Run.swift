package import ContentStorage
import StorageIO
import SystemPackage

/// The current run of a container.
extension ContainerFolder {
    /// The bundle of the current run.
    static let runName = "run"

    /// The container in the folder at `path`.
    init(at path: String) throws(RuntimeError) {
        let place = FilePath(path)
        let parent = try lift(try Directory.open(place.removingLastComponent()), to: RuntimeError.storage)
        guard let name = PathPart(place.lastComponent?.string ?? "") else { throw .content(.containerAbsent(path)) }
        do { try self.init(name, in: parent) } catch { throw RuntimeError(error) }
    }

    /// The bundle of the current run.
    package var bundle: Bundle { Bundle(folder: "\(path)/\(Self.runName)", id: "strata-\(name.prefix(12))") }

    /// An empty folder for the next run's bundle.
    func makeBundle() throws(RuntimeError) -> Bundle {
        try lift(to: RuntimeError.storage) { () throws(StorageError) in
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
        try lift(try status(), to: RuntimeError.init).isRunning ? bundle.runtimeProcess : nil
    }
}
