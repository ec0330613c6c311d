import OCISpec
package import StorageIO
import SystemPackage

extension ContentStore {
    /// Where the folders of a store may be.
    package enum FolderPlacement: Sendable {
        /// In the store's directory, on its file system: what is brought in and what is removed is moved between them by renames.
        case onOneFileSystem
        /// In the store's directory, where another file system may be mounted: that is enough to count what is there.
        case inPlaceOrMounted
    }

    /// The folders between which blobs and unpacked layers are moved, each after the one that it is in.
    private static let movingFolders =
        [
            StoredBlobs.folderName, UnpackedLayers.folderName, IngestSessions.folderName, Trash.folderName,
            StoreLocks.folderName,
        ] + Digest.Algorithm.allCases.map(StoredBlobs.folderPath)
    /// Those of which each is changed by itself.
    private static let otherFolders = [
        StoredContainers.folderName, BuildCache.folderName, BuildCache.mountsPath, StoredPlans.folderName,
        StoredVolumes.folderName, StoredNetworks.folderName,
    ]

    /// Refuses a store of which a folder is elsewhere.
    ///
    /// No symlink is followed, so what is in a folder that is one is not known: neither what it needs nor what it occupies.
    package func requireFolders(_ placement: FolderPlacement) throws(ContentError) {
        for folder in Self.movingFolders + Self.otherFolders { try requireInPlace(folder) }
        guard placement == .onOneFileSystem else { return }
        for folder in Self.movingFolders where try lift(try root.isMountPoint(folder), to: ContentError.init) {
            throw .splitStore(path: root.path, folder: folder, isLink: false)
        }
    }

    /// Refuses a symlink in place of a folder of the store.
    func requireInPlace(_ folder: String) throws(ContentError) {
        let status = try lift(try root.status(folder), to: ContentError.init)
        if status?.kind == .symlink { throw .splitStore(path: root.path, folder: folder, isLink: true) }
    }

    /// A folder that is the store's own; nil where no command has made it yet.
    ///
    /// Something else in its place, such as a symlink, is an error: then it is not known what is in the folder.
    func ownFolder(_ name: String) throws(StorageError) -> Directory? { try ifPresent(try root.directory(name)) }

    /// A folder of a folder that was listed; nil where it is gone by now, or none.
    package func subfolder(_ name: String, of parent: Directory) throws(StorageError) -> Directory? {
        do { return try parent.directory(name) } catch {
            if error.isAbsent || error.errno == .notDirectory { return nil }
            throw error
        }
    }
}
