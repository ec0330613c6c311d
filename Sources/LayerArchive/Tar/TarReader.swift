// https://github.com/libarchive/libarchive/wiki/ManPageArchiveRead3

import CLibArchive
import Glibc

/// What libarchive found wrong, before it is known where.
enum TarFault: Error {
    /// The tar ends where more is needed.
    case truncated
    /// libarchive's words.
    case damaged(String)
    /// The bytes could not be had.
    case input(LayerArchiveError)
}

/// libarchive's tar reader over a `TarInput`, with every return code looked at.
///
/// The one owner of its handle.
///
/// Only tar is enabled, and the empty stream, which is a legal layer: nothing is guessed from content.
final class TarReader {
    /// Some content and its offset in the entry.
    typealias Piece = (bytes: UnsafeRawBufferPointer, offset: Int64)

    /// What reading a header came to.
    enum Step {
        /// `entry` holds an entry; `warning` is what libarchive could not make sense of, if anything.
        case entry(warning: String?)
        /// A block that is no header; the next call looks at the block after it.
        case damagedBlock
        case end
    }

    private let archive: OpaquePointer
    private let input: TarInput
    /// The entry of the last header, for `archive_entry_…`; valid until the next.
    private(set) var entry: OpaquePointer?
    /// Whether some of the last entry's content may be unread.
    private var isInEntry = false

    init(_ input: TarInput) throws(LayerArchiveError) {
        guard let archive = archive_read_new() else { throw .outOfResources }
        guard archive_read_support_format_tar(archive) == ARCHIVE_OK,
            archive_read_support_format_empty(archive) == ARCHIVE_OK
        else {
            archive_read_free(archive)
            throw .outOfResources
        }
        self.archive = archive
        self.input = input
    }

    deinit { archive_read_free(archive) }

    /// Looks at the first block.
    func open() throws(TarFault) {
        let client = Unmanaged.passUnretained(input).toOpaque()
        let code = archive_read_open2(
            archive, client, nil,
            { _, client, target in
                guard let client else { return -1 }
                let bytes = Unmanaged<TarInput>.fromOpaque(client).takeUnretainedValue().next()
                target?.pointee = bytes?.baseAddress
                return bytes?.count ?? -1
            },
            { _, client, count in
                guard let client else { return 0 }
                return Unmanaged<TarInput>.fromOpaque(client).takeUnretainedValue().skip(count)
            }, nil)
        if code != ARCHIVE_OK, code != ARCHIVE_WARN { throw fault(isOpening: true) }
    }

    /// Goes to the next header, past what is left of the last entry's content.
    func next() throws(TarFault) -> Step {
        if isInEntry {
            isInEntry = false
            switch archive_read_data_skip(archive) {
            case ARCHIVE_OK, ARCHIVE_WARN, ARCHIVE_EOF: break
            default: throw fault()
            }
        }
        input.remember(from: contentOffset)
        defer { input.forget() }
        // As for the writer: an old ENOMEM would be taken for that of a name that cannot be converted.
        errno = 0
        switch archive_read_next_header(archive, &entry) {
        case ARCHIVE_OK:
            try restoreNames()
            restoreTime()
            return .entry(warning: nil)
        case ARCHIVE_WARN:
            let warning = message
            try restoreNames()
            restoreTime()
            return .entry(warning: warning)
        case ARCHIVE_RETRY: return .damagedBlock
        case ARCHIVE_EOF:
            if let failure = input.failure { throw .input(failure) }
            try checkEnd()
            return .end
        default: throw fault()
        }
    }

    /// Offset in the tar at which the entry's headers start, extended ones included.
    var headerOffset: Int64 { archive_read_header_position(archive) }

    /// Gives the entry the names that its headers have, where libarchive may have lost characters of them.
    private func restoreNames() throws(TarFault) {
        isInEntry = true
        let headers = headerOffset..<contentOffset
        // The entry's own header has names in bytes.
        guard headers.count > 512, let entry else { return }
        let isRead = input.withBytes(headers) { bytes in
            guard RawNames.areNeeded(for: bytes) else { return true }
            guard let names = RawNames(bytes) else { return false }
            names.apply(to: entry)
            return true
        }
        guard isRead == true else { throw .damaged("its extended headers cannot be read") }
    }

    /// Gives the entry the time that its headers have, where that is below zero: libarchive has the sign on the seconds only, so that
    /// -1.5 arrives as -1 and 500,000,000, and -0.5 without a sign.
    private func restoreTime() {
        guard let entry else { return }
        let (seconds, nanoseconds) = (archive_entry_mtime(entry), archive_entry_mtime_nsec(entry))
        guard nanoseconds > 0, seconds <= 0 else { return }
        if seconds == 0 {
            guard input.withBytes(headerOffset..<contentOffset, TarTime.isNegative) == true else { return }
        }
        archive_entry_set_mtime(entry, seconds &- 1, 1_000_000_000 - nanoseconds)
    }

    /// Refuses a single block of zeros with something behind it: libarchive takes it for the end, others do not, and each would read
    /// another layer.
    private func checkEnd() throws(TarFault) {
        let end = contentOffset
        guard end - headerOffset == 512, input.endOffset > end else { return }
        let isZero = input.withBytes(end..<min(end + 512, input.endOffset)) { bytes in bytes.allSatisfy { $0 == 0 } }
        guard isZero == false else { return }
        throw .damaged("a lone block of zeros, which ends no tar, with something behind it")
    }

    /// The next piece of the entry's content and its place in it; nil at the content's end.
    ///
    /// Valid until the next call.
    func nextPiece() throws(TarFault) -> Piece? {
        var start: UnsafeRawPointer?
        var count = 0
        var offset: Int64 = 0
        switch archive_read_data_block(archive, &start, &count, &offset) {
        case ARCHIVE_OK, ARCHIVE_WARN: return (UnsafeRawBufferPointer(start: start, count: count), offset)
        case ARCHIVE_EOF: return nil
        default: throw fault()
        }
    }

    /// Offset in the tar behind the entry's headers: where its content starts.
    var contentOffset: Int64 { archive_filter_bytes(archive, 0) }

    /// The size that the entry's own header claims, where libarchive has its reasons to ignore it.
    var claimedSize: Int64 {
        guard let header = input.block(endingAt: contentOffset) else { return 0 }
        let field = header[124..<136]
        if field[124] & 0x80 != 0 {
            return field.suffix(7).reduce(0) { $0 << 8 | Int64($1) }
        }
        return field.reduce(0) { (0x30...0x37).contains($1) ? $0 << 3 | Int64($1 & 7) : $0 }
    }

    private var message: String { archive_error_string(archive).map { String(cString: $0) } ?? "" }

    private func fault(isOpening: Bool = false) -> TarFault {
        if let failure = input.failure { return .input(failure) }
        let message = message
        if input.isAtEnd, !isOpening { return .truncated }
        return .damaged(message)
    }
}

/// Runs `body` under the C locale, whatever the process's is: in any other libarchive would turn names of
/// extended headers into that locale's characters, and they must stay the bytes they are; see `RawNames` for the rest.
func withRawNames<T, E: Error>(_ body: () throws(E) -> T) throws(E) -> T {
    guard let plain = newlocale(1 << LC_CTYPE, "C", nil) else { return try body() }
    let previous = uselocale(plain)
    defer {
        uselocale(previous)
        freelocale(plain)
    }
    return try body()
}
