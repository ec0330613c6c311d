import ContentStorage
import StorageIO

/// A blob of the store, read from its beginning; and what a push sends.
final class StoredStream: ByteStream, UploadSource, @unchecked Sendable {
    private let file: File
    let length: Int64
    /// Of the one thread that reads it as a stream.
    private var position: Int64 = 0

    init(_ blob: OpenedBlob) {
        file = blob.file
        length = blob.size
    }

    init(_ file: File, length: Int64) {
        self.file = file
        self.length = length
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(DistributionError) -> Int {
        let count = try read(into: buffer, at: position)
        position += Int64(count)
        return count
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(DistributionError) -> Int {
        let wanted = Int(max(0, min(Int64(buffer.count), length - offset)))
        do {
            return try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]), at: offset)
        } catch {
            throw .content(ContentError(error))
        }
    }
}
