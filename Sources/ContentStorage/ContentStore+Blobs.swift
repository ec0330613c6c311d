import Glibc
package import OCISpec
package import StorageIO
package import SystemPackage

/// A blob open for reading; the descriptor is closed when the last reference goes.
///
/// The bytes stay readable even when the blob is collected meanwhile.
package final class OpenedBlob: Sendable {
    /// The blob's file.
    package let file: File
    /// The blob's length in bytes.
    package let size: Int64

    init(file: File, size: Int64) {
        self.file = file
        self.size = size
    }

    /// The descriptor's number, for positioned reads; valid for as long as this object lives.
    package var fd: Int32 { file.fd }
    /// The descriptor; valid for as long as this object lives.
    package var descriptor: FileDescriptor { file.descriptor }
}

extension ContentStore {
    /// The length in bytes of a blob, or nil where the store has none.
    ///
    /// Another process may remove the blob afterwards unless a session holds it.
    package func size(of digest: Digest) throws(ContentError) -> Int64? {
        let status = try storing { () throws(StorageError) in try blobStatus(digest) }
        guard let status else { return nil }
        guard status.kind == .file else { throw .blobNotAFile(digest) }
        return status.sizeBytes
    }

    /// Since when a blob is as it is, its inode included, in whole seconds since 1970; nil where the store has none.
    package func changeSeconds(of digest: Digest) throws(ContentError) -> Int64? {
        let status = try storing { () throws(StorageError) in try blobStatus(digest) }
        return status?.lastChangeSeconds
    }

    /// Opens a blob; nothing is verified.
    package func openBlob(_ digest: Digest) throws(ContentError) -> OpenedBlob {
        let file = try storing { () throws(StorageError) -> File? in
            do throws(StorageError) {
                return try root.openFile("blobs/\(digest.algorithm.rawValue)/\(digest.hex)")
            } catch let error where error.errno == .tooManySymbolicLinkLevels {
                // A symlink in place of a blob: no regular file, and not followed.
                return nil
            }
        }
        guard let file else {
            if try storing({ () throws(StorageError) in try blobStatus(digest) }) != nil { throw .blobNotAFile(digest) }
            throw .blobAbsent(digest)
        }
        let status = try storing { () throws(StorageError) in try file.status() }
        guard status.kind == .file else { throw .blobNotAFile(digest) }
        return OpenedBlob(file: file, size: status.sizeBytes)
    }

    /// Reads a whole document of at most `limit` bytes, and compares its digest: what is returned is what the digest names.
    ///
    /// Skopeo writes a manifest in place even where it is there already, so for a moment it is short: one that was changed just now is
    /// read again a few times.
    package func readBlob(_ digest: Digest, limit: Int = DocumentLimits.default.maxBytes) throws(ContentError) -> [UInt8] {
        var attemptsLeft = 5
        while true {
            let blob = try openBlob(digest)
            guard blob.size <= limit else { throw .blobTooLarge(digest, bytes: blob.size, limit: limit) }
            let bytes = try storing { () throws(StorageError) in try blob.file.readAll(limit: limit) }
            let actual = Digest(hashing: bytes, with: digest.algorithm)
            if actual == digest { return bytes }
            let changed = try storing { () throws(StorageError) in try blob.file.status().modifiedSeconds }
            attemptsLeft -= 1
            guard attemptsLeft > 0, abs(Int64(time(nil)) - changed) <= 2 else { throw .blobCorrupt(digest, actual: actual) }
            usleep(10_000)
        }
    }

    /// The digests by which the store's blobs are named, sorted; what has another name is left out.
    package func blobs() throws(ContentError) -> [Digest] {
        var found: [Digest] = []
        for algorithm in Digest.Algorithm.allCases {
            let names = try storing { () throws(StorageError) in
                do throws(StorageError) {
                    return try root.directory("\(Self.blobsName)/\(algorithm.rawValue)").names()
                } catch let error where error.isAbsent {
                    return []
                }
            }
            for name in names {
                if let digest = Digest(ifValid: "\(algorithm.rawValue):\(name)") { found.append(digest) }
            }
        }
        return found
    }

    /// The directory of an algorithm's blobs, for whoever looks at many of them; nil where there is none.
    package func blobFolder(_ algorithm: Digest.Algorithm) throws(StorageError) -> Directory? {
        do throws(StorageError) { return try root.directory("\(Self.blobsName)/\(algorithm.rawValue)") } catch {
            if error.isAbsent { return nil }
            throw error
        }
    }

    /// What stands under a blob's name, of whatever kind, or nil for nothing.
    package func blobStatus(_ digest: Digest) throws(StorageError) -> FileStatus? {
        try root.status("blobs/\(digest.algorithm.rawValue)/\(digest.hex)")
    }

    /// The directory of an algorithm's blobs, made where it is missing.
    func blobDirectory(_ algorithm: Digest.Algorithm) throws(StorageError) -> Directory {
        try layoutRoot.ensureDirectory(Self.blobsName).ensureDirectory(algorithm.rawValue)
    }
}
