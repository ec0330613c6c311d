// https://github.com/libarchive/libarchive/wiki/ManPageArchiveWrite3
// https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13

import CLibArchive
import Glibc

/// Writes a tar as a stream: ustar headers, and pax records only for what those cannot hold.
///
/// Equal calls give equal bytes. Used by one thread. Names are written as the bytes they are; where they are no UTF-8, a
/// `hdrcharset=BINARY` record says so. An extended attribute's name keeps letters, digits and punctuation; blanks, `%`, `=` and
/// what is no ASCII in it come out as `%XX`, which is libarchive's doing.
package final class TarWriter {
    private let archive: OpaquePointer
    private let entry: OpaquePointer
    private let sink: Sink
    private let locale: locale_t?
    /// How many entries were begun.
    private var count = 0
    /// Bytes of content that the current entry still needs.
    private var remaining: Int64 = 0

    /// Bytes that gather before the sink gets them.
    private static let blockBytes: Int32 = 256 << 10

    /// Who has to know which bytes are whose: then none gather.
    private let listener: (any TarListener)?

    /// A writer whose bytes go to `sink`, in order, on the thread that writes; what the sink throws is thrown as `.tapFailed`.
    package convenience init(_ sink: @escaping (UnsafeRawBufferPointer) throws -> Void) throws(LayerArchiveError) {
        try self.init(telling: nil, sink)
    }

    /// The same, with a listener who is told of each part before the sink gets its bytes.
    init(
        telling listener: (any TarListener)?, _ sink: @escaping (UnsafeRawBufferPointer) throws -> Void
    ) throws(LayerArchiveError) {
        self.listener = listener
        guard let archive = archive_write_new() else { throw .outOfResources }
        guard let entry = archive_entry_new() else {
            archive_write_free(archive)
            throw .outOfResources
        }
        self.archive = archive
        self.entry = entry
        self.sink = Sink(sink)
        // Names are bytes here; a UTF-8 locale keeps libarchive from marking those that are UTF-8 as binary.
        locale = newlocale(1 << LC_CTYPE, "C.UTF-8", nil)
        try open()
    }

    deinit {
        // Without this, freeing an unfinished archive would finish it.
        archive_write_fail(archive)
        archive_write_free(archive)
        archive_entry_free(entry)
        if let locale { freelocale(locale) }
    }

    private func open() throws(LayerArchiveError) {
        let client = Unmanaged.passUnretained(sink).toOpaque()
        guard archive_write_set_format_pax(archive) == ARCHIVE_OK,
            archive_write_set_options(archive, "pax:xattrheader=SCHILY") == ARCHIVE_OK,
            archive_write_set_bytes_per_block(archive, listener == nil ? Self.blockBytes : 0) == ARCHIVE_OK,
            archive_write_set_bytes_in_last_block(archive, 1) == ARCHIVE_OK,
            archive_write_open(
                archive, client, nil,
                { _, client, bytes, count in
                    guard let client else { return -1 }
                    let sink = Unmanaged<Sink>.fromOpaque(client).takeUnretainedValue()
                    return sink.take(UnsafeRawBufferPointer(start: bytes, count: count)) ? count : -1
                }, nil) == ARCHIVE_OK
        else { throw .outOfResources }
    }

    /// Begins an entry; `header.size` bytes of content must follow for a regular file.
    package func begin(_ header: TarHeader) throws(LayerArchiveError) {
        try endEntry()
        try listener?.willBegin(header)
        archive_entry_clear(entry)
        Self.fill(entry, header)
        // A name that cannot be converted is told by -1 alone, and an ENOMEM of some earlier call would be taken for the reason.
        errno = 0
        let start = archive_filter_bytes(archive, 0)
        sink.isHolding = Self.isJustBelowZero(header)
        let code = inUTF8 { archive_write_header(archive, entry) }
        if sink.isHolding { sink.times.append(TarTime(headers: start..<archive_filter_bytes(archive, 0))) }
        sink.isHolding = false
        // Else they would come with the content.
        if listener != nil, !sink.take(UnsafeRawBufferPointer(start: nil, count: 0)) { throw fault(header.path) }
        // A warning is about a name that is no UTF-8, which is written all the same.
        guard code == ARCHIVE_OK || code == ARCHIVE_WARN else { throw fault(header.path) }
        count += 1
        remaining = header.kind == .file ? header.size : 0
    }

    /// Adds content to the entry.
    ///
    /// More than its header promised is an error.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(LayerArchiveError) {
        guard !bytes.isEmpty else { return }
        guard Int64(bytes.count) <= remaining else { throw .notWritable(place(nil), detail: "its content is too long") }
        listener?.isInContent = true
        defer { listener?.isInContent = false }
        guard archive_write_data(archive, bytes.baseAddress, bytes.count) == bytes.count else { throw fault(nil) }
        remaining -= Int64(bytes.count)
    }

    /// Adds a whole regular file.
    package func add(_ header: TarHeader, _ bytes: [UInt8]) throws(LayerArchiveError) {
        try begin(header)
        var failure: LayerArchiveError?
        bytes.withUnsafeBytes { buffer in
            do throws(LayerArchiveError) { try write(buffer) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// Writes what fills up the entry's last block.
    func fillUp() throws(LayerArchiveError) {
        try endEntry()
        guard inUTF8({ archive_write_finish_entry(archive) }) == ARCHIVE_OK else { throw fault(nil) }
    }

    /// Writes the end of the archive; on return the sink has every byte.
    package func end() throws(LayerArchiveError) {
        try endEntry()
        guard inUTF8({ archive_write_close(archive) }) == ARCHIVE_OK else { throw fault(nil) }
    }

    private func endEntry() throws(LayerArchiveError) {
        guard remaining == 0 else { throw .notWritable(place(nil), detail: "its content is too short") }
    }

    private func inUTF8(_ body: () -> Int32) -> Int32 {
        guard let locale else { return body() }
        let previous = uselocale(locale)
        defer { uselocale(previous) }
        return body()
    }

    private func place(_ path: [UInt8]?) -> EntryPlace { EntryPlace(index: max(0, count - (path == nil ? 1 : 0)), path: path) }

    private func fault(_ path: [UInt8]?) -> LayerArchiveError {
        if let failure = sink.failure { return .tapFailed(failure) }
        let detail = archive_error_string(archive).map { String(cString: $0) } ?? ""
        return .notWritable(place(path), detail: detail)
    }

    /// Where libarchive's bytes go.
    private final class Sink {
        private let body: (UnsafeRawBufferPointer) throws -> Void
        /// Times that have yet to be put right, in the order of the tar.
        var times: [TarTime] = []
        /// Whether headers are being written that have such a time.
        var isHolding = false
        /// What waits for the rest of the headers that have such a time.
        private var held: [UInt8] = []
        /// Bytes that the body was given.
        private var offset: Int64 = 0
        /// What the body threw, kept aside while libarchive carries a mere code.
        private(set) var failure: (any Error)?

        init(_ body: @escaping (UnsafeRawBufferPointer) throws -> Void) { self.body = body }

        func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
            guard isHolding || !times.isEmpty || !held.isEmpty else { return give(bytes) }
            held += bytes
            let end = offset + Int64(held.count)
            while let time = times.first, time.headers.upperBound <= end {
                time.putRight(in: &held, at: offset)
                times.removeFirst()
            }
            // Headers that have only begun come with the next bytes.
            if isHolding { return true }
            if let time = times.first, time.headers.lowerBound < end { return true }
            defer { held = [] }
            return held.withUnsafeBytes(give)
        }

        private func give(_ bytes: UnsafeRawBufferPointer) -> Bool {
            if bytes.isEmpty { return true }
            do {
                try body(bytes)
                offset += Int64(bytes.count)
                return true
            } catch {
                failure = error
                return false
            }
        }
    }
}

/// Told what a `TarWriter` writes, on its thread.
protocol TarListener: AnyObject {
    /// Whether the sink's bytes are a file's content now, and not headers or padding.
    var isInContent: Bool { get set }
    /// The headers of an entry come next, behind what fills up the one before.
    func willBegin(_ header: TarHeader) throws(LayerArchiveError)
}

extension TarWriter {
    private static func fill(_ entry: OpaquePointer, _ header: TarHeader) {
        withCString(header.path.isEmpty ? Array("./".utf8) : header.path) { archive_entry_set_pathname(entry, $0) }
        archive_entry_set_filetype(entry, fileType(header.kind))
        archive_entry_set_perm(entry, mode_t(header.mode))
        archive_entry_set_uid(entry, header.uid)
        archive_entry_set_gid(entry, header.gid)
        archive_entry_set_size(entry, header.kind == .file ? header.size : 0)
        setTime(entry, header)
        switch header.kind {
        case .hardLink: withCString(header.linkTarget) { archive_entry_set_hardlink(entry, $0) }
        case .symlink: withCString(header.linkTarget) { archive_entry_set_symlink(entry, $0) }
        case .characterDevice, .blockDevice:
            archive_entry_set_rdevmajor(entry, dev_t(header.device >> 32))
            archive_entry_set_rdevminor(entry, dev_t(header.device & 0xFFFF_FFFF))
        default: break
        }
        for attribute in header.xattrs {
            withCString(attribute.name) { name in
                attribute.value.withUnsafeBytes { archive_entry_xattr_add_entry(entry, name, $0.baseAddress, $0.count) }
            }
        }
    }

    /// libarchive writes a time below zero with the sign on the seconds only: -1.5 comes of -1 and 500,000,000.
    ///
    /// So there is none for -0.5: it is written as -1.5, and put right in the bytes.
    private static func setTime(_ entry: OpaquePointer, _ header: TarHeader) {
        let isBelow = header.mtimeSeconds < 0 && header.mtimeNanoseconds > 0
        let seconds = isBelow && !isJustBelowZero(header) ? header.mtimeSeconds + 1 : header.mtimeSeconds
        let nanoseconds = isBelow ? 1_000_000_000 - header.mtimeNanoseconds : header.mtimeNanoseconds
        archive_entry_set_mtime(entry, time_t(seconds), Int(nanoseconds))
    }

    private static func isJustBelowZero(_ header: TarHeader) -> Bool {
        header.mtimeSeconds == -1 && header.mtimeNanoseconds > 0
    }

    private static func fileType(_ kind: EntryKind) -> UInt32 {
        switch kind {
        case .file, .hardLink, .whiteout, .opaque: S_IFREG
        case .directory: S_IFDIR
        case .symlink: S_IFLNK
        case .characterDevice: S_IFCHR
        case .blockDevice: S_IFBLK
        case .fifo: S_IFIFO
        case .socket: S_IFSOCK
        }
    }

    private static func withCString(_ bytes: [UInt8], _ body: (UnsafePointer<CChar>) -> Void) {
        (bytes + [0]).withUnsafeBufferPointer { buffer in
            buffer.withMemoryRebound(to: CChar.self) { if let start = $0.baseAddress { body(start) } }
        }
    }
}
