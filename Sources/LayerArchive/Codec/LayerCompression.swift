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
}
