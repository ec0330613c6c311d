import CLibArchive

/// xz, bzip2, lz4 and compress, through libarchive's filters: rare for layers, so its copy and its speed will do.
///
/// Exactly one filter is enabled, so nothing is guessed and no outside program can be started. Where libarchive takes
/// what follows for no further stream (as it does lz4's after an empty one), only zero padding may follow.
final class FilterDecoder: StreamDecoder {
    private let compression: Compression
    private let archive: OpaquePointer
    private var input: StoredInput?
    private var failure: LayerArchiveError?
    private var served = 0
    /// Bytes that libarchive was not given.
    private var skipped: Int64 = 0
    private var isAtEnd = false

    init(_ compression: Compression) throws(LayerArchiveError) {
        guard let archive = archive_read_new() else { throw .outOfResources }
        self.archive = archive
        self.compression = compression
        let enabled =
            switch compression {
            case .xz: archive_read_support_filter_xz(archive)
            case .bzip2: archive_read_support_filter_bzip2(archive)
            case .lz4: archive_read_support_filter_lz4(archive)
            default: archive_read_support_filter_compress(archive)
            }
        // Only OK: a warning says that an outside program would be run.
        guard enabled == ARCHIVE_OK, archive_read_support_format_raw(archive) == ARCHIVE_OK,
            archive_read_support_format_empty(archive) == ARCHIVE_OK
        else {
            archive_read_free(archive)
            throw .outOfResources
        }
    }

    deinit { archive_read_free(archive) }

    func fill(_ target: UnsafeMutableRawBufferPointer, from input: StoredInput) throws(LayerArchiveError) -> Int {
        if self.input == nil {
            try open(input)
            if isAtEnd { try checkRest(input) }
        }
        defer { if isAtEnd { self.input = nil } }
        var filled = 0
        while filled < target.count, !isAtEnd {
            let count = archive_read_data(archive, target.baseAddress?.advanced(by: filled), target.count - filled)
            if count < 0 { throw fault(Int32(count)) }
            if count == 0 {
                isAtEnd = true
                try checkRest(input)
            }
            filled += count
        }
        return filled
    }

    /// libarchive leaves what it does not know behind the last stream without a word.
    private func checkRest(_ input: StoredInput) throws(LayerArchiveError) {
        let used = skipped + archive_filter_bytes(archive, -1) - (input.bytesRead - Int64(input.chunk.count))
        guard used >= 0, used <= Int64(input.chunk.count) else { throw .trailingGarbage(compression) }
        input.use(Int(used))
        while try input.refill() {
            if input.chunk.contains(where: { $0 != 0 }) { throw .trailingGarbage(compression) }
            input.use(input.chunk.count)
        }
    }

    private func open(_ input: StoredInput) throws(LayerArchiveError) {
        self.input = input
        if compression == .lz4 { try skipLeadingFrames(input) }
        let client = Unmanaged.passUnretained(self).toOpaque()
        let code = archive_read_open2(
            archive, client, nil,
            { _, client, target in
                guard let client else { return -1 }
                return Unmanaged<FilterDecoder>.fromOpaque(client).takeUnretainedValue().serve(target)
            }, nil, nil)
        if code != ARCHIVE_OK { throw fault(code) }
        var entry: OpaquePointer?
        switch archive_read_next_header(archive, &entry) {
        case ARCHIVE_OK, ARCHIVE_WARN: break
        case ARCHIVE_EOF: isAtEnd = true
        case let code: throw fault(code)
        }
    }

    /// Passes over the skippable frames that may stand before lz4 data: libarchive knows them only behind its first frame.
    ///
    /// Those that `Compression.detect` looked past are in the first chunk, with the magic of what follows them.
    private func skipLeadingFrames(_ input: StoredInput) throws(LayerArchiveError) {
        while input.chunk.count >= 12 {
            let magic = input.chunk.loadUnaligned(as: UInt32.self).littleEndian
            guard (0x184D_2A50...0x184D_2A5F).contains(magic) else { return }
            var left = 8 + Int(input.chunk.loadUnaligned(fromByteOffset: 4, as: UInt32.self).littleEndian)
            while left > 0 {
                guard try input.refill() else { throw .compressedTruncated(.lz4) }
                let count = min(left, input.chunk.count)
                input.use(count)
                skipped += Int64(count)
                left -= count
            }
        }
    }

    /// libarchive asks for more: what it was given last is used up.
    private func serve(_ target: UnsafeMutablePointer<UnsafeRawPointer?>?) -> Int {
        guard let input else { return -1 }
        do {
            input.use(served)
            served = 0
            guard try input.refill() else { return 0 }
            served = input.chunk.count
            target?.pointee = input.chunk.baseAddress
            return served
        } catch {
            failure = error
            return -1
        }
    }

    private func fault(_ code: Int32) -> LayerArchiveError {
        if let failure { return failure }
        let detail = archive_error_string(archive).map { String(cString: $0) } ?? ""
        if detail.lowercased().contains("truncated") { return .compressedTruncated(compression) }
        return .badCompression(compression, code: Int(code), detail: detail)
    }
}
