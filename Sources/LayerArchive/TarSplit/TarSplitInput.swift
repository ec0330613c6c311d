/// A layer's tar as its tar-split tells it: the headers are real, and the contents are zeros that nobody needs to read.
final class TarSplitInput: TarInput {
    private let lines: TarSplitLines
    private let limits: ScanLimits
    /// The line that comes next, where it was looked at already.
    private var ahead: TarSplitLines.Item?
    /// The bytes that `current` is of; replaced before they are used.
    private let raw = RawBytes()
    /// What is left of the content that the tar is at.
    private var contentLeft: Int64 = 0
    /// Bytes since the last header began that are no content: libarchive may have all of them in memory.
    private var headerBytes = 0
    /// What `skip` could not tell.
    private var pending: LayerArchiveError?

    /// An input that reads the tar-split in `source`.
    init(_ source: any ByteSource, limits: ScanLimits) throws(LayerArchiveError) {
        lines = try TarSplitLines(source, limits: limits)
        self.limits = limits
    }

    override func advance() -> UnsafeRawBufferPointer? {
        do throws(LayerArchiveError) {
            if contentLeft > 0 {
                let count = min(contentLeft, Int64(Self.zeros.count))
                contentLeft -= count
                return try give(UnsafeRawBufferPointer(rebasing: Self.zeros[..<Int(count)]))
            }
            while let item = try take() {
                switch item {
                case .raw(let bytes) where bytes.isEmpty: continue
                case .raw(let bytes):
                    headerBytes += bytes.count
                    guard headerBytes <= limits.maxHeaderBytes else {
                        throw .limitExceeded(.headerBytes, limit: Int64(limits.maxHeaderBytes), nil)
                    }
                    return try give(raw.hold(bytes))
                case .content(_, let size, _):
                    contentLeft = size
                    return advance()
                }
            }
            isAtEnd = true
            return try give(UnsafeRawBufferPointer(start: nil, count: 0))
        } catch {
            failure = error
            return nil
        }
    }

    override func beginHeader() { headerBytes = 0 }

    /// Passes over content alone: everything else is looked at.
    override func skip(_ count: Int64) -> Int64 {
        do throws(LayerArchiveError) {
            if contentLeft == 0 {
                guard case .content(_, let size, _) = try peek() else { return 0 }
                ahead = nil
                contentLeft = size
            }
            let skipped = min(count, contentLeft)
            contentLeft -= skipped
            current = UnsafeRawBufferPointer(start: nil, count: 0)
            try add(skipped)
            return skipped
        } catch {
            // Told by the read that follows.
            pending = error
            return 0
        }
    }

    override func content(of size: Int64, name: UnsafeRawBufferPointer) throws(LayerArchiveError) -> ContentHash? {
        if size == 0 { return ContentHash(checksum: 0) }
        guard contentLeft == 0, case .content(_, size, let checksum) = try peek() else {
            throw .badTarSplit(.contentMissing(name: Array(name)))
        }
        return ContentHash(checksum: checksum)
    }

    private func peek() throws(LayerArchiveError) -> TarSplitLines.Item? {
        if let pending { throw pending }
        if ahead == nil { ahead = try lines.next() }
        return ahead
    }

    private func take() throws(LayerArchiveError) -> TarSplitLines.Item? {
        defer { ahead = nil }
        return try peek()
    }

    private func give(_ bytes: UnsafeRawBufferPointer) throws(LayerArchiveError) -> UnsafeRawBufferPointer {
        current = bytes
        try add(Int64(bytes.count))
        return bytes
    }

    private func add(_ count: Int64) throws(LayerArchiveError) {
        let (sum, isOver) = endOffset.addingReportingOverflow(count)
        endOffset = isOver ? .max : sum
        guard endOffset <= limits.maxTarBytes else {
            throw .limitExceeded(.tarBytes, limit: limits.maxTarBytes, nil)
        }
    }

    /// Reads what is left, so that the whole file has been looked at.
    func finish() throws(LayerArchiveError) {
        while !isAtEnd {
            headerBytes = 0
            if contentLeft > 0 { _ = skip(contentLeft) }
            if next() == nil, let failure { throw failure }
        }
    }

    // Never written after it is made.
    nonisolated(unsafe) private static let zeros: UnsafeRawBufferPointer = {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        return UnsafeRawBufferPointer(bytes)
    }()

    /// Memory for the bytes of one line, which libarchive is given a pointer to.
    private final class RawBytes {
        private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 16)

        deinit { buffer.deallocate() }

        /// Copies `bytes` in; valid until the next call.
        func hold(_ bytes: [UInt8]) -> UnsafeRawBufferPointer {
            if bytes.count > buffer.count {
                buffer.deallocate()
                buffer = .allocate(byteCount: bytes.count, alignment: 16)
            }
            buffer.copyBytes(from: bytes)
            return UnsafeRawBufferPointer(rebasing: buffer[..<bytes.count])
        }
    }
}
