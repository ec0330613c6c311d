import Glibc
package import SystemPackage

/// One open file; its descriptor is closed when the last reference goes.
///
/// Nothing here moves the descriptor's own offset, so several threads may read one file.
package final class File: Sendable {
    /// The open file; valid for as long as this object lives.
    package let descriptor: FileDescriptor
    /// The path it was opened by, for messages.
    package let path: String

    /// Takes ownership of `descriptor`.
    package init(adopting descriptor: FileDescriptor, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit {
        // What had to last was synced before, so a failing close has nothing left to tell.
        _ = close(descriptor.rawValue)
    }

    /// The descriptor's number, for C interfaces; valid for as long as this object lives.
    package var fd: Int32 { descriptor.rawValue }

    /// The inode as it is now.
    package func status() throws(StorageError) -> FileStatus {
        var raw = stat()
        try check(.status, path) { fstat(fd, &raw) }
        return FileStatus(raw)
    }

    /// Reads bytes from `offset` on; 0 only at the end of the file or for an empty buffer.
    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(StorageError) -> Int {
        guard let start = buffer.baseAddress, !buffer.isEmpty else { return 0 }
        return try check(.read, path) { pread(fd, start, buffer.count, off_t(offset)) }
    }

    /// Opens what a person named, for reading; symlinks are followed, and a pipe waits for whoever writes to it.
    package static func open(_ path: String) throws(StorageError) -> File {
        let fd = try check(.open, path) { Glibc.open(path, O_RDONLY | O_CLOEXEC) }
        return File(adopting: FileDescriptor(rawValue: fd), path: path)
    }

    /// Opens the file at `path` for writing, emptied, or made where there is none.
    package static func create(_ path: String, mode: UInt16 = CreationRules.usual.fileMode) throws(StorageError) -> File {
        let fd = try check(.open, path) { Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode_t(mode)) }
        return File(adopting: FileDescriptor(rawValue: fd), path: path)
    }

    /// What a pipe or a device at `path` gives until its end; more than `limit` bytes are an error.
    package static func readStream(_ path: String, limit: Int) throws(StorageError) -> [UInt8] {
        let file = try open(path)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Int(try check(.read, path) { Int32(Glibc.read(file.fd, &buffer, buffer.count)) })
            if count == 0 { return bytes }
            guard bytes.count + count <= limit else { throw StorageError(.read, path, .fileTooLarge) }
            bytes += buffer[..<count]
        }
    }

    /// The whole content.
    ///
    /// A file longer than `limit` bytes fails with `.fileTooLarge` before it is read.
    package func readAll(limit: Int) throws(StorageError) -> [UInt8] {
        let size = try status().sizeBytes
        guard size <= limit else { throw StorageError(.read, path, .fileTooLarge) }
        // One byte more than expected, so that a file that grows meanwhile is seen to be longer.
        var bytes = [UInt8](repeating: 0, count: Int(size) + 1)
        var count = 0
        while true {
            if count == bytes.count {
                guard count <= limit else { throw StorageError(.read, path, .fileTooLarge) }
                bytes.append(contentsOf: [UInt8](repeating: 0, count: max(4096, count)))
            }
            let got = try readSome(into: &bytes, from: count, at: Int64(count))
            if got == 0 { break }
            count += got
        }
        guard count <= limit else { throw StorageError(.read, path, .fileTooLarge) }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    /// Writes all of `buffer` at `offset`.
    ///
    /// After an error an unknown part of it has been written.
    package func write(_ buffer: UnsafeRawBufferPointer, at offset: Int64) throws(StorageError) {
        var rest = buffer
        var offset = offset
        while let start = rest.baseAddress, !rest.isEmpty {
            let count = try check(.write, path) { pwrite(fd, start, rest.count, off_t(offset)) }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            offset += Int64(count)
        }
    }

    /// Writes all of `bytes` at `offset`.
    ///
    /// After an error an unknown part of them has been written.
    package func write(_ bytes: [UInt8], at offset: Int64 = 0) throws(StorageError) {
        var failure: StorageError?
        bytes.withUnsafeBytes { buffer in
            do throws(StorageError) { try write(buffer, at: offset) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// Drops the whole content.
    package func truncate() throws(StorageError) {
        try check(.write, path) { ftruncate(fd, 0) }
    }

    /// Waits until content and length are on the disk.
    package func sync() throws(StorageError) {
        try check(.sync, path) { fsync(fd) }
    }

    /// Takes room for the first `count` bytes from the file system, so that writing them later cannot find it full.
    package func allocate(_ count: Int64) throws(StorageError) {
        // The call returns its error instead of leaving it in `errno`.
        let reason = posix_fallocate(fd, 0, off_t(count))
        if reason != 0 { throw StorageError(.write, path, Errno(rawValue: reason)) }
    }

    /// Asks the kernel to begin writing a range to the disk, without waiting, so that a later `sync` has little left to do.
    ///
    /// Linux starts the write-back of a range that is said not to be needed soon. It is a hint: a failure means nothing.
    package func beginWriteback(at offset: Int64, count: Int64) {
        _ = posix_fadvise(fd, off_t(offset), off_t(count), POSIX_FADV_DONTNEED)
    }

    /// Sets the permission bits.
    package func setMode(_ mode: UInt16) throws(StorageError) {
        try check(.changeMode, path) { fchmod(fd, mode_t(mode)) }
    }

    /// Fills `bytes` from `offset` on as far as the file goes, and returns how many that were; 0 only at the end.
    package func readSome(into bytes: inout [UInt8], at offset: Int64) throws(StorageError) -> Int {
        try readSome(into: &bytes, from: 0, at: offset)
    }

    /// The same, to the bytes from `start` on.
    package func readSome(into bytes: inout [UInt8], from start: Int, at offset: Int64) throws(StorageError) -> Int {
        var outcome: Result<Int, StorageError> = .success(0)
        bytes.withUnsafeMutableBytes { buffer in
            let free = UnsafeMutableRawBufferPointer(rebasing: buffer[start...])
            do throws(StorageError) {
                outcome = .success(try read(into: free, at: offset))
            } catch {
                outcome = .failure(error)
            }
        }
        return try outcome.get()
    }
}
