// https://www.rfc-editor.org/rfc/rfc8878

import CZstd

/// zstd of any number of frames, the skippable ones that zstd:chunked ends with included.
///
/// Windows are limited to the library's default of 128 MiB, which bounds the memory a frame can ask for.
final class ZstdDecoder: StreamDecoder {
    private let context: OpaquePointer
    /// Whether the stream may end here: at a frame's end.
    private var isBetweenFrames = true
    private var framesRead = 0

    init() throws(LayerArchiveError) {
        guard let context = ZSTD_createDCtx() else { throw .outOfResources }
        self.context = context
    }

    deinit { ZSTD_freeDCtx(context) }

    func fill(_ target: UnsafeMutableRawBufferPointer, from input: StoredInput) throws(LayerArchiveError) -> Int {
        var output = ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
        while output.pos < output.size {
            let isFed = try input.refill()
            if !isFed, isBetweenFrames { break }
            let chunk = input.chunk
            var window = ZSTD_inBuffer(src: chunk.baseAddress, size: chunk.count, pos: 0)
            let before = output.pos
            let wasBetweenFrames = isBetweenFrames
            let result = ZSTD_decompressStream(context, &output, &window)
            if ZSTD_isError(result) != 0 { throw fault(result, wasBetweenFrames) }
            input.use(window.pos)
            isBetweenFrames = result == 0
            if isBetweenFrames { framesRead += 1 }
            if !isFed, !isBetweenFrames, output.pos == before { throw .compressedTruncated(.zstd) }
        }
        return output.pos
    }

    private func fault(_ result: Int, _ wasBetweenFrames: Bool) -> LayerArchiveError {
        let code = ZSTD_getErrorCode(result)
        if code == ZSTD_error_prefix_unknown, wasBetweenFrames, framesRead > 0 { return .trailingGarbage(.zstd) }
        return .badCompression(.zstd, code: Int(code.rawValue), detail: String(cString: ZSTD_getErrorName(result)))
    }
}
