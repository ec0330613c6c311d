import ContainerRuntime
import ContentStorage
import Foundation
import ImageStorage
import ImageTransfer
import LayerArchive
import OCISpec
import StorageIO

/// The making of a container: layers unpacked, a user found, a folder that takes its place whole.
struct ContainerCreation {
    let workspace: Workspace
    let session: IngestSession

    private var store: ContentStore { workspace.store.content }

    /// A new container, and its lock.
    ///
    /// With `startsNow` its first run is noted: should the caller be killed before it has begun, it is one that was killed.
    func make(
        _ image: ImageRecord, named imageName: String, _ request: ContainerRequest, startsNow: Bool
    ) throws -> (ContainerFolder, FileLock) {
        try ContainerPermission.check(store)
        let config = try request.config(over: image.config.config)
        let declared = request.settings.isMount ? [] : (config.volumes ?? []).map(\.text)
        var settings = try request.settings.declaring(declared)
        settings.publishExposed(config.exposedPorts)
        if settings.needsControlGroup, !ControlGroup.isUsable {
            throw RuntimeError.notPermitted(detail: "limits of memory, processors and processes need root and control groups")
        }
        // What every start looks up anew is there now.
        _ = try HostDevice.all(settings.devices ?? [])
        if settings.hasInit == true { _ = try InitProgram.find() }
        try RunNetwork.check(settings.network)
        for layer in image.layers { _ = try session.hold(layer.descriptor.digest) }
        let (place, folder) = try session.makeFolder()
        let layers = try unpack(image, in: folder)
        let id = PathPart.random()
        var container = Container(
            id: id.text, name: "", image: image.root, manifest: image.descriptor, imageID: image.imageID, imageName: imageName,
            created: Clock.now, layers: image.layers.map(\.diffID), config: config,
            user: try ContainerUser(config.user ?? "", adding: settings.addedGroups ?? [], in: layers.tree), settings: settings,
            stubs: try MountStubs(Container.mountTargets(settings), in: layers.tree))
        try OwnFiles(of: container).write(to: folder)
        let containers = try store.containers.makeHome()
        let lock = try store.containers.lockNames()
        defer { lock.release() }
        container.name = try name(request.name)
        let prepared = try ContainerFolder(place, in: session.folders)
        try prepared.prepare(lower: layers.names)
        try prepared.write(container)
        let making = VolumeMaking(
            session: session, container: prepared, tree: layers.tree, layersFolder: store.layers.shortNamesPath)
        for (name, mount) in settings.ownVolumes {
            try making.make(
                name, in: try folder.ensureTree(ContainerFolder.volumesName), for: mount.target,
                isEmpty: mount.options.contains(ContainerFolder.emptyVolumeOption))
        }
        let holds = try making.fillNamed(settings, of: store.volumes)
        defer { for held in holds { held.release() } }
        let hold = try prepared.lock()
        if startsNow { try prepared.noteStart(at: container.created) }
        _ = try session.moveFolder(place, to: id.text, in: containers)
        workspace.store.noteUse(of: image, at: Clock.now)
        return (try ContainerFolder(id, in: containers), hold)
    }

    /// The layers, those that only this image's have in the container's own folder.
    private func unpack(_ image: ImageRecord, in folder: Directory) throws -> OverlayLayers {
        // What is unpacked stands under its diff ID for every image that has it: the blobs themselves must bear the image out.
        _ = try indexLayers(of: image, named: nil, in: workspace.store, workspace.options) { _ in }
        let snapshotter = Snapshotter(store: store, session: session, limits: workspace.options.limits)
        var count = 0
        return try snapshotter.prepare(image.layers) { name in
            let own = try folder.ensureDirectory(ContainerFolder.ownLayersName)
            count += 1
            _ = try session.moveFolder(name, to: "\(count)", in: own)
            let tree = try own.directory("\(count)").directory(UnpackedLayers.treeName)
            return (tree, "\(ContainerFolder.ownLayersName)/\(count)/\(UnpackedLayers.treeName)")
        }
    }

    private func name(_ wanted: String?) throws -> String {
        let taken = Dictionary(
            try NamedContainers(of: store).all().map { ($0.container.name, $0.container.id) }
        ) { first, _ in first }
        guard let wanted else { return ContainerName.generated { taken[$0] == nil } }
        guard ContainerName.isValid(wanted) else { throw ContainerError.badName(wanted) }
        if let other = taken[wanted] { throw ContainerError.nameTaken(wanted, by: other) }
        return wanted
    }
}
