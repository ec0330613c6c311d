import Glibc
import Synchronization
package import SystemPackage

/// A file that a command writes for its user: it takes its name when it is whole, or never.
///
/// Bytes go to a hidden file beside it, so that a reader, and whoever looks after a failure, sees the old file or the new one. What
/// is no regular file (a device, a pipe, standard output) is written as the bytes come.
package final class OutputFile: Sendable {
    private struct State {
        var length: Int64 = 0
        var begun: Int64 = 0
        var isDone = false
    }

    /// Where the bytes take their name.
    private struct Target {
        let directory: Directory
        /// In raw bytes: it may be the end of a symlink that nobody typed.
        let name: [UInt8]
        let temporary: String
    }

    /// The path that the user named, for messages.
    package let path: String
    private let file: File
    /// nil for a stream.
    private let target: Target?
    private let state = Mutex(State())

    /// How many bytes gather before the kernel is asked to begin writing them out.
    private static let writebackBytes: Int64 = 8 << 20

    private init(_ file: File, path: String, target: Target?) {
        self.file = file
        self.path = path
        self.target = target
    }

    deinit { discard() }

    /// Standard output, or another stream that is open already; the descriptor is duplicated.
    package static func stream(_ descriptor: FileDescriptor, path: String) throws(StorageError) -> OutputFile {
        let copy = try check(.open, path) { fcntl(descriptor.rawValue, F_DUPFD_CLOEXEC, 0) }
        return OutputFile(File(adopting: FileDescriptor(rawValue: copy), path: path), path: path, target: nil)
    }

    /// Begins the file at `path`; a symlink there stays, and the file it leads to is made or replaced, as a shell's `>` does.
    ///
    /// Where the system lets nobody follow a symlink, such as another user's in `/tmp` (proc(5), `protected_symlinks`), that is an error.
    /// `mode` is what the process's mask leaves of it, unless that is ignored.
    package static func create(
        at path: FilePath, mode: UInt16 = 0o666, ignoresMask: Bool = false
    ) throws(StorageError) -> OutputFile {
        let text = path.string
        let resolved = try resolve(path)
        var status = stat()
        if resolved.withPlatformString({ stat($0, &status) }) == 0 {
            let kind = status.st_mode & S_IFMT
            guard kind != S_IFDIR else { throw StorageError(.open, text, .isDirectory) }
            if kind != S_IFREG {
                let fd = try check(.open, text) { resolved.withPlatformString { open($0, O_WRONLY | O_CLOEXEC) } }
                return OutputFile(File(adopting: FileDescriptor(rawValue: fd), path: text), path: text, target: nil)
            }
        }
        guard let name = resolved.lastComponent?.bytes else { throw StorageError(.open, text, .isDirectory) }
        let above = resolved.removingLastComponent()
        let directory = try Directory.open(above.isEmpty ? "." : above)
        let temporary = TemporaryName.hidden(beside: name.messageText)
        let file = try named(text) { () throws(StorageError) in try directory.createFile(temporary, mode: mode) }
        let output = OutputFile(file, path: text, target: Target(directory: directory, name: name, temporary: temporary))
        if ignoresMask { _ = try check(.changeMode, text) { fchmod(file.fd, mode_t(mode)) } }
        return output
    }

    /// Adds bytes.
    ///
    /// After an error the file cannot be completed. A stream whose reader went away is `.brokenPipe`.
    package func write(contentsOf bytes: [UInt8]) throws(StorageError) {
        var result: Result<Void, StorageError> = .success(())
        bytes.withUnsafeBytes { bytes in
            do throws(StorageError) { try write(bytes) } catch { result = .failure(error) }
        }
        try result.get()
    }

    /// Adds bytes.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(StorageError) {
        guard target != nil else { return try writeStream(bytes) }
        try Failpoint.outputBeforeWrite.check(.write, path)
        let start = state.withLock { $0.length }
        try Self.named(path) { () throws(StorageError) in try file.write(bytes, at: start) }
        let range = state.withLock { state -> (Int64, Int64)? in
            state.length += Int64(bytes.count)
            guard state.length - state.begun >= Self.writebackBytes else { return nil }
            defer { state.begun = state.length }
            return (state.begun, state.length - state.begun)
        }
        if let range { file.beginWriteback(at: range.0, count: range.1) }
    }

    /// Gives the file its name; on return it is on the disk.
    ///
    /// After an error before the rename there is no new file.
    package func commit() throws(StorageError) {
        guard let target else { return }
        try Failpoint.outputAfterWrite.check(.sync, path)
        try Self.named(path) { () throws(StorageError) in try file.sync() }
        try Failpoint.outputAfterSync.check(.rename, path)
        let outcome: Result<Void, StorageError> = state.withLock { state in
            guard !state.isDone else { return .failure(StorageError(.rename, path, .canceled)) }
            do throws(StorageError) {
                try Self.named(path) { () throws(StorageError) in
                    try target.directory.rename(target.temporary, to: target.name)
                }
                state.isDone = true
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try outcome.get()
        try Failpoint.outputAfterRename.check(.sync, path)
        try target.directory.sync()
        try Failpoint.outputAfterDirectorySync.check(.sync, path)
    }

    /// Removes what was written; after `commit` it does nothing.
    ///
    /// Any thread may call it, also while another one writes.
    package func discard() {
        guard let target else { return }
        state.withLock { state in
            if !state.isDone { target.directory.removeQuietly(target.temporary) }
            state.isDone = true
        }
    }

    private func writeStream(_ bytes: UnsafeRawBufferPointer) throws(StorageError) {
        var rest = bytes
        while let start = rest.baseAddress, !rest.isEmpty {
            let count = try check(.write, path) { Glibc.write(file.fd, start, rest.count) }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// Does something with the hidden file; an error is told of the path that the user named, not of that file's.
    static func named<T>(_ path: String, _ body: () throws(StorageError) -> T) throws(StorageError) -> T {
        do { return try body() } catch { throw StorageError(error.operation, path, error.errno) }
    }

    /// The path with symlinks followed, also with one that leads to nothing yet.
    ///
    /// realpath(3) knows only what is there, and neither it nor readlink(2) asks whether the link may be followed, as stat(2) does.
    private static func resolve(_ path: FilePath) throws(StorageError) -> FilePath {
        var status = stat()
        let isThere = path.withPlatformString { stat($0, &status) } == 0
        if !isThere, errno != ENOENT { throw StorageError(.open, path.string, Errno(rawValue: errno)) }
        if isThere, let raw = path.withPlatformString({ realpath($0, nil) }) {
            defer { free(raw) }
            return FilePath(platformString: raw)
        }
        var place = path
        // As many as the kernel follows.
        for _ in 0..<40 {
            guard let target = linkTarget(place) else { return place }
            place = place.removingLastComponent().pushing(target)
        }
        throw StorageError(.open, path.string, .tooManySymbolicLinkLevels)
    }

    /// What a symlink says; nil for what is none.
    private static func linkTarget(_ path: FilePath) -> FilePath? {
        var text = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = path.withPlatformString { readlink($0, &text, text.count - 1) }
        return count > 0 ? FilePath(platformString: text) : nil
    }
}
