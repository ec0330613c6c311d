import CLibArchive
import CXXHash
import Glibc

extension LayerIndexer {
    /// The logical size and the hash of a regular file's content.
    mutating func readContent(
        _ entry: OpaquePointer, _ name: UnsafeRawBufferPointer
    ) throws(LayerArchiveError) -> (size: Int64, hash: ContentHash) {
        let size = archive_entry_size(entry)
        let (total, isOver) = contentBytes.addingReportingOverflow(size)
        guard !isOver, size >= 0, total <= limits.maxContentBytes else {
            throw .limitExceeded(.contentBytes, limit: limits.maxContentBytes, place(Array(name)))
        }
        contentBytes = total
        if let known = try input.content(of: size, name: name) { return (size, known) }
        let stored = storedBytes(entry)
        let first = try nextPiece(name)
        if stored == nil, ContentHasher.isShort(size), (first?.bytes.count ?? 0) == size {
            // A short file is mostly one piece, hashed in one call.
            let hash = ContentHasher.hash(short: first?.bytes ?? UnsafeRawBufferPointer(start: nil, count: 0))
            if first != nil, try nextPiece(name) != nil { throw .badTar(place(Array(name)), detail: "") }
            return (size, hash)
        }
        return (size, try hashPieces(from: first, size: size, stored: stored, name))
    }

    /// Hashes the pieces of a content, gaps between them as zeros; all that the map of a sparse file promises must be there.
    ///
    /// Without a map, libarchive has seen to that itself: what is still missing is a sparse file's last hole.
    private mutating func hashPieces(
        from first: TarReader.Piece?, size: Int64, stored: Int64?, _ name: UnsafeRawBufferPointer
    ) throws(LayerArchiveError) -> ContentHash {
        hasher.begin()
        var seen: Int64 = 0
        var piece = first
        while let (bytes, offset) = piece {
            guard offset >= hasher.position, Int64(bytes.count) <= size - offset else {
                throw .badSparseMap(place(Array(name)))
            }
            hasher.updateZeros(offset - hasher.position)
            hasher.update(bytes)
            seen += Int64(bytes.count)
            piece = try nextPiece(name)
        }
        if let stored, seen != stored { throw .badSparseMap(place(Array(name))) }
        hasher.updateZeros(size - hasher.position)
        return hasher.finish()
    }

    /// Reads past a body that counts for nothing: that of a marker or a hard link.
    mutating func skipBody(_ entry: OpaquePointer, _ name: UnsafeRawBufferPointer) throws(LayerArchiveError) {
        guard archive_entry_size(entry) > 0 else { return }
        // Read, not left to the next header: what is read there counts as header.
        input.endHeader()
        while try nextPiece(name) != nil {}
    }

    /// How many bytes the sparse map promises; nil for an entry without one.
    private func storedBytes(_ entry: OpaquePointer) -> Int64? {
        guard archive_entry_sparse_reset(entry) > 0 else { return nil }
        var sum: Int64 = 0
        var offset: Int64 = 0
        var length: Int64 = 0
        // libarchive keeps only parts that neither overlap nor leave the file, so the sum cannot overflow.
        while archive_entry_sparse_next(entry, &offset, &length) == ARCHIVE_OK { sum &+= length }
        return sum
    }

    private mutating func nextPiece(_ name: UnsafeRawBufferPointer) throws(LayerArchiveError) -> TarReader.Piece? {
        let piece: TarReader.Piece?
        do { piece = try reader.nextPiece() } catch { throw located(error, name) }
        if kept != nil, let piece { keep(piece) }
        return piece
    }

    /// Begins to keep the content of the entry at `path`, where it is wanted, or a package manager's by its name.
    mutating func beginKeeping(_ size: Int64) {
        guard keepsDocuments else { return }
        let isWanted = wanted.contains(index.sizes.count)
        guard isWanted || path.withUnsafeBufferPointer({ PackageFile($0) })?.isRead == true else { return }
        if documents.hasRoom(for: size) { kept = [] } else { documents.omit(index.sizes.count) }
    }

    /// Adds a piece, and zeros for a gap before it.
    private mutating func keep(_ piece: TarReader.Piece) {
        guard let count = kept?.count, piece.offset >= Int64(count),
            piece.offset + Int64(piece.bytes.count) <= Int64(LayerDocumentsBuilder.maxBytes)
        else { return }
        if piece.offset > Int64(count) { kept?.append(contentsOf: repeatElement(0, count: Int(piece.offset) - count)) }
        kept?.append(contentsOf: piece.bytes)
    }

    /// Hands over what was kept of a content of `size` bytes.
    mutating func endKeeping(_ size: Int64) {
        guard var bytes = kept else { return }
        kept = nil
        // A hole at the end has no piece.
        if Int64(bytes.count) < size { bytes.append(contentsOf: repeatElement(0, count: Int(size) - bytes.count)) }
        documents.append(bytes, of: index.sizes.count)
    }

    /// XXH3-64 of the extended attributes, sorted by name and each with its lengths; 0 without any.
    func xattrDigest(_ entry: OpaquePointer) -> UInt64 { ExtendedAttribute.digest(of: TarEntry.xattrs(entry)) }

    /// Keeps a warning, except that a name is not of this locale: it is kept as the bytes it is.
    mutating func note(_ warning: String, _ name: UnsafeRawBufferPointer) {
        guard !warning.isEmpty, warnings.count < 100, !warning.hasSuffix("to current locale.") else { return }
        warnings.append(LayerWarning(entryIndex: entriesRead, path: Array(name), detail: warning))
    }

    /// The place of the current entry.
    func place(_ path: [UInt8]?) -> EntryPlace {
        EntryPlace(index: entriesRead, path: path, previousPath: lastPath)
    }

    func limit(_ kind: ScanLimitKind, _ value: Int, _ path: [UInt8]) -> LayerArchiveError {
        .limitExceeded(kind, limit: Int64(value), place(path))
    }

    /// A fault with its place.
    func located(_ fault: TarFault, _ name: UnsafeRawBufferPointer?) -> LayerArchiveError {
        let place = place(name.map { Array($0) })
        return switch fault {
        case .truncated: .tarTruncated(place)
        case .damaged(let detail): .badTar(place, detail: detail)
        case .input(.limitExceeded(let kind, let limit, nil)): .limitExceeded(kind, limit: limit, place)
        case .input(let error): error
        }
    }
}
