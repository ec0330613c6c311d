import StorageIO

/// How layers are written: the format of the stream, how much work goes into it, and whether a table of contents comes with it.
package struct LayerPacking: Hashable, Sendable {
    /// The format of the stream; that of the table's form, where there is one.
    package let compression: LayerCompression
    /// The level of libdeflate or of zstd; nil for a quick one, and without compression.
    package let level: Int?
    /// The table of contents that the layer carries.
    package let table: TableOfContents.Form?
    /// How many threads compress; what comes out does not depend on it.
    package var workerCount = Threads.processorCount

    /// A packing as builds want it: fast.
    package init(_ compression: LayerCompression) {
        self.compression = compression
        level = nil
        table = nil
    }

    /// A packing on all cores; without a level that which the format's own tool has.
    package init(_ compression: LayerCompression, level: Int?) {
        self.compression = compression
        self.level = level ?? Self.usualLevel(compression)
        table = nil
    }

    /// A packing with a table of contents, on all cores.
    package init(table: TableOfContents.Form, level: Int?) {
        compression = table.compression
        self.level = level ?? Self.usualLevel(compression)
        self.table = table
    }

    /// The levels that a format has; nil where it has none.
    package static func levels(_ compression: LayerCompression) -> ClosedRange<Int>? {
        switch compression {
        case .gzip: GzipBlocks.levels
        case .zstd: 1...19
        case .none: nil
        }
    }

    private static func usualLevel(_ compression: LayerCompression) -> Int? {
        switch compression {
        case .gzip: 6
        case .zstd: 3
        case .none: nil
        }
    }

    /// Compresses all of `source` and hands the result to `sink`, piece by piece, in order; equal bytes give equal bytes, on any number of cores.
    ///
    /// Who reads it by these limits does not take it for a bomb.
    func encode(
        _ source: any ByteSource, limits: ScanLimits, into sink: (UnsafeRawBufferPointer) throws -> Void
    ) throws(LayerArchiveError) {
        switch compression {
        case .gzip: try GzipBlocks.encode(source, level: level, workers: workerCount, into: sink)
        case .zstd:
            try ZstdEncoder.encode(
                source, effort: level.map { .init(level: $0, workers: workerCount) } ?? .usual, limits: limits, into: sink)
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

extension TableOfContents.Form {
    /// The format of a layer that carries such a table.
    package var compression: LayerCompression {
        switch self {
        case .estargz: .gzip
        case .zstdChunked: .zstd
        }
    }
}
