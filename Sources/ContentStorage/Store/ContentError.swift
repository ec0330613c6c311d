package import OCISpec
package import StorageIO

/// Why a store or a blob could not be read or written.
package enum ContentError: Error, Hashable, Sendable {
    /// A part of the store that does not read as it must.
    package enum Part: String, Hashable, Sendable {
        case index = "index.json"
        case format = "strata.json"
        case release = "release.json"
    }

    /// The system refused.
    case storage(StorageError)
    /// There is no store at the path, and none was to be made.
    case absent(path: String)
    /// The directory holds other things; a store is made only in an empty one.
    case notAStore(path: String)
    /// The directory is a store, but without its `index.json`: damaged, never empty.
    case indexMissing(path: String)
    /// A document of the store itself cannot be read.
    case damaged(Part, path: String, DocumentError)
    /// There is no container of that ID.
    case containerAbsent(String)
    /// Somebody else runs, changes or removes the container.
    case containerInUse(id: String)
    /// A container's record, or the note of its last run, cannot be read.
    case containerDamaged(ContainerDamage)
    /// Containers of these names mount the volume.
    case volumeInUse(String, by: [String])
    /// A volume's record cannot be read.
    case volumeDamaged(String, DocumentError)
    /// Containers join the network.
    case networkInUse(String, by: [String])
    /// The record of the network is not the document that it must be.
    case networkDamaged(String, DocumentError)
    /// The store was written by a newer program.
    case newerFormat(path: String, found: Int, supported: Int)
    /// The image layout is of a version that this program does not know.
    case otherLayout(path: String, version: String)
    /// A folder of the store is on another file system than the store, or a symlink.
    case splitStore(path: String, folder: String, isLink: Bool)
    /// Others held a lock of the store until the waiting ran out.
    case busy(path: String)
    /// The store has no blob of that digest.
    case blobAbsent(Digest)
    /// The name of a blob leads to something that is not a regular file.
    case blobNotAFile(Digest)
    /// A document is longer than this program reads.
    case blobTooLarge(Digest, bytes: Int64, limit: Int)
    /// The bytes stored do not have the digest that names them.
    case blobCorrupt(Digest, actual: Digest)
    /// Bytes to be stored do not have the digest, or are not as many, as was promised.
    case digestMismatch(expected: Digest, actual: Digest)
    /// The number of bytes is not the promised one.
    case sizeMismatch(Digest, expectedBytes: Int64, actualBytes: Int64)
    /// The session or the writer was used after its end.
    case sessionEnded
}

extension ContentError {
    /// The content error for a failed system call; a lock that was not free is `busy`.
    package init(_ error: StorageError) {
        self = error.isBusy ? .busy(path: error.path) : .storage(error)
    }
}
