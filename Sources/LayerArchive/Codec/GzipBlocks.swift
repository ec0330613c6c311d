// https://www.rfc-editor.org/rfc/rfc1952
// https://www.zlib.net/manual.html

import CISAL
import CZlib

/// Compresses with gzip by zlib, blocks of the stream on several cores: the same bytes in give the same bytes out, on any number of them.
///
/// Each block knows what came right before it, so that little is lost by the division, and the result is one member like any other.
enum GzipBlocks {
    /// How much is compressed at a time, which decides what bytes come out.
    private static let blockBytes = 512 << 10
    /// How far back deflate can look.
    private static let windowBytes = 32 << 10
    /// No name, no time, and no word on the system or on the level.
    private static let header: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF]

    private struct Block: Sendable {
        let window: ArraySlice<UInt8>
        let bytes: [UInt8]
        let isLast: Bool
    }

    /// Compresses all of `source` and hands the result to `sink`, piece by piece, in order.
    static func encode(
        _ source: any ByteSource, level: Int, workers: Int, into sink: (UnsafeRawBufferPointer) throws -> Void
    ) throws(LayerArchiveError) {
        var checksum: UInt32 = 0
        var length: UInt32 = 0
        func emit(_ bytes: [UInt8]) throws(LayerArchiveError) { try hand(bytes, to: sink) }
        try emit(header)
        let outcome = Result {
            try BlockWorkers<Block, [UInt8]>.with(workers: workers) { block throws(LayerArchiveError) in
                try deflate(block, level)
            } _: { blocks in
                var window: ArraySlice<UInt8> = []
                var isLast = false
                while !isLast {
                    let bytes = try nextBlock(source)
                    isLast = bytes.count < blockBytes
                    checksum = bytes.withUnsafeBufferPointer { crc32_gzip_refl(checksum, $0.baseAddress, UInt64($0.count)) }
                    length &+= UInt32(bytes.count)
                    try blocks.give(Block(window: window, bytes: bytes, isLast: isLast), emit)
                    window = bytes.suffix(windowBytes)
                }
                try blocks.drain(emit)
            }
        }
        do { try outcome.get() } catch let error as LayerArchiveError { throw error } catch { throw .tapFailed(error) }
        try emit(trailer(checksum, length))
    }

    /// A whole member of these bytes.
    static func member(_ bytes: [UInt8], level: Int) throws(LayerArchiveError) -> [UInt8] {
        let checksum = bytes.withUnsafeBufferPointer { crc32_gzip_refl(0, $0.baseAddress, UInt64($0.count)) }
        return header + (try deflate(Block(window: [], bytes: bytes, isLast: true), level))
            + trailer(checksum, UInt32(truncatingIfNeeded: bytes.count))
    }

    private static func trailer(_ checksum: UInt32, _ length: UInt32) -> [UInt8] {
        [checksum, length].flatMap { number in (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * UInt32($0))) } }
    }

    private static func hand(
        _ bytes: [UInt8], to sink: (UnsafeRawBufferPointer) throws -> Void
    ) throws(LayerArchiveError) {
        do { try bytes.withUnsafeBytes { try sink($0) } } catch { throw .tapFailed(error) }
    }

    /// The next bytes: fewer than a block only at the end.
    private static func nextBlock(_ source: any ByteSource) throws(LayerArchiveError) -> [UInt8] {
        var failure: LayerArchiveError?
        let bytes = [UInt8](unsafeUninitializedCapacity: blockBytes) { buffer, count in
            do throws(LayerArchiveError) { count = try source.fill(UnsafeMutableRawBufferPointer(buffer)) } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// The block as deflate has it, up to a byte's end.
    private static func deflate(_ block: Block, _ level: Int) throws(LayerArchiveError) -> [UInt8] {
        var stream = z_stream()
        // A raw stream, with zlib's own amount of memory.
        let begun = deflateInit2_(
            &stream, Int32(level), Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, zlibVersion(), Int32(MemoryLayout<z_stream>.size))
        guard begun == Z_OK else { throw .outOfResources }
        defer { deflateEnd(&stream) }
        if !block.window.isEmpty {
            _ = block.window.withUnsafeBufferPointer { deflateSetDictionary(&stream, $0.baseAddress, UInt32($0.count)) }
        }
        let room = Int(deflateBound(&stream, UInt(block.bytes.count))) + 64
        var code = Z_OK
        let packed = [UInt8](unsafeUninitializedCapacity: room) { output, count in
            block.bytes.withUnsafeBufferPointer { input in
                stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(room)
                code = CZlib.deflate(&stream, block.isLast ? Z_FINISH : Z_SYNC_FLUSH)
                count = room - Int(stream.avail_out)
            }
        }
        guard code == (block.isLast ? Z_STREAM_END : Z_OK), stream.avail_in == 0, stream.avail_out > 0 else {
            throw .badCompression(.gzip, code: Int(code), detail: "deflate")
        }
        return packed
    }
}
