import Glibc
import OCISpec

/// Where a tar reader gets its bytes from; used by one thread.
class TarInput {
    /// Why `next` failed, kept aside while libarchive carries a mere code.
    final var failure: LayerArchiveError?
    /// Whether `next` has given all there is.
    final var isAtEnd = false
    /// The bytes given last, valid until the next call.
    final var current = UnsafeRawBufferPointer(start: nil, count: 0)
    /// Offset in the tar of `current`'s end.
    final var endOffset: Int64 = 0

    /// The bytes since an offset that were given before the current ones, as long as somebody asked to remember them.
    private var remembered: [UInt8] = []
    /// Offset in the tar from which on bytes are remembered; nil when they are not.
    private var rememberedFrom: Int64?
    /// The headers of one entry are no longer than this, see `ScanLimits`; longer ones are not remembered whole.
    fileprivate static let longestMemory = 128 << 20

    /// The next bytes, empty at the end; nil on a failure, which is kept.
    final func next() -> UnsafeRawBufferPointer? {
        if let start = rememberedFrom, remembered.count < Self.longestMemory {
            let first = max(0, start + Int64(remembered.count) - (endOffset - Int64(current.count)))
            if first < Int64(current.count) { remembered.append(contentsOf: current[Int(first)...]) }
        }
        return advance()
    }

    /// What `next` gives.
    func advance() -> UnsafeRawBufferPointer? { nil }

    /// From here to `endHeader` bytes are headers, which libarchive keeps in memory.
    func beginHeader() {}

    /// What follows is content.
    func endHeader() {}

    /// What tells the content of the entry whose headers were read last, where that is known without reading it; nil where it must
    /// be read.
    func content(of size: Int64, name: UnsafeRawBufferPointer) throws(LayerArchiveError) -> ContentHash? { nil }

    /// Remembers what is given from this offset on, until `forget`.
    final func remember(from offset: Int64) { rememberedFrom = offset }

    /// Ends remembering.
    final func forget() {
        rememberedFrom = nil
        remembered.removeAll(keepingCapacity: remembered.capacity <= 1 << 16)
    }

    /// Calls `body` with a range of the bytes remembered and the current ones; nil where some of them are gone.
    func withBytes<T>(_ range: Range<Int64>, _ body: (UnsafeRawBufferPointer) -> T) -> T? {
        let start = endOffset - Int64(current.count)
        if range.lowerBound >= start, range.upperBound <= endOffset {
            return body(
                UnsafeRawBufferPointer(rebasing: current[Int(range.lowerBound - start)..<Int(range.upperBound - start)]))
        }
        guard let from = rememberedFrom, from + Int64(remembered.count) == start, range.lowerBound >= from,
            range.upperBound <= endOffset
        else { return nil }
        let bytes = remembered[Int(range.lowerBound - from)...] + current[..<Int(max(0, range.upperBound - start))]
        return Array(bytes.prefix(range.count)).withUnsafeBytes(body)
    }

    /// Leaves out up to `count` bytes; returns how many.
    func skip(_ count: Int64) -> Int64 { 0 }

    /// The 512 bytes before `offset`, when they are still in hand: an entry's own header, as it was written.
    final func block(endingAt offset: Int64) -> UnsafeRawBufferPointer? {
        let start = offset - 512 - (endOffset - Int64(current.count))
        guard start >= 0, start + 512 <= Int64(current.count) else { return nil }
        return UnsafeRawBufferPointer(rebasing: current[Int(start)..<Int(start) + 512])
    }
}

/// The decompressed stream of a layer, hashed on its way where the filler has not done it.
final class RingInput: TarInput {
    private let ring: BufferRing
    /// Of all bytes so far, where they are hashed here.
    private(set) var hash: StreamHash?
    private let maxHeaderBytes: Int
    private var headerBytes = 0
    private var isInHeader = false

    init(_ ring: BufferRing, isHashing: Bool, maxHeaderBytes: Int) {
        self.ring = ring
        self.maxHeaderBytes = maxHeaderBytes
        hash = isHashing ? StreamHash() : nil
    }

    /// Headers are limited, to the accuracy of a buffer.
    override func beginHeader() {
        isInHeader = true
        headerBytes = 0
    }

    override func endHeader() { isInHeader = false }

    override func advance() -> UnsafeRawBufferPointer? {
        if isInHeader, headerBytes > maxHeaderBytes {
            failure = .limitExceeded(.headerBytes, limit: Int64(maxHeaderBytes), nil)
            return nil
        }
        guard let bytes = ring.take() else {
            current = UnsafeRawBufferPointer(start: nil, count: 0)
            isAtEnd = true
            return current
        }
        hash?.update(bytes)
        current = bytes
        endOffset += Int64(bytes.count)
        headerBytes += bytes.count
        return bytes
    }

    /// Takes what is left, for its hash.
    func drain() {
        isInHeader = false
        while let bytes = next(), !bytes.isEmpty {}
    }
}

/// The stored bytes of a layer, decompressed as they are asked for on the reader's own thread.
final class DecodedInput: TarInput {
    private let input: StoredInput
    private let decoder: any StreamDecoder
    private let buffer: UnsafeMutableRawBufferPointer
    private var meter: OutputMeter

    init(_ input: StoredInput, limits: ScanLimits) throws(LayerArchiveError) {
        self.input = input
        let compression = try input.begin()
        decoder = try compression.makeDecoder(limits)
        meter = OutputMeter(limits, compression)
        buffer = .allocate(byteCount: 1 << 20, alignment: 4096)
    }

    deinit { buffer.deallocate() }

    override func advance() -> UnsafeRawBufferPointer? {
        do {
            // A short buffer was the stream's end, and nothing is asked of a decoder after that.
            let count = isAtEnd ? 0 : try decoder.fill(buffer, from: input)
            try meter.add(count, storedBytes: input.bytesRead)
            isAtEnd = count < buffer.count
            current = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            endOffset += Int64(count)
            return current
        } catch {
            failure = error
            return nil
        }
    }

    /// Reads what is left, and returns the digest of all stored bytes.
    func finish() throws(LayerArchiveError) -> Digest {
        while !isAtEnd { if next() == nil, let failure { throw failure } }
        try input.drain()
        input.stop()
        return try input.finish().digest()
    }
}

/// An uncompressed tar in a file, read where headers are and skipped where contents are.
final class FileInput: TarInput {
    private let descriptor: Int32
    private let start: Int64
    private let length: Int64
    private let buffer: UnsafeMutableRawBufferPointer

    /// `length` bytes of a file from `start` on; offsets count from there.
    init(fd: Int32, from start: Int64 = 0, length: Int64) {
        descriptor = fd
        self.start = start
        self.length = length
        buffer = .allocate(byteCount: 64 << 10, alignment: 4096)
    }

    deinit { buffer.deallocate() }

    override func advance() -> UnsafeRawBufferPointer? {
        let wanted = Int(min(Int64(buffer.count), length - endOffset))
        while true {
            let count = wanted == 0 ? 0 : pread(descriptor, buffer.baseAddress, wanted, off_t(start + endOffset))
            if count < 0 {
                if errno == EINTR { continue }
                failure = .io(name: "", errno: errno)
                return nil
            }
            isAtEnd = count == 0
            endOffset += Int64(count)
            current = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            return current
        }
    }

    /// As of any input, but what is gone, or was skipped, is read again.
    override func withBytes<T>(_ range: Range<Int64>, _ body: (UnsafeRawBufferPointer) -> T) -> T? {
        if range.lowerBound >= endOffset - Int64(current.count), range.upperBound <= endOffset {
            return super.withBytes(range, body)
        }
        guard range.count <= Self.longestMemory else { return nil }
        var bytes = [UInt8](repeating: 0, count: range.count)
        let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, off_t(start + range.lowerBound)) }
        return count == range.count ? bytes.withUnsafeBytes(body) : nil
    }

    /// Never leaves the file: a member that claims more than there is then shows as truncated.
    override func skip(_ count: Int64) -> Int64 {
        let skipped = min(count, length - endOffset)
        endOffset += skipped
        current = UnsafeRawBufferPointer(start: nil, count: 0)
        return skipped
    }
}
