import Glibc
package import StorageIO

extension ContentStore {
    /// Begins a session.
    ///
    /// What processes that died left behind is cleared on the way, see `clearAbandonedSessions`.
    ///
    /// With `keepsPartials` the partial blobs of this session, should its process die, stay for a while so that another may
    /// go on with them; else the next session removes them.
    package func beginIngest(keepsPartials: Bool = false) throws(ContentError) -> IngestSession {
        try permitToIngest().begin(keepsPartials: keepsPartials)
    }

    /// What a session begins by, for who must not be interrupted between that and the note of whom to end.
    ///
    /// Until it is used, or let go, no sweep begins.
    package func permitToIngest() throws(ContentError) -> IngestSession.Permit {
        _ = try clearAbandonedSessions()
        return try IngestSession.Permit(self)
    }

    /// Removes the sessions whose process has died: those with partials to keep only once they are older than `age`.
    ///
    /// Returns how many were removed, and the bytes that the file system got back.
    ///
    /// Live sessions are never touched, and nobody is waited for: while another process works on sessions, none is removed.
    @discardableResult
    package func clearAbandonedSessions(
        olderThan age: Duration = .seconds(3600)
    ) throws(ContentError) -> (count: Int, freedBytes: Int64) {
        let locks = try locks()
        return try storing { () throws(StorageError) in
            let ingest = try root.ensureDirectory(Self.ingestName)
            let names = try ingest.names()
            guard !names.isEmpty else { return (0, 0) }
            // Exclusive, since a session that is just being made is not locked yet.
            guard let sweep = try FileLock.attempt(Self.sweepLockName, in: locks, .exclusive) else { return (0, 0) }
            defer { sweep.release() }
            var (count, freed): (Int, Int64) = (0, 0)
            for name in names {
                guard let bytes = try removeIfAbandoned(name, in: ingest, olderThan: age) else { continue }
                count += 1
                freed += bytes
            }
            return (count, freed)
        }
    }

    /// The bytes that removing it gave back; nil for a session that stays.
    func removeIfAbandoned(
        _ name: String, in ingest: Directory, olderThan age: Duration
    ) throws(StorageError) -> Int64? {
        do throws(StorageError) {
            guard try ingest.status(name)?.kind == .directory else { return nil }
            let directory = try ingest.directory(name)
            guard let lock = try FileLock.attempt(directory: directory, .exclusive) else { return nil }
            defer { lock.release() }
            // Other tools keep their downloads in a directory of this name too, without a lock.
            guard try directory.names().allSatisfy(IngestSession.isOwnFile) else { return nil }
            let isResumable = try directory.status(IngestSession.resumableName) != nil
            if isResumable, try IngestSession.hasPartials(directory, missingIn: self) {
                guard let newest = try Self.newestChange(in: directory) else { return nil }
                guard Int64(time(nil)) - newest >= age.components.seconds else { return nil }
            }
            return try ingest.removeTreeMeasured(name)
        } catch let error where error.isAbsent {
            return nil
        }
    }

    /// When the session or one of its files changed last, in seconds since 1970.
    private static func newestChange(in directory: Directory) throws(StorageError) -> Int64? {
        var newest = try directory.status().modifiedSeconds
        for name in try directory.names() {
            if let status = try directory.status(name) { newest = max(newest, status.modifiedSeconds) }
        }
        return newest
    }

    /// Removes a session whose process has died, and returns the bytes that gives back; nil when it is gone or lives.
    package func removeAbandonedSession(_ name: PathPart) throws(ContentError) -> Int64? {
        let locks = try locks()
        return try storing { () throws(StorageError) in
            let sweep = try FileLock.acquire(Self.sweepLockName, in: locks, .exclusive, patience: patience)
            defer { sweep.release() }
            let ingest = try root.ensureDirectory(Self.ingestName)
            return try removeIfAbandoned(name.text, in: ingest, olderThan: .zero)
        }
    }
}
