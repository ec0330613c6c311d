import OCISpec

/// How layers that are made here are stored.
package enum LayerCompression: String, Sendable, CaseIterable {
    case gzip, zstd
    /// As they are: for disks that compress themselves.
    case none

    /// The format of the stream that is written.
    package var compression: Compression {
        switch self {
        case .gzip: .gzip
        case .zstd: .zstd
        case .none: .none
        }
    }

    /// What a manifest calls such a layer.
    package var mediaType: String {
        switch self {
        case .gzip: MediaType.layerGzip
        case .zstd: MediaType.layerZstd
        case .none: MediaType.layer
        }
    }

    /// Compresses all of `source` and hands the result to `sink`, piece by piece, in order; equal bytes give equal bytes.
    ///
    /// Who reads it by these limits does not take it for a bomb.
    func encode(
        _ source: any ByteSource, limits: ScanLimits, into sink: (UnsafeRawBufferPointer) throws -> Void
    ) throws(LayerArchiveError) {
        switch self {
        case .gzip: try GzipBlocks.encode(source, into: sink)
        case .zstd: try ZstdEncoder.encode(source, limits: limits, into: sink)
        case .none:
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
            defer { buffer.deallocate() }
            while true {
                let count = try source.read(into: buffer)
                if count == 0 { return }
                do { try sink(UnsafeRawBufferPointer(rebasing: buffer[..<count])) } catch { throw .tapFailed(error) }
            }
        }
    }
}
