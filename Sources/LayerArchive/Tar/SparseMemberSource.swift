import CLibArchive
import Glibc
package import StorageIO

/// The content of a sparse member of an archive in a file, its holes as zeros: in whatever form GNU tar and others write one.
package final class SparseMemberSource: ByteSource {
    private let owner: File
    private let place: EntryPlace
    private let size: Int64
    private let reader: TarReader
    private var position: Int64 = 0
    private var isOpen = false
    /// What is left of the piece read last, and where in the content it belongs; empty after the last.
    private var piece = UnsafeRawBufferPointer(start: nil, count: 0)
    private var pieceOffset: Int64 = 0

    /// The content of `member`, whose archive is all of `file`; the file stays open as long as the source lives.
    ///
    /// Holes cost nothing to store, so the limits on size and ratio of what is decompressed hold here too.
    package init(_ member: ArchiveMember, in file: File, limits: ScanLimits) throws(LayerArchiveError) {
        owner = file
        size = member.size
        place = EntryPlace(index: 0, path: member.name)
        var status = stat()
        guard fstat(file.fd, &status) == 0 else { throw .io(name: file.path, errno: errno) }
        let fileBytes = Int64(status.st_size)
        guard size <= limits.maxTarBytes else { throw .limitExceeded(.tarBytes, limit: limits.maxTarBytes, place) }
        if size > limits.ratioFloor(.none), size / max(1, fileBytes) > limits.maxRatio {
            throw .limitExceeded(.ratio, limit: limits.maxRatio, place)
        }
        let start = member.sparseHeaderOffset ?? member.dataOffset
        reader = try TarReader(FileInput(fd: file.fd, from: start, length: fileBytes - start))
    }

    /// Copies on; a map that contradicts itself or the content is `badSparseMap`.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(LayerArchiveError) -> Int {
        if !isOpen { try open() }
        if piece.isEmpty, position >= pieceOffset, position < size { try nextPiece() }
        let wanted = Int(min(Int64(buffer.count), size - position))
        if wanted == 0 { return 0 }
        let count: Int
        if position < pieceOffset {
            count = Int(min(Int64(wanted), pieceOffset - position))
            UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]).initializeMemory(as: UInt8.self, repeating: 0)
        } else {
            count = min(wanted, piece.count)
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: piece[..<count]))
            piece = UnsafeRawBufferPointer(rebasing: piece[count...])
            pieceOffset += Int64(count)
        }
        position += Int64(count)
        return count
    }

    private func open() throws(LayerArchiveError) {
        isOpen = true
        do throws(TarFault) {
            try reader.open()
            guard case .entry = try withRawNames({ () throws(TarFault) in try reader.next() }) else { throw .truncated }
        } catch {
            throw TarLister.located(error, place)
        }
    }

    /// Goes to the next piece that has bytes; behind the last one a hole reaches to the end.
    private func nextPiece() throws(LayerArchiveError) {
        do throws(TarFault) {
            while let (bytes, offset) = try reader.nextPiece() {
                if bytes.isEmpty { continue }
                guard offset >= position, Int64(bytes.count) <= size - offset else { throw .damaged("") }
                (piece, pieceOffset) = (bytes, offset)
                return
            }
            pieceOffset = size
        } catch .damaged {
            throw .badSparseMap(place)
        } catch {
            throw TarLister.located(error, place)
        }
    }
}
