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

    /// Makes and fills the volumes with names that a container mounts; the locks that this returns are to be held until its record has
    /// its place, so that nobody removes one of them.
    func fillNamed(_ settings: ContainerSettings, of volumes: StoredVolumes) throws -> [StoredVolumes.Held] {
        let mounts = settings.mounts.filter { $0.kind == .volume }
        let named = Dictionary(mounts.compactMap { mount in StoredVolumes.name(ofSource: mount.source).map { ($0, mount) } }) {
            first, _ in first
        }
        var holds: [StoredVolumes.Held] = []
        do {
            // In order, so that of two commands with the same two none waits for the other.
            for (name, mount) in named.sorted(by: { $0.key < $1.key }) {
                let held = try volumes.hold(name, making: StoredVolumes.Record(created: Clock.now))
                holds.append(held)
                let isFilled = try mount.options.contains(ContainerFolder.emptyVolumeOption) || !held.isEmpty
                guard !isFilled, let place = try tree.resolve(Array(mount.target.utf8)), try tree.item(at: place) != nil else {
                    continue
                }
                try held.fill { try make($1, in: $0, for: mount.target, isEmpty: false) }
            }
        } catch {
            for held in holds { held.release() }
            throw error
        }
        return holds
    }

    /// Copies a directory of the tree, by way of a nameless file.
    private func copy(_ place: String, to home: Directory, _ name: String) throws {
        let spool = try session.temporaryFile()
        let state = Mutex<(length: Int64, failure: StorageError?)>((0, nil))
        try container.run(.read("/\(place)"), on: nil, layersFolder: layersFolder, program: FoundContainer.ownProgram) { bytes in
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
