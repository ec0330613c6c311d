// https://github.com/Cyan4973/xxHash/blob/v0.8.1/doc/xxhash_spec.md

import CXXHash
import Glibc

/// Hashes the logical content of one regular file after another.
///
/// The result depends on the logical content alone, not on how it is stored. It is XXH3-128 of the bytes, unless the
/// content has aligned blocks of 64 KiB that are all zero: those are left out, and their places mixed in at the end,
/// so that a sparse file of terabytes, some hundred bytes in a tar, costs no more than it stores.
struct ContentHasher: ~Copyable {
    private static let blockBytes: Int64 = 64 << 10
    // Never written after it is made.
    nonisolated(unsafe) private static let zeros: UnsafeRawBufferPointer = {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(blockBytes), alignment: 64)
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        return UnsafeRawBufferPointer(bytes)
    }()

    private let state: OpaquePointer
    private let zeros = Self.zeros
    /// Logical bytes seen.
    private(set) var position: Int64 = 0
    /// Whether the current block has been zeros so far; they are not hashed yet.
    private var isZeroSoFar = true
    private var runStart: Int64 = 0
    private var runLength: Int64 = 0
    /// A hash of all runs of zero blocks before the current one; nil without any.
    private var runs: ContentHash?

    init() throws(LayerArchiveError) {
        guard let state = XXH3_createState() else { throw .outOfResources }
        self.state = state
    }

    deinit { XXH3_freeState(state) }

    /// The hash of content that is all here and shorter than a block.
    static func hash(short bytes: UnsafeRawBufferPointer) -> ContentHash {
        let value = strata_xxh3_128(bytes.baseAddress, bytes.count)
        return ContentHash(low: value.low64, high: value.high64)
    }

    /// Whether `hash(short:)` gives the same as the long way.
    static func isShort(_ size: Int64) -> Bool { size < blockBytes }

    /// Begins a new file.
    mutating func begin() {
        XXH3_128bits_reset(state)
        position = 0
        isZeroSoFar = true
        runLength = 0
        runs = nil
    }

    /// The next bytes of the content.
    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes
        while !rest.isEmpty {
            let within = position % Self.blockBytes
            let piece = UnsafeRawBufferPointer(rebasing: rest[..<min(rest.count, Int(Self.blockBytes - within))])
            rest = UnsafeRawBufferPointer(rebasing: rest[piece.count...])
            if isZeroSoFar, isZero(piece) {
                advance(piece.count)
                continue
            }
            if isZeroSoFar { endZeros(within) }
            _ = strata_xxh3_128_update(state, piece.baseAddress, piece.count)
            advance(piece.count)
        }
    }

    /// The next `count` bytes are zeros, however many.
    mutating func updateZeros(_ count: Int64) {
        var left = count
        let within = position % Self.blockBytes
        if within > 0 {
            let piece = min(left, Self.blockBytes - within)
            update(UnsafeRawBufferPointer(rebasing: zeros[..<Int(piece)]))
            left -= piece
        }
        let blocks = left / Self.blockBytes
        if blocks > 0 { addZeroBlocks(blocks) }
        update(UnsafeRawBufferPointer(rebasing: zeros[..<Int(left % Self.blockBytes)]))
    }

    /// The hash of the file.
    mutating func finish() -> ContentHash {
        if isZeroSoFar { endZeros(position % Self.blockBytes) }
        let value = XXH3_128bits_digest(state)
        let hash = ContentHash(low: value.low64, high: value.high64)
        guard let runs else { return hash }
        return Self.fold(hash, runs.low, runs.high, UInt64(position))
    }

    private func isZero(_ piece: UnsafeRawBufferPointer) -> Bool {
        piece[0] == 0 && piece.elementsMatch(zeros)
    }

    private mutating func advance(_ count: Int) {
        position += Int64(count)
        guard position % Self.blockBytes == 0 else { return }
        if isZeroSoFar {
            position -= Self.blockBytes
            addZeroBlocks(1)
        }
        isZeroSoFar = true
    }

    private mutating func addZeroBlocks(_ blocks: Int64) {
        if runLength == 0 { runStart = position }
        runLength += blocks
        position += blocks * Self.blockBytes
    }

    /// The zeros end here, `count` bytes into a block: those count as content, the whole blocks before as a run.
    private mutating func endZeros(_ count: Int64) {
        if runLength > 0 {
            runs = Self.fold(runs ?? ContentHash(), UInt64(runStart), UInt64(runLength), 0)
            runLength = 0
        }
        if count > 0 { _ = strata_xxh3_128_update(state, zeros.baseAddress, Int(count)) }
        isZeroSoFar = false
    }

    private static func fold(_ hash: ContentHash, _ first: UInt64, _ second: UInt64, _ third: UInt64) -> ContentHash {
        let words = [hash.low, hash.high, first, second, third].map(\.littleEndian)
        return words.withUnsafeBytes { Self.hash(short: $0) }
    }
}

extension ContentHash {
    /// The hash of content that is all here.
    package init(of bytes: UnsafeRawBufferPointer) {
        guard !ContentHasher.isShort(Int64(bytes.count)) else {
            self = ContentHasher.hash(short: bytes)
            return
        }
        // Without half a kilobyte nothing that follows would work either.
        guard var hasher = ContentHasher.made() else { preconditionFailure("out of memory") }
        hasher.begin()
        hasher.update(bytes)
        self = hasher.finish()
    }

    /// The hash of content that is all here.
    package init(of bytes: [UInt8]) { self = bytes.withUnsafeBytes { Self(of: $0) } }

    /// The hash of what `read` gives, which puts bytes from an offset on into a buffer and returns their count, 0 at the end.
    package init<Failure: Error>(
        reading read: (UnsafeMutableRawBufferPointer, Int64) throws(Failure) -> Int
    ) throws(Failure) {
        // Most files are small, and large buffers are not free.
        var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 32 << 10, alignment: 16)
        defer { buffer.deallocate() }
        var count = try read(buffer, 0)
        guard count == buffer.count else {
            self = Self(of: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            return
        }
        guard var hasher = ContentHasher.made() else { preconditionFailure("out of memory") }
        hasher.begin()
        hasher.update(UnsafeRawBufferPointer(buffer))
        var offset = Int64(count)
        buffer.deallocate()
        buffer = .allocate(byteCount: 1 << 20, alignment: 4096)
        repeat {
            count = try read(buffer, offset)
            hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            offset += Int64(count)
        } while count > 0
        self = hasher.finish()
    }
}

extension ContentHasher {
    /// A hasher; nil without memory for half a kilobyte.
    fileprivate static func made() -> ContentHasher? {
        // There is no other reason.
        do throws(LayerArchiveError) { return try ContentHasher() } catch { return nil }
    }
}

extension UnsafeRawBufferPointer {
    /// Whether the bytes are the first of `other`, which is at least as long.
    fileprivate func elementsMatch(_ other: UnsafeRawBufferPointer) -> Bool {
        guard let start = baseAddress, let otherStart = other.baseAddress else { return true }
        return memcmp(start, otherStart, count) == 0
    }
}
