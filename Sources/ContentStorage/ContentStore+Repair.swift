package import OCISpec
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

extension ContentStore {
    /// Moves what stands at `blobs/<algorithm>/<name>` into a new directory of the trash, and returns its new path below the
    /// store; nil when it is not what was seen any more, or a live session counts on it.
    ///
    /// Nothing is unlinked. A reader that opened the file keeps it; one that comes later finds the blob absent. `record` is
    /// on the disk beside it before it is moved.
    package func setAside(
        _ digest: Digest, seen: FileStatus, record: [UInt8]
    ) throws(ContentError) -> String? {
        let source = try storing { () throws(StorageError) in
            try root.directory(Self.blobsName).directory(digest.algorithm.rawValue)
        }
        return try trash.setAside(digest.hex, of: source, as: digest.fileName, record: record) { () throws(StorageError) in
            guard try blobStatus(digest) == seen else { return false }
            return try !isHeld(digest)
        }
    }

    /// Regular files of the trash and of abandoned sessions: where a lost blob may still be.
    package func candidates() throws(ContentError) -> [BlobCandidate] {
        try storing { () throws(StorageError) in
            var found: [BlobCandidate] = []
            for session in try sessions() where !session.isLive {
                for partial in session.partials where partial.status.kind == .file {
                    found.append(
                        BlobCandidate(
                            directory: "\(Self.ingestName)/\(session.name)", name: partial.name, status: partial.status))
                }
            }
            guard try root.status(Trash.folderName)?.kind == .directory else { return found }
            try StoreWalk.visit(try root.directory(Trash.folderName)) { item throws(StorageError) in
                guard item.status.kind == .file else { return }
                let parts = "\(Trash.folderName)/\(item.path)".split(separator: "/").map(String.init)
                guard let name = parts.last, ![Trash.repairRecordName, TrashBin.recordName].contains(name) else { return }
                found.append(
                    BlobCandidate(
                        directory: parts.dropLast().joined(separator: "/"), name: name, status: item.status))
            }
            return found
        }
    }

    /// Opens a candidate to hash it; nil when it is gone.
    package func open(_ candidate: BlobCandidate) throws(ContentError) -> File? {
        try storing { () throws(StorageError) in
            do throws(StorageError) {
                return try root.directory(candidate.directory).openFile(candidate.name)
            } catch let error where error.isAbsent {
                return nil
            }
        }
    }

    /// Makes a candidate, which the caller found to have `digest`, the blob of that name; on return it is on the disk.
    ///
    /// False, and nothing changed, when the candidate is not what was seen any more, its session came to life, or the blob is
    /// there by now.
    package func restore(_ digest: Digest, from candidate: BlobCandidate) throws(ContentError) -> Bool {
        let locks = try locks()
        return try storing { () throws(StorageError) in
            let sweep = try FileLock.acquire(Self.sweepLockName, in: locks, .exclusive, patience: patience)
            defer { sweep.release() }
            let source = try root.directory(candidate.directory)
            let isInTrash = candidate.directory.hasPrefix(Trash.folderName + "/")
            // A session's lock is free when its process is dead; nobody takes over a session's directory.
            let session = isInTrash ? nil : try FileLock.attempt(directory: source, .exclusive)
            defer { session?.release() }
            guard isInTrash || session != nil, try source.status(candidate.name) == candidate.status,
                try blobStatus(digest) == nil, let file = try source.openFile(candidate.name)
            else { return false }
            let target = try blobDirectory(digest.algorithm)
            try Failpoint.repairBeforeRestore.check(.changeMode, file.path)
            if candidate.status.mode != access.blobMode { try file.setMode(access.blobMode) }
            try file.sync()
            try source.rename(candidate.name, to: digest.hex, in: target)
            try Failpoint.repairAfterRestore.check(.sync, target.path)
            try target.sync()
            try source.sync()
            return true
        }
    }

    /// Removes an abandoned session that holds no byte of any blob; false when it does, lives, or is gone.
    package func removeSessionWithoutBytes(_ name: PathPart) throws(ContentError) -> Bool {
        let locks = try locks()
        return try storing { () throws(StorageError) in
            let sweep = try FileLock.acquire(Self.sweepLockName, in: locks, .exclusive, patience: patience)
            defer { sweep.release() }
            let ingest = try root.directory(Self.ingestName)
            guard let session = try Self.remains(of: name.text, in: ingest), !session.isLive,
                session.partials.allSatisfy({ $0.status.kind == .file && $0.status.sizeBytes == 0 })
            else { return false }
            try Failpoint.repairBeforeSession.check(.remove, ingest.path)
            try ingest.removeTree(name.text)
            try Failpoint.repairAfterSession.check(.remove, ingest.path)
            return true
        }
    }

    /// Writes `oci-layout` where there is none.
    package func writeMarker() throws(ContentError) {
        let bytes = try Self.encoded(ImageLayoutMarker(), as: .format, in: root)
        try storing { () throws(StorageError) in
            let lock = try FileLock.acquire(directory: root, .exclusive, patience: patience)
            defer { lock.release() }
            if try root.status(ImageLayoutMarker.fileName) == nil {
                try layoutRoot.writeDurably(ImageLayoutMarker.fileName, bytes, points: .marker)
            }
        }
    }

    /// The caller has the sweep lock, so no session takes a hold meanwhile.
    private func isHeld(_ digest: Digest) throws(StorageError) -> Bool {
        guard try root.status(Self.ingestName)?.kind == .directory else { return false }
        let ingest = try root.directory(Self.ingestName)
        for name in try ingest.names() where try ingest.status(name)?.kind == .directory {
            if let session = try Self.remains(of: name, in: ingest), session.isLive, session.holds.contains(digest) {
                return true
            }
        }
        return false
    }
}
