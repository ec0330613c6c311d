import ContentStorage
import Glibc
import LayerArchive
import StorageIO

/// A file whose bytes can be read in any order, and how many there are.
struct SeekableFile {
    var file: File
    var size: Int64
}

/// Copies what cannot be read in any order to a nameless file.
struct Spool {
    let path: String
    let makeFile: SpoolFile
    let limits: ScanLimits
    let progress: ((Int64) -> Void)?

    /// `file` itself when it is a regular one, else all it gives.
    func seekable(_ file: File) throws(TransferError) -> SeekableFile {
        var status = stat()
        guard fstat(file.fd, &status) == 0 else { throw .unreadable(path: path, errno: errno) }
        if status.st_mode & S_IFMT == S_IFREG { return SeekableFile(file: file, size: Int64(status.st_size)) }
        let copy = try makeFile()
        var size: Int64 = 0
        let source = PipeSource(fd: file.fd, name: path)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        do {
            while true {
                let count = try source.read(into: buffer)
                if count == 0 { break }
                try copy.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]), at: size)
                size += Int64(count)
                progress?(size)
            }
        } catch let error as LayerArchiveError {
            throw .notAnArchive(path: path, error)
        } catch let error as StorageError {
            throw .content(ContentError(error))
        } catch {
            throw .unreadable(path: path, errno: EIO)
        }
        return SeekableFile(file: copy, size: size)
    }

    /// `stored` as a layer: itself where layers may be compressed so, else what it decompresses to (`plain`, where that is known).
    func layer(_ stored: SeekableFile, _ plain: SeekableFile? = nil) throws(TransferError) -> SeekableFile {
        switch try compression(stored) {
        case .none, .gzip, .zstd: return stored
        case .xz, .bzip2, .lz4, .compress:
            if let plain { return plain }
            return try uncompressed(stored)
        }
    }

    private func compression(_ stored: SeekableFile) throws(TransferError) -> Compression {
        var prefix = [UInt8](repeating: 0, count: Compression.prefixLength)
        let count = prefix.withUnsafeMutableBytes { pread(stored.file.fd, $0.baseAddress, $0.count, 0) }
        guard count >= 0 else { throw .unreadable(path: path, errno: errno) }
        return Compression.detect(prefix: Array(prefix.prefix(count)))
    }

    /// `stored` itself when it is not compressed, else what it decompresses to.
    func uncompressed(_ stored: SeekableFile) throws(TransferError) -> SeekableFile {
        guard try compression(stored) != .none else { return stored }
        let plain = try makeFile()
        let source = FileRangeSource(fd: stored.file.fd, length: stored.size, name: path)
        do {
            let result = try decompress(source: source, limits: limits, into: plain.fd, progress: progress)
            return SeekableFile(file: plain, size: result.bytes)
        } catch {
            throw .notAnArchive(path: path, error)
        }
    }
}
