package import StorageIO

/// A file below the store that may be a lost blob.
package struct BlobCandidate: Hashable, Sendable {
    /// The directory below the store that holds it: one of the trash, or a session's.
    package let directory: String
    /// Its name there.
    package let name: String
    /// What it was when it was hashed.
    package let status: FileStatus

    /// The path below the store.
    package var path: String { "\(directory)/\(name)" }
}
