package import OCISpec
package import StorageIO
import SystemPackage

/// A file of a container, or its folder, that cannot be read as what it must be.
///
/// Nobody knows what such a container needs. So what removes something ends with it, and what does not goes on without the container
/// and says so; `fsck --repair` moves what is damaged to the trash.
package struct ContainerDamage: Error, Hashable {
    /// What is wrong.
    package enum Reason: Hashable, Sendable {
        /// The file is not the document that it must be.
        case document(DocumentError)
        /// A file of another kind stands in its place.
        case kind(FileStatus.Kind)
        /// The system does not let it be read.
        case unreadable(StorageError)
        /// It is over, and what is left of it cannot be removed now.
        case notRemovable(StorageError)
    }

    /// The container.
    package let id: PathPart
    /// The name of the file in the container's folder; nil where the folder itself is damaged.
    package let file: String?
    /// What is wrong with it.
    package let reason: Reason

    /// A damage from its parts.
    package init(_ id: PathPart, _ file: String?, _ reason: Reason) {
        self.id = id
        self.file = file
        self.reason = reason
    }

    /// The path below the store.
    package var path: String {
        let folder = "\(StoredContainers.folderName)/\(id)"
        return file.map { "\(folder)/\($0)" } ?? folder
    }

    /// Whether the container is lost with it: a damaged note of its last run is only that.
    package var isOfRecord: Bool { file != ContainerFolder.stateName }
}

extension StorageError {
    /// Whether reading failed for what the file itself is, so that no other file is concerned.
    var isOfOneFile: Bool {
        [
            .permissionDenied, .notPermitted, .ioError, .fileTooLarge, .isDirectory, .notDirectory, .tooManySymbolicLinkLevels,
            .noSuchAddressOrDevice, .badMessage, .staleNFSFileHandle,
        ].contains(errno)
    }
}
