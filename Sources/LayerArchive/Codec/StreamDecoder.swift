/// Turns stored bytes into the tar's; used by one thread.
protocol StreamDecoder: AnyObject {
    /// Fills `target` whole, or up to the stream's end; returns how many bytes, 0 at the end. Nothing is asked after that.
    func fill(_ target: UnsafeMutableRawBufferPointer, from input: StoredInput) throws(LayerArchiveError) -> Int
}

extension Compression {
    /// A decoder at its start.
    func makeDecoder(_ limits: ScanLimits) throws(LayerArchiveError) -> any StreamDecoder {
        switch self {
        case .none: PlainDecoder()
        case .gzip: GzipDecoder()
        case .zstd: try ZstdDecoder(maxWindowBytes: limits.maxWindowBytes)
        case .xz, .bzip2, .lz4, .compress: try FilterDecoder(self)
        }
    }
}

/// Bytes as they are.
final class PlainDecoder: StreamDecoder {
    func fill(_ target: UnsafeMutableRawBufferPointer, from input: StoredInput) throws(LayerArchiveError) -> Int {
        try input.fill(target)
    }
}
