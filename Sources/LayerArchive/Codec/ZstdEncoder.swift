// https://facebook.github.io/zstd/zstd_manual.html (streaming compression)

import CZstd

/// Compresses a stream with zstd: the same bytes in give the same bytes out.
enum ZstdEncoder {
    /// As the tool itself has it by default.
    private static let level: Int32 = 3

    static func encode(
        _ source: any ByteSource, into sink: (UnsafeRawBufferPointer) throws -> Void
    ) throws(LayerArchiveError) {
        guard let context = ZSTD_createCCtx() else { throw .outOfResources }
        let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        let output = UnsafeMutableRawBufferPointer.allocate(byteCount: ZSTD_CStreamOutSize(), alignment: 64)
        defer {
            ZSTD_freeCCtx(context)
            input.deallocate()
            output.deallocate()
        }
        _ = ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)
        _ = ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
        var isLast = false
        while !isLast {
            let filled = try source.fill(input)
            isLast = filled < input.count
            var piece = ZSTD_inBuffer(src: input.baseAddress, size: filled, pos: 0)
            var left = 1
            repeat {
                var made = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
                left = ZSTD_compressStream2(context, &made, &piece, isLast ? ZSTD_e_end : ZSTD_e_continue)
                guard ZSTD_isError(left) == 0 else {
                    throw .badCompression(.zstd, code: Int(left), detail: String(cString: ZSTD_getErrorName(left)))
                }
                if made.pos > 0 {
                    do { try sink(UnsafeRawBufferPointer(rebasing: output[..<made.pos])) } catch { throw .tapFailed(error) }
                }
            } while isLast ? left > 0 : piece.pos < piece.size
        }
    }
}
