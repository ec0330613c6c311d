import LayerArchive
import StorageIO

/// The content of files as it goes to a tar, whose headers tell a length before the content.
///
/// A file ends where reading it ends. What `stat` tells is no more than a guess: files of the kernel have a size of 0 or of a page
/// whatever they hold, and others change. So a short file is read before its header is written, and of a longer one that does not
/// keep to the length that its header told nothing is made up: that is an error.
final class FileContent {
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)

    deinit { buffer.deallocate() }

    /// Writes an entry: the header, with the file's length, and what the file holds.
    func write(_ file: File, _ header: TarHeader, to writer: TarWriter) throws {
        var header = header
        let head = try fill(from: file, at: 0, limit: .max)
        header.size = Int64(head.count) < Int64(buffer.count) ? Int64(head.count) : try length(of: file)
        try writer.begin(header)
        try writer.write(head)
        var offset = Int64(head.count)
        while offset < header.size {
            let part = try fill(from: file, at: offset, limit: header.size - offset)
            guard !part.isEmpty else { throw RuntimeError.fileChanged(header.path, toldBytes: header.size, readBytes: offset) }
            try writer.write(part)
            offset += Int64(part.count)
        }
    }

    /// The length of a file that is longer than the buffer.
    ///
    /// A file that grows is one of the length that it had; one that holds more than it tells is read to its end.
    private func length(of file: File) throws(StorageError) -> Int64 {
        let told = try file.status().sizeBytes
        if told >= Int64(buffer.count) {
            if try endsAsTold(file, told) { return told }
        }
        let probe = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { probe.deallocate() }
        var length: Int64 = 0
        while true {
            let count = try file.read(into: probe, at: length)
            if count == 0 { return length }
            length += Int64(count)
        }
    }

    /// Whether nothing is behind the length that a file tells, but for what came since.
    private func endsAsTold(_ file: File, _ told: Int64) throws(StorageError) -> Bool {
        var byte: [UInt8] = [0]
        if try file.readSome(into: &byte, at: told) == 0 { return true }
        return try file.status().sizeBytes > told
    }

    /// Reads until the buffer is full, the file ends, or `limit` bytes are read.
    private func fill(from file: File, at offset: Int64, limit: Int64) throws(StorageError) -> UnsafeRawBufferPointer {
        let wanted = UnsafeMutableRawBufferPointer(rebasing: buffer[..<Int(min(Int64(buffer.count), limit))])
        var count = 0
        while count < wanted.count {
            let got = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: wanted[count...]), at: offset + Int64(count))
            if got == 0 { break }
            count += got
        }
        return UnsafeRawBufferPointer(rebasing: wanted[..<count])
    }
}
