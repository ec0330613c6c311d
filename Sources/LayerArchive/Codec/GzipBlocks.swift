// https://www.rfc-editor.org/rfc/rfc1952
// https://github.com/ebiggers/libdeflate/blob/v1.14/libdeflate.h

import CDeflate

/// Compresses with gzip, blocks of the stream on several cores, quickly or with a level: the same bytes in give the same bytes out, on any number of them.
///
/// Each block is a member of its own, without a name or a time; a stream of members is a gzip file like any other.
package enum GzipBlocks {
    /// How much is compressed at a time, which decides what bytes come out.
    ///
    /// That a block does not see the one before it costs less than one byte in a thousand.
    private static let blockBytes = 1 << 20

    /// The levels of libdeflate; from 10 on it looks for the smallest, and takes twenty times as long as at 6.
    static let levels = 1...12

    /// Compresses all of `source` and hands the result to `sink`, piece by piece, in order; without a level by ISA-L, which is quick.
    package static func encode(
        _ source: any ByteSource, level: Int? = nil, workers: Int, into sink: (UnsafeRawBufferPointer) throws -> Void
    ) throws(LayerArchiveError) {
        func emit(_ bytes: [UInt8]) throws(LayerArchiveError) {
            do { try bytes.withUnsafeBytes { try sink($0) } } catch { throw .tapFailed(error) }
        }
        let outcome = Result {
            try BlockWorkers<[UInt8], [UInt8]>.with(workers: workers) { bytes throws(LayerArchiveError) in
                if let level { try member(bytes, level: level) } else { try GzipEncoder.member(bytes) }
            } _: { blocks in
                var isFirst = true
                var isLast = false
                while !isLast {
                    let bytes = try nextBlock(source)
                    isLast = bytes.count < blockBytes
                    // Of an empty stream there is a member too.
                    if isFirst || !bytes.isEmpty { try blocks.give(bytes, emit) }
                    isFirst = false
                }
                try blocks.drain(emit)
            }
        }
        do { try outcome.get() } catch let error as LayerArchiveError { throw error } catch { throw .tapFailed(error) }
    }

    /// A whole member of these bytes.
    static func member(_ bytes: [UInt8], level: Int) throws(LayerArchiveError) -> [UInt8] {
        guard let compressor = libdeflate_alloc_compressor(Int32(level)) else { throw .outOfResources }
        defer { libdeflate_free_compressor(compressor) }
        let room = libdeflate_gzip_compress_bound(compressor, bytes.count)
        let packed = [UInt8](unsafeUninitializedCapacity: room) { output, count in
            count = bytes.withUnsafeBytes {
                libdeflate_gzip_compress(compressor, $0.baseAddress, $0.count, output.baseAddress, output.count)
            }
        }
        // Within its own bound it always succeeds.
        guard !packed.isEmpty else { throw .badCompression(.gzip, code: 0, detail: "libdeflate") }
        return packed
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
}
