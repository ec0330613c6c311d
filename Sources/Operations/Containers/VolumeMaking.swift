import ContainerRuntime
import ContentStorage
import LayerArchive
import StorageIO
import Synchronization
import TextValues

/// The making of volumes: folders that begin with what an image has at their place, with its mode and owner.
struct VolumeMaking {
    let session: IngestSession
    /// The container whose tree is read; nobody runs it, and nobody has its lock.
    let container: ContainerFolder
    /// The tree of its image.
    let tree: StackedTree
    let layersFolder: String

    /// Makes `name` in `home`, with what the image has at `target`; an empty folder of root's where it has nothing there.
    ///
    /// With `isEmpty` it is one in any case. Volumes are for directories: what else the image has there is an error.
    func make(_ name: String, in home: Directory, for target: String, isEmpty: Bool) throws {
        guard let place = try tree.resolve(Array(target.utf8)), !place.isEmpty else { throw ContainerError.badVolume(target) }
        let item = try tree.item(at: place)?.item
        if let item, item.status.kind != .directory { throw ContainerError.badVolume(target) }
        if item == nil || isEmpty {
            _ = try home.ensureTree(name)
        } else {
            try copy(String(decoding: place, as: UTF8.self), to: home, name)
        }
    }

    /// Copies a directory of the tree, by way of a nameless file.
    private func copy(_ place: String, to home: Directory, _ name: String) throws {
        let spool = try session.temporaryFile()
        let state = Mutex<(length: Int64, failure: StorageError?)>((0, nil))
        try container.run(.read("/\(place)"), layersFolder: layersFolder, program: FoundContainer.ownProgram) { bytes in
            state.withLock { state in
                guard state.failure == nil else { return }
                do throws(StorageError) {
                    try spool.write(bytes, at: state.length)
                    state.length += Int64(bytes.count)
                } catch { state.failure = error }
            }
        }
        let (length, failure) = state.withLock { $0 }
        if let failure { throw failure }
        let tar = FileRangeSource(fd: spool.fd, length: length, name: "the image's \(place)", keeping: spool)
        try TreePlacement(into: home, name: Array(name.utf8), keeping: .init(owners: true, attributes: true)).place(tar)
    }
}

extension ContainerSettings {
    /// The settings with the volumes that a config declares: at each place where nothing else is mounted one of the container's own.
    func declaring(_ paths: [String]) throws(ContainerError) -> ContainerSettings {
        var settings = self
        var taken = Set(mounts.map { PathWalk.cleaned($0.target.utf8) })
        for path in paths.sorted() {
            let place = PathWalk.cleaned(path.utf8)
            guard path.utf8.first == UInt8(ascii: "/"), !place.isEmpty else { throw .badVolume(path) }
            if taken.insert(place).inserted { settings.mounts.append(Mount(.volume, source: "", target: path)) }
        }
        settings.numberVolumes()
        return settings
    }
}
