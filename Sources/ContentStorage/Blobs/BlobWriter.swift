package import OCISpec
import StorageIO
import Synchronization
import SystemPackage

/// Writes one blob: bytes go to a partial file, and `commit` makes it visible.
///
/// A writer that is let go discards.
package final class BlobWriter: Sendable {
    private struct State {
        var length: Int64 = 0
        /// Up to where write-back was begun.
        var begun: Int64 = 0
        var isDone = false
    }

    private let session: IngestSession
    private let name: String
    private let file: File
    private let state = Mutex(State())
    /// Bytes that an interrupted writer left, with which this one began; not verified by anybody.
    package let keptBytes: Int64

    /// How many bytes gather before the kernel is asked to begin writing them out.
    private static let writebackBytes: Int64 = 8 << 20

    init(session: IngestSession, name: String) throws(ContentError) {
        self.session = session
        self.name = name
        keptBytes = 0
        file = try lift(to: ContentError.init) { () throws(StorageError) in
            try Failpoint.blobBeforeCreate.check(.open, session.directory.path)
            let file = try session.directory.createFile(name)
            do throws(StorageError) {
                try Failpoint.blobAfterCreate.check(.open, file.path)
            } catch {
                session.directory.removeQuietly(name)
                throw error
            }
            return file
        }
    }

    /// A writer that goes on with a partial file of its session, whose lock it takes over.
    init(session: IngestSession, name: String, file: File, keptBytes: Int64) {
        self.session = session
        self.name = name
        self.file = file
        self.keptBytes = keptBytes
        state.withLock { $0 = State(length: keptBytes, begun: keptBytes) }
    }

    deinit { discard() }

    /// Locks the partial file, so that other processes see that somebody is at it.
    func lock() throws(ContentError) {
        try lift(to: ContentError.init) { () throws(StorageError) in
            guard try FileLock.attempt(of: file, .exclusive) != nil else { throw StorageError(.lock, file.path, .wouldBlock) }
        }
    }

    /// Adds bytes.
    ///
    /// After an error the blob cannot be completed: discard it.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(ContentError) {
        let outcome: Result<Void, ContentError> = state.withLock { state in
            guard !state.isDone else { return .failure(.sessionEnded) }
            do throws(ContentError) {
                return .success(try lift(try append(bytes, &state), to: ContentError.init))
            } catch {
                return .failure(error)
            }
        }
        try outcome.get()
    }

    /// Adds bytes; as above.
    package func write(_ bytes: [UInt8]) throws(ContentError) {
        let outcome: Result<Void, ContentError> = bytes.withUnsafeBytes { buffer in
            do throws(ContentError) {
                return .success(try write(buffer))
            } catch {
                return .failure(error)
            }
        }
        try outcome.get()
    }

    /// Makes the blob visible under `digest`, which the caller computed from these very bytes; on return it is on the disk.
    ///
    /// The digest is held for the session first. A length other than `size` is an error, and the partial file is gone after
    /// any error before the rename. When another session was faster, its blob stays and this one goes, unless it `isReplacing`
    /// one that the caller found damaged. A reader sees no blob or the whole blob; who has the damaged one open keeps that.
    package func commit(digest: Digest, size: Int64, isReplacing: Bool = false) throws(ContentError) {
        let length: Int64? = state.withLock { state in
            defer { state.isDone = true }
            return state.isDone ? nil : state.length
        }
        guard let length else { throw .sessionEnded }
        var isPending = true
        defer { if isPending { session.directory.removeQuietly(name) } }
        guard length == size else { throw .sizeMismatch(digest, expectedBytes: size, actualBytes: length) }
        if try session.hold(digest, size: size), !isReplacing { return }
        try lift(to: ContentError.init) { () throws(StorageError) in
            let target = try session.store.blobs.makeFolder(digest.algorithm)
            try file.setMode(session.store.access.blobMode)
            try Failpoint.blobBeforeSync.check(.sync, file.path)
            try file.sync()
            try Failpoint.blobAfterSync.check(.rename, file.path)
            try session.directory.rename(name, to: digest.hex, in: target)
            isPending = false
            try Failpoint.blobAfterRename.check(.sync, target.path)
            try target.sync()
            try Failpoint.blobAfterDirectorySync.check(.sync, target.path)
        }
    }

    /// Bytes written so far, kept ones included.
    package var length: Int64 { state.withLock { $0.length } }

    /// Reads what was written, or kept, from `offset` on; 0 at the end.
    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(ContentError) -> Int {
        try lift(try file.read(into: buffer, at: offset), to: ContentError.init)
    }

    /// Drops all bytes, kept ones too, so that the blob can be written from its beginning.
    package func restart() throws(ContentError) {
        try lift(try file.truncate(), to: ContentError.init)
        state.withLock { $0 = State() }
    }

    /// Stops writing and leaves the partial file to whoever goes on with it; after `commit` or `discard` it does nothing.
    package func keep() {
        state.withLock { $0.isDone = true }
    }

    /// Removes the partial file; after `commit` or a second call it does nothing.
    package func discard() {
        let isFirst = state.withLock { state in
            defer { state.isDone = true }
            return !state.isDone
        }
        if isFirst { session.directory.removeQuietly(name) }
    }

    private func append(_ bytes: UnsafeRawBufferPointer, _ state: inout State) throws(StorageError) {
        try Failpoint.blobBeforeWrite.check(.write, file.path)
        try file.write(bytes, at: state.length)
        try Failpoint.blobAfterWrite.check(.write, file.path)
        state.length += Int64(bytes.count)
        if state.length - state.begun >= Self.writebackBytes {
            file.beginWriteback(at: state.begun, count: state.length - state.begun)
            state.begun = state.length
        }
    }
}
