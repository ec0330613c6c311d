import Glibc
import OCISpec
package import StorageIO

/// The sessions of a store, `ingest/`: beginning them, looking at them, and clearing what processes that died left.
///
/// What one session does is `IngestSession`'s.
package struct IngestSessions: Sendable {
    static let folderName = "ingest"

    private let content: ContentStore

    init(_ content: ContentStore) { self.content = content }

    // MARK: Beginning

    /// Begins a session.
    ///
    /// What processes that died left behind is cleared on the way, see `clearAbandoned`.
    ///
    /// With `keepsPartials` the partial blobs of this session, should its process die, stay for a while so that another may
    /// go on with them; else the next session removes them.
    package func begin(keepsPartials: Bool = false) throws(ContentError) -> IngestSession {
        try permit().begin(keepsPartials: keepsPartials)
    }

    /// What a session begins by, for who must not be interrupted between that and the note of whom to end.
    ///
    /// Until it is used, or let go, no sweep begins.
    package func permit() throws(ContentError) -> IngestSession.Permit {
        try IngestSession.Permit(content, left: clearAbandoned().left)
    }

    // MARK: Looking

    /// The sessions that are there, live and abandoned.
    ///
    /// Under the sweep lock, because a session that is just being made is not locked yet; a store that cannot be written to has
    /// none.
    package func all() throws(StorageError) -> [SessionRemains] {
        guard try folder() != nil else { return [] }
        let sweep = try content.locks.sweepForLooking()
        defer { sweep?.release() }
        return try allWhileSweeping()
    }

    /// The same; the caller has the sweep lock exclusively.
    func allWhileSweeping() throws(StorageError) -> [SessionRemains] {
        guard let ingest = try folder() else { return [] }
        var found: [SessionRemains] = []
        for name in try ingest.names() where try ingest.status(name)?.kind == .directory {
            if let session = try SessionRemains(name, in: ingest) { found.append(session) }
        }
        return found
    }

    /// Whether a live session counts on a blob; the caller has the sweep lock, so none takes a hold meanwhile.
    func isHeld(_ digest: Digest) throws(StorageError) -> Bool {
        try allWhileSweeping().contains { $0.isLive && $0.holds.contains(digest) }
    }

    private func folder() throws(StorageError) -> Directory? {
        guard try content.root.status(Self.folderName)?.kind == .directory else { return nil }
        return try content.root.directory(Self.folderName)
    }

    // MARK: Clearing

    /// What clearing came to.
    package struct Clearing: Sendable {
        /// How many sessions were removed.
        package fileprivate(set) var count = 0
        /// Bytes that the file system got back.
        package fileprivate(set) var freedBytes: Int64 = 0
        /// Why others of dead processes could not be removed now, such as one in which something is mounted: a later command tries again.
        package fileprivate(set) var left: [StorageError] = []
    }

    /// Removes the sessions whose process has died: those with partials to keep only once they are older than `age`.
    ///
    /// Live sessions are never touched, and nobody is waited for: while another process works on sessions, none is removed. One that
    /// cannot be removed is no failure, since nothing depends on its being gone.
    @discardableResult
    package func clearAbandoned(olderThan age: Duration = .seconds(3600)) throws(ContentError) -> Clearing {
        let locks = try content.locks.folder()
        return try lift(to: ContentError.init) { () throws(StorageError) in
            var clearing = Clearing()
            let ingest = try content.root.ensureDirectory(Self.folderName)
            let names = try ingest.names()
            guard !names.isEmpty else { return clearing }
            // Exclusive, since a session that is just being made is not locked yet.
            guard let sweep = try content.locks.attemptSweep(in: locks) else { return clearing }
            defer { sweep.release() }
            for name in names {
                do throws(StorageError) {
                    guard let bytes = try removeIfAbandoned(name, in: ingest, olderThan: age) else { continue }
                    clearing.count += 1
                    clearing.freedBytes += bytes
                } catch {
                    clearing.left.append(error)
                }
            }
            return clearing
        }
    }

    /// Removes a session whose process has died, and returns the bytes that gives back; nil when it is gone or lives.
    package func removeAbandoned(_ name: PathPart) throws(ContentError) -> Int64? {
        try content.locks.whileSweeping { () throws(StorageError) in
            try removeIfAbandoned(name.text, in: try content.root.ensureDirectory(Self.folderName), olderThan: .zero)
        }
    }

    /// Removes an abandoned session that holds no byte of any blob; false when it does, lives, or is gone.
    package func removeWithoutBytes(_ name: PathPart) throws(ContentError) -> Bool {
        try content.locks.whileSweeping { () throws(StorageError) in
            let ingest = try content.root.directory(Self.folderName)
            guard let session = try SessionRemains(name.text, in: ingest), !session.isLive,
                session.partials.allSatisfy({ $0.status.kind == .file && $0.status.sizeBytes == 0 })
            else { return false }
            try Failpoint.repairBeforeSession.check(.remove, ingest.path)
            try ingest.removeTree(name.text)
            try Failpoint.repairAfterSession.check(.remove, ingest.path)
            return true
        }
    }

    /// The bytes that removing it gave back; nil for a session that stays.
    private func removeIfAbandoned(
        _ name: String, in ingest: Directory, olderThan age: Duration
    ) throws(StorageError) -> Int64? {
        do {
            guard try ingest.status(name)?.kind == .directory else { return nil }
            let directory = try ingest.directory(name)
            guard let lock = try FileLock.attempt(directory: directory, .exclusive) else { return nil }
            defer { lock.release() }
            // Other tools keep their downloads in a directory of this name too, without a lock.
            guard try directory.names().allSatisfy(IngestSession.isOwnFile) else { return nil }
            let isResumable = try directory.status(IngestSession.resumableName) != nil
            if isResumable, try IngestSession.hasPartials(directory, missingIn: content) {
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
}

extension ContentStore {
    /// The sessions that bring blobs in.
    package var sessions: IngestSessions { IngestSessions(self) }
}
