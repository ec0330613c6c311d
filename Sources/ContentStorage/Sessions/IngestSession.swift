package import OCISpec
package import StorageIO
import Synchronization
import SystemPackage

/// One process's bringing of blobs into the store: its partial files, and its holds, which keep gc from what it counts on.
///
/// The session is a directory `ingest/<uuid>/`, locked while the process lives. Several threads may use one session. End it
/// only after `index.json` reaches what was brought in; a session that is let go ends itself.
package final class IngestSession: Sendable {
    private struct State {
        var held: Set<Digest> = []
        var holdsLength: Int64 = 0
        var partialCount = 0
        var isEnded = false
    }

    /// The store that the session brings blobs into.
    package let store: ContentStore
    /// Whether another session may go on with this one's partial blobs should it not end well.
    package let keepsPartials: Bool
    /// The session's directory below `ingest/`.
    let directory: Directory
    let name: String
    let parent: Directory
    let locks: Directory
    private let lock: FileLock
    private let holds: File
    private let state = Mutex(State())
    /// Held by whoever ends the session: a signal's clean-up may come while it ends by itself.
    private let ending = Mutex(())

    static let holdsName = "holds"
    /// Stands in a session whose partial blobs another session may take over after a crash.
    static let resumableName = "resumable"

    /// How the names of a session's folders begin.
    package static let folderPrefix = "\(folderWord)"
    private static let folderWord: StaticString = "run"

    /// Whether a session has a file or folder of that name: the holds, the mark of a resumable one, `partial.N`, `<algorithm>-<hex>.N`.
    package static func isOwnFile(_ name: String) -> Bool {
        if name == holdsName || name == resumableName || name.hasPrefix("\(folderPrefix).") { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, Int(parts[1]) != nil else { return false }
        return parts[0] == "partial" || Digest(fileName: String(parts[0])) != nil
    }

    /// The right to begin a session, for which there may have been a wait; what it is used for waits for nobody.
    package struct Permit: Sendable {
        fileprivate let store: ContentStore
        fileprivate let locks: Directory
        fileprivate let parent: Directory
        /// A sweep takes what it can lock for abandoned, so a session's directory and its lock come to be under this one.
        fileprivate let sweep: FileLock
        /// Why sessions of dead processes could not be removed, which keeps nobody from beginning another.
        package let left: [StorageError]

        init(_ store: ContentStore, left: [StorageError]) throws(ContentError) {
            self.store = store
            self.left = left
            try store.requireFolders(.onOneFileSystem)
            let locks = try store.locks.folder()
            self.locks = locks
            parent = try lift(try store.root.ensureDirectory(IngestSessions.folderName), to: ContentError.init)
            sweep = try lift(try store.locks.sweep(.shared, in: locks), to: ContentError.init)
        }

        /// Begins the session; a permit is for one.
        package consuming func begin(keepsPartials: Bool = false) throws(ContentError) -> IngestSession {
            try IngestSession(self, keepsPartials: keepsPartials)
        }
    }

    fileprivate init(_ permit: Permit, keepsPartials: Bool) throws(ContentError) {
        let (store, parent) = (permit.store, permit.parent)
        self.store = store
        self.parent = parent
        self.keepsPartials = keepsPartials
        locks = permit.locks
        let name = randomUUID()
        self.name = name
        defer { permit.sweep.release() }
        (directory, lock, holds) = try lift(to: ContentError.init) { () throws(StorageError) in
            try Failpoint.sessionBeforeDirectory.check(.makeDirectory, parent.path)
            try parent.makeDirectory(name)
            do throws(StorageError) {
                let directory = try parent.directory(name)
                try Failpoint.sessionAfterDirectory.check(.lock, directory.path)
                let lock = try FileLock.acquire(directory: directory, .exclusive, patience: store.patience)
                try Failpoint.sessionAfterLock.check(.write, directory.path)
                if keepsPartials { _ = try directory.createFile(Self.resumableName) }
                return (directory, lock, try directory.createFile(Self.holdsName))
            } catch {
                // What cannot be removed either is cleared by the next session; the error that came first is told.
                do throws(StorageError) { try parent.removeTree(name) } catch {}
                throw error
            }
        }
    }

    deinit {
        // Nobody is left to hear of a failure; the next session clears what stays.
        do throws(ContentError) { try end() } catch {}
    }

    /// Protects a blob from gc until the session ends, and tells whether the store has it already.
    ///
    /// With `size` a blob of another length counts as absent: it is damaged, and a commit replaces it. After true the blob
    /// stays; after false it is still protected from the moment somebody commits it.
    package func hold(_ digest: Digest, size: Int64? = nil) throws(ContentError) -> Bool {
        let status = try lift(to: ContentError.init) { () throws(StorageError) in
            let sweep = try store.locks.sweep(.shared, in: locks)
            defer { sweep.release() }
            try appendHold(digest)
            return try store.blobs.status(of: digest)
        }
        try requireOpen()
        guard let status else { return false }
        guard status.kind == .file else { throw .blobNotAFile(digest) }
        return size == nil || size == status.sizeBytes
    }

    /// A writer for one new blob.
    ///
    /// Its partial file bears the digest's name when that is known beforehand.
    package func makeWriter(expected: Digest? = nil) throws(ContentError) -> BlobWriter {
        try requireOpen()
        return try BlobWriter(session: self, name: nextPartialName(expected))
    }

    /// A name that no partial file of this session has.
    func nextPartialName(_ expected: Digest?) -> String {
        let number = nextNumber()
        return expected.map { "\($0.fileName).\(number)" } ?? "partial.\(number)"
    }

    private func nextNumber() -> Int {
        state.withLock { state in
            state.partialCount += 1
            return state.partialCount
        }
    }

    /// Stores a document and returns its digest; one that is there already is not written again.
    ///
    /// On return it is on the disk.
    package func store(_ bytes: [UInt8]) throws(ContentError) -> Digest {
        let digest = Digest(hashing: bytes)
        if try hold(digest, size: Int64(bytes.count)) { return digest }
        try write(bytes, digest, isReplacing: false)
        return digest
    }

    /// Stores a document in the place of one of its digest that the caller found damaged.
    ///
    /// On return it is on the disk.
    package func replace(_ bytes: [UInt8]) throws(ContentError) {
        try write(bytes, Digest(hashing: bytes), isReplacing: true)
    }

    private func write(_ bytes: [UInt8], _ digest: Digest, isReplacing: Bool) throws(ContentError) {
        // Nameless: half a document is nothing to go on with.
        let writer = try makeWriter()
        defer { writer.discard() }
        try writer.write(bytes)
        try writer.commit(digest: digest, size: Int64(bytes.count), isReplacing: isReplacing)
    }

    /// A nameless file in the session's directory, for spooling; its space is free again when it is closed.
    package func temporaryFile() throws(ContentError) -> File {
        try requireOpen()
        return try lift(try directory.createUnnamedFile(), to: ContentError.init)
    }

    /// The directory that the session's folders are in.
    package var folders: Directory { directory }

    /// A new folder in the session's directory, for what is larger than a file; it goes with the session.
    package func makeFolder() throws(ContentError) -> (name: PathPart, folder: Directory) {
        try requireOpen()
        let name = PathPart(Self.folderWord, number: nextNumber())
        return try lift(to: ContentError.init) { () throws(StorageError) in
            try directory.makeDirectory(name.text, mode: 0o700)
            return (name, try directory.directory(name.text))
        }
    }

    /// Removes a folder before the session ends.
    package func removeFolder(_ name: PathPart) throws(ContentError) {
        try lift(try directory.removeTree(name.text), to: ContentError.init)
    }

    /// Moves what is in a folder of the session to a place in the store, unless somebody was faster.
    ///
    /// False where there was something already.
    package func moveFolder(_ name: PathPart, to newName: String, in target: Directory) throws(ContentError) -> Bool {
        try lift(to: ContentError.init) { () throws(StorageError) in
            do throws(StorageError) {
                try Failpoint.layerBeforeMove.check(.rename, target.path)
                try directory.rename(name.text, to: newName, in: target)
                try Failpoint.layerAfterMove.check(.rename, target.path)
                return true
            } catch let error where error.errno == .fileExists || error.errno == .directoryNotEmpty {
                return false
            }
        }
    }

    /// Ends the session: its partial files and its holds go, and gc no longer spares what it held.
    ///
    /// A second call does nothing, and returns when the first has ended.
    package func end() throws(ContentError) {
        try endOnce { () throws(StorageError) in
            Failpoint.sessionBeforeEnd.hit(directory.path)
            try parent.removeTree(name)
            Failpoint.sessionAfterEnd.hit(directory.path)
        }
    }

    private func endOnce(_ body: () throws(StorageError) -> Void) throws(ContentError) {
        let result: Result<Void, ContentError> = ending.withLock { _ in
            let isFirst = state.withLock { state in
                defer { state.isEnded = true }
                return !state.isEnded
            }
            guard isFirst else { return .success(()) }
            defer { lock.release() }
            do throws(ContentError) {
                return .success(try lift(try body(), to: ContentError.init))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    /// Ends the session but leaves its partial blobs to the session that goes on with them; its holds go.
    ///
    /// Where it has none to leave, it ends as `end` does. What nobody took over is removed when it is an hour old.
    package func suspend() throws(ContentError) {
        let hasPartials = try lift(try Self.hasPartials(directory, missingIn: store), to: ContentError.init)
        guard hasPartials else { return try end() }
        try endOnce { () throws(StorageError) in
            _ = try directory.createFile(Self.resumableName, replacing: true)
            try directory.removeFile(Self.holdsName)
        }
    }

    /// Whether a session's directory has partial blobs that are worth going on with: the store lacks what they are to become.
    static func hasPartials(_ directory: Directory, missingIn store: ContentStore) throws(StorageError) -> Bool {
        for name in try directory.names() {
            guard let digest = Digest(fileName: String(name.prefix { $0 != "." })) else { continue }
            guard let status = try directory.status(name), status.sizeBytes > 0 else { continue }
            if try store.blobs.status(of: digest) == nil { return true }
        }
        return false
    }

    func requireOpen() throws(ContentError) {
        guard state.withLock({ !$0.isEnded }) else { throw .sessionEnded }
    }

    /// Writes the digest to the holds, once.
    ///
    /// The caller has the sweep lock.
    private func appendHold(_ digest: Digest) throws(StorageError) {
        try Failpoint.sessionBeforeHold.check(.write, directory.path)
        let outcome: Result<Void, StorageError> = state.withLock { state in
            guard !state.held.contains(digest) else { return .success(()) }
            let line = Array("\(digest)\n".utf8)
            do throws(StorageError) { try holds.write(line, at: state.holdsLength) } catch { return .failure(error) }
            state.held.insert(digest)
            state.holdsLength += Int64(line.count)
            return .success(())
        }
        try outcome.get()
        try Failpoint.sessionAfterHold.check(.write, directory.path)
    }
}
