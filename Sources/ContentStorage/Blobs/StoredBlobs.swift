import Glibc
package import OCISpec
package import StorageIO
import SystemPackage

/// The blobs of a store, `blobs/<algorithm>/<hex>`: finding, opening and reading them.
///
/// They come by a session (`BlobWriter`) and go by a sweep. One that is found may be gone afterwards, unless a session holds it.
package struct StoredBlobs: Sendable {
    static let folderName = "blobs"

    let content: ContentStore

    init(_ content: ContentStore) { self.content = content }

    /// The length in bytes of a blob, or nil where the store has none.
    package func size(of digest: Digest) throws(ContentError) -> Int64? {
        guard let status = try lift(try status(of: digest), to: ContentError.init) else { return nil }
        guard status.kind == .file else { throw .blobNotAFile(digest) }
        return status.sizeBytes
    }

    /// Since when a blob is as it is, its inode included, in whole seconds since 1970; nil where the store has none.
    package func changeSeconds(of digest: Digest) throws(ContentError) -> Int64? {
        try lift(try status(of: digest), to: ContentError.init)?.lastChangeSeconds
    }

    /// Opens a blob; nothing is verified.
    package func open(_ digest: Digest) throws(ContentError) -> OpenedBlob {
        guard let file = try lift(try file(of: digest), to: ContentError.init) else {
            if try lift(try status(of: digest), to: ContentError.init) != nil { throw .blobNotAFile(digest) }
            throw .blobAbsent(digest)
        }
        let status = try lift(try file.status(), to: ContentError.init)
        guard status.kind == .file else { throw .blobNotAFile(digest) }
        return OpenedBlob(file: file, size: status.sizeBytes)
    }

    private func file(of digest: Digest) throws(StorageError) -> File? {
        do { return try content.root.openFile(Self.path(of: digest)) } catch {
            // A symlink in place of a blob: no regular file, and not followed.
            if error.errno == .tooManySymbolicLinkLevels { return nil }
            throw error
        }
    }

    /// Reads a whole document of at most `limit` bytes, and compares its digest: what is returned is what the digest names.
    ///
    /// Skopeo writes a manifest in place even where it is there already, so for a moment it is short: one that was changed just now is
    /// read again a few times.
    package func read(_ digest: Digest, limit: Int = DocumentLimits.stored.maxBytes) throws(ContentError) -> [UInt8] {
        var attemptsLeft = 5
        while true {
            let blob = try open(digest)
            guard blob.size <= limit else { throw .blobTooLarge(digest, bytes: blob.size, limit: limit) }
            let bytes = try lift(try blob.file.readAll(limit: limit), to: ContentError.init)
            let actual = Digest(hashing: bytes, with: digest.algorithm)
            if actual == digest { return bytes }
            let changed = try lift(try blob.file.status().modifiedSeconds, to: ContentError.init)
            attemptsLeft -= 1
            guard attemptsLeft > 0, abs(Int64(time(nil)) - changed) <= 2 else { throw .blobCorrupt(digest, actual: actual) }
            usleep(10_000)
        }
    }

    /// The digests by which the store's blobs are named, sorted; what has another name is left out.
    package func digests() throws(ContentError) -> [Digest] {
        var found: [Digest] = []
        for algorithm in Digest.Algorithm.allCases {
            let digests = try lift(
                try folder(algorithm)?.mapNames { Digest(algorithm: algorithm, hex: $0) }, to: ContentError.init)
            found += (digests ?? []).sorted()
        }
        return found
    }

    /// The directory of an algorithm's blobs, for whoever looks at many of them; nil where there is none.
    package func folder(_ algorithm: Digest.Algorithm) throws(StorageError) -> Directory? {
        try ifPresent(try content.root.directory(Self.folderPath(algorithm)))
    }

    /// What stands under a blob's name, of whatever kind, or nil for nothing.
    package func status(of digest: Digest) throws(StorageError) -> FileStatus? {
        try content.root.status(Self.path(of: digest))
    }

    /// The directory of an algorithm's blobs, made where it is missing.
    func makeFolder(_ algorithm: Digest.Algorithm) throws(StorageError) -> Directory {
        try content.layoutRoot.ensureDirectory(Self.folderName).ensureDirectory(algorithm.rawValue)
    }

    /// Has the names of all blobs on the disk: another session may have committed one and not have synced its name yet.
    func syncNames() throws(StorageError) {
        for algorithm in Digest.Algorithm.allCases { try folder(algorithm)?.sync() }
    }

    /// The path, below the store, of an algorithm's blobs.
    static func folderPath(_ algorithm: Digest.Algorithm) -> String { "\(folderName)/\(algorithm.rawValue)" }

    private static func path(of digest: Digest) -> String { "\(folderPath(digest.algorithm))/\(digest.hex)" }
}

extension ContentStore {
    /// The blobs.
    package var blobs: StoredBlobs { StoredBlobs(self) }
}
