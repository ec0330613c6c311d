package import ContentStorage
import StorageIO

/// The end of a container as whoever waits for it sees it.
///
/// One that is removed with its end leaves no record, so its folder has a file into which its keeper writes the status before the
/// folder goes: who waits has the file open, and an open file outlives its name.
package struct ContainerEnd: Sendable {
    private let folder: ContainerFolder
    private let file: File?
    private static let name = "end"
    /// More than the longest status.
    private static let limitBytes = 16

    /// The end of the container in `folder`, which may be running.
    package init(of folder: ContainerFolder) throws(RuntimeError) {
        self.folder = folder
        file = try lift(try folder.directory.openFile(Self.name), to: RuntimeError.storage)
    }

    /// The status of its command, once the container has ended: 137 where nobody saw it; nil for one that did not run.
    package func status() throws(RuntimeError) -> Int32? {
        guard let file else { return try lift(try folder.status(), to: RuntimeError.init).exitStatus }
        let bytes = try lift(try file.readAll(limit: Self.limitBytes), to: RuntimeError.storage)
        return Int32(String(decoding: bytes, as: UTF8.self)) ?? 137
    }

    /// Gets the file ready.
    static func prepare(_ folder: ContainerFolder) throws(RuntimeError) {
        try lift(try folder.directory.writeQuickly(name, []), to: RuntimeError.storage)
    }

    /// Tells the status to those who wait.
    static func note(_ status: Int32, in folder: ContainerFolder) {
        do throws(StorageError) {
            try folder.directory.openFileForUpdate(name)?.write(Array("\(status)".utf8))
        } catch {
            // The disk is full, say: that the container goes is worth more than what is said of it.
        }
    }
}
