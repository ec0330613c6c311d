import Glibc
package import StorageIO

/// Bytes in order, from a file or a network; used by one thread at a time.
package protocol ByteSource: AnyObject {
    /// Reads up to `buffer.count` bytes, at least one unless the end is reached; returns how many, 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(LayerArchiveError) -> Int
}

extension ByteSource {
    /// Fills a buffer, and returns how many bytes that were: fewer than it holds only at the end.
    func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(LayerArchiveError) -> Int {
        var filled = 0
        while filled < buffer.count {
            let count = try read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
            if count == 0 { break }
            filled += count
        }
        return filled
    }

    /// Copies all that is left to the beginning of `file`, and returns how many bytes that were.
    package func copy(to file: File) throws -> Int64 {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        var size: Int64 = 0
        while true {
            let count = try read(into: buffer)
            if count == 0 { return size }
            try file.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]), at: size)
            size += Int64(count)
        }
    }
}

/// A range of an open file, read with `pread`: the descriptor's own position is neither used nor moved.
package final class FileRangeSource: ByteSource {
    private let descriptor: Int32
    private let name: String
    private var offset: Int64
    private var remaining: Int64
    private let owner: (any Sendable)?

    /// `length` bytes of `fd` from `offset`.
    ///
    /// The descriptor stays the caller's and must outlive the source, or be that of `owner`; `name` is what errors call it.
    package init(fd: Int32, offset: Int64 = 0, length: Int64, name: String, keeping owner: (any Sendable)? = nil) {
        self.owner = owner
        descriptor = fd
        self.name = name
        self.offset = offset
        remaining = length
        _ = posix_fadvise(fd, off_t(offset), off_t(length), POSIX_FADV_SEQUENTIAL)
    }

    /// Reads on; a file that ends before the range does is an error.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(LayerArchiveError) -> Int {
        let wanted = Int(min(Int64(buffer.count), remaining))
        if wanted == 0 { return 0 }
        while true {
            let count = pread(descriptor, buffer.baseAddress, wanted, off_t(offset))
            if count > 0 {
                offset += Int64(count)
                remaining -= Int64(count)
                return count
            }
            if count == 0 { throw .sourceTooShort(name: name, missing: remaining) }
            if errno != EINTR { throw .io(name: name, errno: errno) }
        }
    }
}

/// A pipe, socket or terminal, read to its end.
package final class PipeSource: ByteSource {
    private let descriptor: Int32
    private let name: String
    private let owner: (any Sendable)?

    /// All that `fd` has yet to give.
    ///
    /// The descriptor stays the caller's and must outlive the source, or be that of `owner`.
    package init(fd: Int32, name: String, keeping owner: (any Sendable)? = nil) {
        descriptor = fd
        self.name = name
        self.owner = owner
    }

    /// Reads what is there, waiting for at least a byte or the end.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(LayerArchiveError) -> Int {
        while true {
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            if errno != EINTR { throw .io(name: name, errno: errno) }
        }
    }
}

/// Bytes in memory.
package final class MemorySource: ByteSource {
    private let bytes: [UInt8]
    private let step: Int
    private var at = 0

    /// All of `bytes`, at most `step` of them at a read: a small step stands in for a slow network.
    package init(_ bytes: [UInt8], step: Int = .max) {
        self.bytes = bytes
        self.step = step
    }

    /// Copies on; never fails.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(LayerArchiveError) -> Int {
        let count = min(buffer.count, bytes.count - at, step)
        guard count > 0 else { return 0 }
        buffer.copyBytes(from: bytes[at..<at + count])
        at += count
        return count
    }
}
