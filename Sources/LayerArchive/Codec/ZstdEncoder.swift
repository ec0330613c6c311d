// https://facebook.github.io/zstd/zstd_manual.html (streaming compression)

import CZstd

/// Compresses a stream with zstd: the same bytes in give the same bytes out.
///
/// No reader takes what it makes for a bomb: where long runs of zeros, as of a sparse file, would come to more than the limits allow
/// for each stored byte, blocks are made so short that they do not.
enum ZstdEncoder {
    /// How much work goes into it.
    struct Effort {
        /// As the tool itself has it by default, and on the caller's thread alone.
        static let usual = Effort(level: 3, workers: 0)

        var level: Int
        /// Threads besides the caller's.
        ///
        /// Of any number from 1 on the same bytes come out; other ones of none.
        var workers: Int
    }

    /// A block takes four bytes at least, so none of these has more than 512 for each.
    private static let shortBlockBytes = 2 << 10

    static func encode(
        _ source: any ByteSource, effort: Effort = .usual, limits: ScanLimits = ScanLimits(),
        into sink: (UnsafeRawBufferPointer) throws -> Void
    ) throws(LayerArchiveError) {
        guard let context = ZSTD_createCCtx() else { throw .outOfResources }
        let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        let output = UnsafeMutableRawBufferPointer.allocate(byteCount: ZSTD_CStreamOutSize(), alignment: 64)
        defer {
            ZSTD_freeCCtx(context)
            input.deallocate()
            output.deallocate()
        }
        _ = ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Int32(effort.level))
        _ = ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
        // A library without threads refuses, and does it alone.
        if effort.workers > 0 { _ = ZSTD_CCtx_setParameter(context, ZSTD_c_nbWorkers, Int32(effort.workers)) }
        var meter = DensityMeter(limits)
        var isLast = false
        while !isLast {
            let filled = try source.fill(input)
            isLast = filled < input.count
            var start = 0
            repeat {
                let isDense = meter.isDense
                let end = isDense ? min(filled, start + shortBlockBytes) : filled
                var piece = ZSTD_inBuffer(src: input.baseAddress?.advanced(by: start), size: end - start, pos: 0)
                let mode = isLast && end == filled ? ZSTD_e_end : isDense ? ZSTD_e_flush : ZSTD_e_continue
                var left = 1
                repeat {
                    var made = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
                    left = ZSTD_compressStream2(context, &made, &piece, mode)
                    guard ZSTD_isError(left) == 0 else {
                        throw .badCompression(.zstd, code: Int(left), detail: String(cString: ZSTD_getErrorName(left)))
                    }
                    meter.givenBytes += Int64(made.pos)
                    if made.pos > 0 {
                        do { try sink(UnsafeRawBufferPointer(rebasing: output[..<made.pos])) } catch { throw .tapFailed(error) }
                    }
                } while mode == ZSTD_e_continue ? piece.pos < piece.size : left > 0
                meter.takenBytes += Int64(end - start)
                start = end
            } while start < filled
        }
    }

    /// A whole frame of these bytes, none of which gives a reader more than it allows.
    static func frame(_ bytes: [UInt8], level: Int, limits: ScanLimits) throws(LayerArchiveError) -> [UInt8] {
        guard let context = ZSTD_createCCtx() else { throw .outOfResources }
        defer { ZSTD_freeCCtx(context) }
        _ = ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Int32(level))
        _ = ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
        var result = 0
        let packed = [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(bytes.count)) { output, count in
            result = bytes.withUnsafeBufferPointer {
                ZSTD_compress2(context, output.baseAddress, output.count, $0.baseAddress, $0.count)
            }
            count = ZSTD_isError(result) == 0 ? result : 0
        }
        guard ZSTD_isError(result) == 0 else {
            throw .badCompression(.zstd, code: result, detail: String(cString: ZSTD_getErrorName(result)))
        }
        let isDense = bytes.count / max(1, packed.count) >= min(limits.maxRatio, ScanLimits().maxRatio) / 2
        guard isDense, bytes.count > shortBlockBytes else { return packed }
        var limits = limits
        limits.ratioFloorBytes = 0
        var whole: [UInt8] = []
        try encode(MemorySource(bytes), effort: Effort(level: level, workers: 0), limits: limits) { whole += $0 }
        return whole
    }

    /// Tells when the result comes near what readers allow.
    private struct DensityMeter {
        var takenBytes: Int64 = 0
        var givenBytes: Int64 = 0
        private let floorBytes: Int64
        private let ratio: Int64

        init(_ limits: ScanLimits) {
            // What is over the floor is measured from the beginning on: there must be room to make up for that.
            floorBytes = limits.ratioFloor(.zstd) / 4
            // Others read it, by their own limits.
            ratio = min(limits.maxRatio, ScanLimits().maxRatio) * 9 / 10
        }

        var isDense: Bool { takenBytes >= floorBytes && takenBytes / max(1, givenBytes) >= ratio }
    }
}
