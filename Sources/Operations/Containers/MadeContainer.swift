package import ContentStorage
import ImageStorage
package import StorageIO

/// A container that was just made.
package struct MadeContainer: Sendable {
    /// Its folder.
    package var folder: ContainerFolder
    /// Its lock: nobody is to remove it before it runs.
    package var lock: FileLock
    /// Where short names of layers are.
    package var layersFolder: String
}

extension Workspace {
    /// Makes a container of an image, which is pulled where `moment` says so.
    ///
    /// With `startsNow` its first run is noted: should the caller be killed before it has begun, it is one that was killed.
    package func createContainer(
        of name: String, _ request: ContainerRequest, pulling moment: PullMoment, startsNow: Bool = false,
        _ progress: OperationProgress
    ) throws -> MadeContainer {
        let session = try openSession()
        let image = try record(name, moment, progress)
        let (folder, lock) = try ContainerCreation(workspace: self, session: session).make(
            image, named: name, request, startsNow: startsNow)
        return MadeContainer(folder: folder, lock: lock, layersFolder: store.content.layers.shortNamesPath)
    }
}
