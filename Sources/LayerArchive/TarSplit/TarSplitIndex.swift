import CISAL

/// Every entry of a layer, read from its tar-split alone: no content of the layer is opened.
///
/// A type of its own, since contents are told apart by other means than in a `LayerIndex` of a scan: by their size and CRC-64, where
/// a scan has XXH3-128. Such an index must stand in no tree beside one of the other kind, and is never stored under the layer's diff ID: the
/// same content would have two identities. Everything else in it is what a scan of the tar finds.
package struct TarSplitIndex: Hashable, Sendable {
    /// The entries.
    ///
    /// Their `contents` are checksums, see `ContentHash.init(checksum:)`; there are no documents of package managers.
    package let entries: LayerIndex
    /// Bytes of the layer's tar.
    package let tarBytes: Int64
    /// What libarchive had to say of single entries.
    package let warnings: [LayerWarning]

    /// Reads the tar-split file, gzip or plain, that `source` gives.
    ///
    /// The caller's thread blocks and works. What is refused in a tar by a scan is refused here alike, and within the same limits.
    package init(_ source: any ByteSource, limits: ScanLimits = ScanLimits()) throws(LayerArchiveError) {
        let input = try TarSplitInput(source, limits: limits)
        var indexer = LayerIndexer(input, try TarReader(input), try ContentHasher(), limits: limits, keepsDocuments: false)
        entries = try withRawNames { () throws(LayerArchiveError) in try indexer.run() }
        try input.finish()
        tarBytes = input.endOffset
        warnings = indexer.warnings
    }
}

extension ContentHash {
    /// The identity of a content of which only CRC-64 (ISO 3309) is known; together with the size it tells contents apart.
    ///
    /// The upper half says so, and is that of no XXH3-128 but by a chance of 2⁻⁶⁴. Equal checksums of different contents spoil which
    /// files are called the same, and no size.
    package init(checksum: UInt64) { self.init(low: checksum, high: Self.checksumMark) }

    /// Whether it is a checksum.
    package var isChecksum: Bool { high == Self.checksumMark }

    private static let checksumMark: UInt64 = 0x4352_4336_3449_534F
}

/// CRC-64 of ISO 3309, as tar-split has it.
struct Checksum64 {
    /// The checksum of the bytes so far.
    private(set) var value: UInt64 = 0

    /// The next bytes.
    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
        value = crc64_iso_refl(value, start.assumingMemoryBound(to: UInt8.self), UInt64(bytes.count))
    }
}
