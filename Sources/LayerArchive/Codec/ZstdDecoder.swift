// https://www.rfc-editor.org/rfc/rfc8878

import CZstd

/// zstd of any number of frames, the skippable ones that zstd:chunked ends with included.
///
/// Windows are limited, which bounds the memory that a frame can ask for.
final class ZstdDecoder: StreamDecoder {
    private let context: OpaquePointer
    /// Whether the stream may end here: at a frame's end.
    private var isBetweenFrames = true
    private var framesRead = 0
    private let maxWindowBytes: Int64
    /// The first bytes of the current frame.
    private var header: [UInt8] = []
    private static let longestHeader = 18

    init(maxWindowBytes: Int64) throws(LayerArchiveError) {
        guard let context = ZSTD_createDCtx() else { throw .outOfResources }
        self.context = context
        self.maxWindowBytes = maxWindowBytes
        // The library takes powers of two, and none above 2^31.
        let power = (10...31).last { Int64(1) << $0 <= maxWindowBytes } ?? 10
        _ = ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Int32(power))
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
            if wasBetweenFrames { header = [] }
            let start = chunk.prefix(Self.longestHeader - header.count)
            let result = ZSTD_decompressStream(context, &output, &window)
            if ZSTD_isError(result) != 0 {
                header += start
                throw fault(result, wasBetweenFrames)
            }
            header += start.prefix(window.pos)
            input.use(window.pos)
            isBetweenFrames = result == 0
            if isBetweenFrames { framesRead += 1 }
            if !isFed, !isBetweenFrames, output.pos == before { throw .compressedTruncated(.zstd) }
        }
        return output.pos
    }

    private func fault(_ result: Int, _ wasBetweenFrames: Bool) -> LayerArchiveError {
        let code = ZSTD_getErrorCode(result)
        if code == ZSTD_error_frameParameter_windowTooLarge, let wanted = Self.window(header) {
            return .windowTooLarge(wanted: wanted, limit: maxWindowBytes)
        }
        if code == ZSTD_error_prefix_unknown, wasBetweenFrames, framesRead > 0 { return .trailingGarbage(.zstd) }
        return .badCompression(.zstd, code: Int(code.rawValue), detail: String(cString: ZSTD_getErrorName(result)))
    }

    /// The window that a frame's header asks for; for a frame in one segment that is all of its content.
    ///
    /// https://www.rfc-editor.org/rfc/rfc8878#name-frame-header
    static func window(_ header: [UInt8]) -> Int64? {
        guard header.count > 5 else { return nil }
        let flags = header[4]
        guard flags & 0x20 != 0 else {
            let base = Int64(1) << (10 + Int64(header[5] >> 3))
            return base + base / 8 * Int64(header[5] & 7)
        }
        let sizeLength = [1, 2, 4, 8][Int(flags >> 6)]
        let start = 5 + [0, 1, 2, 4][Int(flags & 3)]
        guard header.count >= start + sizeLength else { return nil }
        let size = header[start..<start + sizeLength].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return Int64(clamping: size) + (sizeLength == 2 ? 256 : 0)
    }
}
