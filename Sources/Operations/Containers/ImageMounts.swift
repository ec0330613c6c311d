import ContainerRuntime
import ContentStorage
import Glibc
import OCISpec
import StorageIO

/// Images mounted read-only for people to look at: containers in which nothing runs.
extension Workspace {
    /// Mounts an image, which is pulled where it is missing, also at `place` where that is given; returns where it is mounted.
    package func mount(_ image: String, at place: String?, _ progress: OperationProgress) throws -> String {
        guard geteuid() == 0 else { throw RuntimeError.notPermitted(detail: "mounting an image for all to see needs root") }
        var request = ContainerRequest()
        // Nothing runs it.
        request.command = ["/"]
        request.settings.isMount = true
        request.settings.mountPoint = place
        let made = try createContainer(of: image, request, pulling: .missing, progress)
        do {
            try made.folder.mountReadOnly(layersFolder: made.layersFolder)
            if let place { try made.folder.bind(to: place) }
        } catch {
            try made.folder.unmount(from: nil)
            try made.folder.remove()
            throw error
        }
        return place ?? "\(made.folder.path)/\(ContainerFolder.mergedName)"
    }
}

extension NamedContainers {
    /// Takes away the mounts of an image, by its name, the beginning of their ID, or `path`, the folder one is at; `told` gets where
    /// each was.
    package func unmount(_ text: String, path: String, _ told: (String) throws -> Void) throws {
        let (items, damaged) = try scan()
        let found = items.filter { item in
            item.container.settings.isMount
                && (item.container.imageName.isExactly(text) || item.mountPath.isExactly(path)
                    || item.container.id.hasPrefix(text))
        }
        guard !found.isEmpty, !text.isEmpty else {
            throw damaged.isEmpty
                ? ContainerError.notMounted(text) : ContainerError.notFound(text, damaged: damaged.map(\.id))
        }
        for item in found {
            try item.folder.unmount(from: item.container.settings.mountPoint)
            let lock = try item.folder.lock()
            defer { lock.release() }
            try remove(item.folder, item.container)
            try told(item.mountPath)
        }
    }
}
