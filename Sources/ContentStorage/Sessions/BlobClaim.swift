import Glibc
package import OCISpec
import StorageIO
import SystemPackage

/// Who brings in a blob that several processes may want at the same time.
package enum BlobClaim: Sendable {
    /// The store has it, and the session holds it.
    case present
    /// This session does: the writer may begin with bytes that an interrupted one left.
    case mine(BlobWriter)
    /// Another process is at it, and has so many bytes; ask again later.
    case elsewhere(bytes: Int64)
}

extension IngestSession {
    private static let claimLockName = "claim.lock"

    /// Claims the fetching of a blob, so that of many processes that want it one does.
    ///
    /// The claim is the lock of the partial file, which bears the digest's name: it ends with the writer or its process, and
    /// whoever asks then takes the partial over. The digest is held for the session whatever the answer. With `isAlone` nobody
    /// else is waited for: the others may have been stopped.
    package func claim(_ digest: Digest, size: Int64, isAlone: Bool = false) throws(ContentError) -> BlobClaim {
        if try hold(digest, size: size) { return .present }
        let claims = try lift(
            try FileLock.acquire(Self.claimLockName, in: locks, .exclusive, patience: store.patience), to: ContentError.init)
        defer { claims.release() }
        // The one who had it may have committed while this one waited.
        if try hold(digest, size: size) { return .present }
        switch try findPartial(of: digest, size: size) {
        case .locked(let bytes): if !isAlone { return .elsewhere(bytes: bytes) }
        case .taken(let writer): return .mine(writer)
        case .none:
            // Or between the look at the blob and the look for what is left of it.
            if try hold(digest, size: size) { return .present }
        }
        let writer = try makeWriter(expected: digest)
        try writer.lock()
        return .mine(writer)
    }

    private enum Partial {
        case none
        /// So many bytes.
        case locked(Int64)
        case taken(BlobWriter)
    }

    private func findPartial(of digest: Digest, size: Int64) throws(ContentError) -> Partial {
        try lift(to: ContentError.init) { () throws(StorageError) in
            // Nobody clears abandoned sessions meanwhile.
            let sweep = try store.locks.sweep(.shared, in: locks)
            defer { sweep.release() }
            var lockedBytes: Int64?
            for other in try parent.names() {
                do throws(StorageError) {
                    let directory = try parent.directory(other)
                    for name in try directory.names() where name.hasPrefix("\(digest.fileName).") {
                        let found = try look(at: name, in: directory, of: other, digest, size: size)
                        switch found {
                        case .none: continue
                        case .locked(let bytes): lockedBytes = (lockedBytes ?? 0) + bytes
                        case .taken: return found
                        }
                    }
                } catch let error where error.isAbsent || error.errno == .notDirectory {
                    continue
                }
            }
            return lockedBytes.map(Partial.locked) ?? .none
        }
    }

    /// A partial file that somebody is at is locked; one in a live session without a lock is an import's, and left alone.
    private func look(
        at name: String, in directory: Directory, of session: String, _ digest: Digest, size: Int64
    ) throws(StorageError) -> Partial {
        let opened: File?
        do { opened = try directory.openFileForUpdate(name) } catch {
            // Another user's, or made read-only just before its writer died.
            if error.errno == .permissionDenied { return .none }
            throw error
        }
        guard let file = opened else { return .none }
        guard let claim = try FileLock.attempt(of: file, .exclusive) else {
            return .locked(try file.status().sizeBytes)
        }
        var isTaken = false
        defer { if !isTaken { claim.release() } }
        if session == self.name { return .none }
        guard let owner = try FileLock.attempt(directory: directory, .exclusive) else { return .none }
        defer { owner.release() }
        let status = try file.status()
        // Of another member of a group: who did not make it cannot make it read-only in the end.
        guard status.uid == geteuid() || ProcessOwner.uid == 0 else { return .none }
        guard try directory.status(Self.resumableName) != nil, status.kind == .file, (1...size).contains(status.sizeBytes) else {
            return .none
        }
        let newName = nextPartialName(digest)
        try directory.rename(name, to: newName, in: self.directory)
        isTaken = true
        // The last one out of an abandoned session shuts its door.
        if try !Self.hasPartials(directory, missingIn: store) { try parent.removeTree(session) }
        return .taken(BlobWriter(session: self, name: newName, file: file, keptBytes: status.sizeBytes))
    }
}
