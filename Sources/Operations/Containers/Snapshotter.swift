import ContainerRuntime
import ContentStorage
import ImageStorage
import LayerArchive
import OCISpec
import StorageIO

/// Prepares layers for overlays, as containerd's snapshotters do; those that are unpacked already are used as they are.
struct Snapshotter {
    let store: ContentStore
    let session: IngestSession
    let limits: ScanLimits

    /// Unpacks `layers`, lowest first.
    ///
    /// All of them are held by the session, so that nobody takes them away meanwhile. `keep` moves a tree that only these layers together have,
    /// in a folder of the session, to where it is to stay, and returns its folder and its name; without it such a tree goes with the session.
    func prepare(
        _ layers: [LayerRecord], keep: ((PathPart) throws -> (Directory, String))? = nil
    ) throws -> OverlayLayers {
        var unpacked = OverlayLayers()
        var chain: Digest?
        let folder = try store.layers.makeFolder()
        for layer in layers {
            _ = try session.hold(layer.diffID)
            let (directory, name): (Directory, String)
            if let known = try store.layers.folder(of: layer.diffID, over: chain) {
                (directory, name) = (try known.directory(UnpackedLayers.treeName), try store.layers.shortName(of: layer.diffID))
            } else {
                (directory, name) = try unpack(layer, over: chain, unpacked, in: folder, keep)
            }
            // An overlay takes a directory once. Of a layer that is there twice the upper one has the last word on all its paths.
            if let before = unpacked.names.firstIndex(of: name) {
                unpacked.names.remove(at: before)
                unpacked.directories.remove(at: before)
            }
            unpacked.names.insert(name, at: 0)
            unpacked.directories.insert(directory, at: 0)
            chain = Digest(hashing: Array("\(chain?.description ?? "") \(layer.diffID)".utf8))
        }
        return unpacked
    }

    private func unpack(
        _ layer: LayerRecord, over chain: Digest?, _ below: OverlayLayers, in folder: Directory,
        _ keep: ((PathPart) throws -> (Directory, String))?
    ) throws -> (Directory, String) {
        let (name, place) = try session.makeFolder()
        let diff = try place.ensureTree(UnpackedLayers.treeName)
        let unpacking = LayerUnpacking(into: diff, over: below.tree)
        let blob = try store.blobs.open(layer.descriptor.digest)
        let source = FileRangeSource(fd: blob.fd, length: blob.size, name: "blob \(layer.descriptor.digest)", keeping: blob)
        let digest = try unpacking.unpack(source, limits: limits)
        guard digest == layer.descriptor.digest else { throw ContentError.blobCorrupt(layer.descriptor.digest, actual: digest) }
        if unpacking.isDependent {
            try place.writeQuickly(UnpackedLayers.overName, Array((chain?.description ?? "").utf8))
        }
        if try session.moveFolder(name, to: layer.diffID.fileName, in: folder) {
            return (diff, try store.layers.shortName(of: layer.diffID))
        }
        // Unpacked meanwhile by somebody else, or over other layers: then these layers get a tree of their own.
        if let known = try store.layers.folder(of: layer.diffID, over: chain) {
            try session.removeFolder(name)
            return (try known.directory(UnpackedLayers.treeName), try store.layers.shortName(of: layer.diffID))
        }
        return try keep?(name) ?? (diff, "\(diff.path)")
    }
}
