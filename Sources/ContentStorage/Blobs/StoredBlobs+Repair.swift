package import OCISpec
package import StorageIO

/// What a repair does with blobs: damaged ones are set aside, and lost ones come back from where they may still be.
extension StoredBlobs {
    /// Moves what stands under a blob's name into a new bin of the trash, and returns its new path below the store; nil when it is
    /// not what was seen any more, or a live session counts on it.
    ///
    /// Nothing is unlinked. A reader that opened the file keeps it; one that comes later finds the blob absent. `record` is
    /// on the disk beside it before it is moved.
    package func setAside(_ digest: Digest, seen: FileStatus, record: [UInt8]) throws(ContentError) -> String? {
        let source = try lift(
            try content.root.directory(Self.folderName).directory(digest.algorithm.rawValue), to: ContentError.init)
        return try content.trash.setAside(digest.hex, of: source, as: digest.fileName, record: record) {
            () throws(StorageError) in
            guard try status(of: digest) == seen else { return false }
            return try !content.sessions.isHeld(digest)
        }
    }

    /// Regular files of the trash and of abandoned sessions: where a lost blob may still be.
    package func candidates() throws(ContentError) -> [BlobCandidate] {
        try lift(try candidatesOfSessions() + candidatesOfTrash(), to: ContentError.init)
    }

    private func candidatesOfSessions() throws(StorageError) -> [BlobCandidate] {
        try content.sessions.all().filter { !$0.isLive }.flatMap { session in
            session.partials.filter { $0.status.kind == .file }.map { partial in
                BlobCandidate(
                    directory: "\(IngestSessions.folderName)/\(session.name)", name: partial.name, status: partial.status)
            }
        }
    }

    private func candidatesOfTrash() throws(StorageError) -> [BlobCandidate] {
        guard try content.root.status(Trash.folderName)?.kind == .directory else { return [] }
        var found: [BlobCandidate] = []
        try StoreWalk.visit(try content.root.directory(Trash.folderName)) { item throws(StorageError) in
            guard item.status.kind == .file else { return }
            let parts = "\(Trash.folderName)/\(item.path)".split(separator: "/").map(String.init)
            guard let name = parts.last, ![Trash.repairRecordName, TrashBin.recordName].contains(name) else { return }
            found.append(
                BlobCandidate(directory: parts.dropLast().joined(separator: "/"), name: name, status: item.status))
        }
        return found
    }

    /// Opens a candidate to hash it; nil when it is gone.
    package func open(_ candidate: BlobCandidate) throws(ContentError) -> File? {
        try lift(
            try ifPresent(try content.root.directory(candidate.directory).openFile(candidate.name)), to: ContentError.init)
    }

    /// Makes a candidate, which the caller found to have `digest`, the blob of that name; on return it is on the disk.
    ///
    /// False, and nothing changed, when the candidate is not what was seen any more, its session came to life, or the blob is
    /// there by now.
    package func restore(_ digest: Digest, from candidate: BlobCandidate) throws(ContentError) -> Bool {
        try content.locks.whileSweeping { () throws(StorageError) in
            let source = try content.root.directory(candidate.directory)
            let isInTrash = candidate.directory.hasPrefix(Trash.folderName + "/")
            // A session's lock is free when its process is dead; nobody takes over a session's directory.
            let session = isInTrash ? nil : try FileLock.attempt(directory: source, .exclusive)
            defer { session?.release() }
            guard isInTrash || session != nil, try source.status(candidate.name) == candidate.status,
                try status(of: digest) == nil, let file = try source.openFile(candidate.name)
            else { return false }
            let target = try makeFolder(digest.algorithm)
            try Failpoint.repairBeforeRestore.check(.changeMode, file.path)
            if candidate.status.mode != content.access.blobMode { try file.setMode(content.access.blobMode) }
            try file.sync()
            try source.rename(candidate.name, to: digest.hex, in: target)
            try Failpoint.repairAfterRestore.check(.sync, target.path)
            try target.sync()
            try source.sync()
            return true
        }
    }
}
