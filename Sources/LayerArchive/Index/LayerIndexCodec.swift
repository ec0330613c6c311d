/// A layer index as bytes, about 20 for each entry.
///
/// ```
/// a sealed record of:
///   count, bytes of all paths, bytes of all link targets
///   sections, each with its length before it:
///   flags · modes, uids, gids, nanoseconds (runs) · seconds (differences) · sizes · contents · xattrs · devices
///   · link lengths · links · path prefix lengths · path suffix lengths · path suffixes
///   · documents, compressed parts as they are (nothing at all where they are not known)
/// ```
/// Numbers are varints; a path is what it shares with the one before, and the rest. Contents, xattrs, devices and links
/// are there only for entries that have them. The same index gives the same bytes with the same zstd.
package enum LayerIndexCodec {
    /// The format that `encode` writes and `decode` reads.
    package static let version: UInt8 = 2

    static let hasContent: UInt8 = 0x10
    static let hasXattrs: UInt8 = 0x20
    static let hasDevice: UInt8 = 0x40
    static let hasLink: UInt8 = 0x80
    /// The index as bytes.
    package static func encode(_ index: LayerIndex) -> [UInt8] {
        seal(columns(of: index))
    }

    /// Columns, compressed and with version and checksum before them: `encode`'s second half, apart so that damage
    /// under a right checksum can be tried.
    package static func seal(_ columns: [UInt8]) -> [UInt8] {
        SealedRecord.seal(columns, version: version)
    }

    /// `encode`'s first half.
    package static func columns(of index: LayerIndex) -> [UInt8] {
        var out = VarintWriter()
        out.write(UInt64(index.count))
        out.write(UInt64(index.pathBytes.count))
        out.write(UInt64(index.linkBytes.count))
        var flags = VarintWriter()
        flags.write(contentsOf: (0..<index.count).lazy.map { Self.flags(index, $0) })
        out.write(section: flags)
        out.write(runs: index.modes) { UInt64($0) }
        out.write(runs: index.uids) { UInt64(bitPattern: $0) }
        out.write(runs: index.gids) { UInt64(bitPattern: $0) }
        out.write(runs: index.mtimeNanoseconds) { UInt64($0) }
        writeNumbers(of: index, to: &out)
        writeLinks(of: index, to: &out)
        writePaths(of: index, to: &out)
        if let documents = index.documents { out.write(section: documents.encoded()) }
        return out.bytes
    }

    private static func flags(_ index: LayerIndex, _ entry: Int) -> UInt8 {
        index.kinds[entry].rawValue
            | (index.contents[entry] == ContentHash() ? 0 : hasContent)
            | (index.xattrs[entry] == 0 ? 0 : hasXattrs)
            | (index.devices[entry] == 0 ? 0 : hasDevice)
            | (index.linkRange(entry).isEmpty ? 0 : hasLink)
    }

    private static func writeNumbers(of index: LayerIndex, to out: inout VarintWriter) {
        var seconds = VarintWriter()
        var last: Int64 = 0
        for value in index.mtimeSeconds {
            seconds.writeSigned(value &- last)
            last = value
        }
        out.write(section: seconds)
        var sizes = VarintWriter()
        for size in index.sizes { sizes.write(UInt64(bitPattern: size)) }
        out.write(section: sizes)
        var contents = VarintWriter()
        for hash in index.contents where hash != ContentHash() {
            contents.write(word: hash.low)
            contents.write(word: hash.high)
        }
        out.write(section: contents)
        var xattrs = VarintWriter()
        for value in index.xattrs where value != 0 { xattrs.write(word: value) }
        out.write(section: xattrs)
        var devices = VarintWriter()
        for value in index.devices where value != 0 { devices.write(value) }
        out.write(section: devices)
    }

    private static func writeLinks(of index: LayerIndex, to out: inout VarintWriter) {
        var lengths = VarintWriter()
        for entry in 0..<index.count where !index.linkRange(entry).isEmpty {
            lengths.write(UInt64(index.linkRange(entry).count))
        }
        out.write(section: lengths)
        var bytes = VarintWriter()
        bytes.write(contentsOf: index.linkBytes)
        out.write(section: bytes)
    }

    private static func writePaths(of index: LayerIndex, to out: inout VarintWriter) {
        var prefixes = VarintWriter()
        var lengths = VarintWriter()
        var suffixes = VarintWriter()
        var last = 0..<0
        index.pathBytes.withUnsafeBytes { paths in
            for entry in 0..<index.count {
                let path = index.pathRange(entry)
                var shared = 0
                let most = min(last.count, path.count)
                while shared < most, paths[last.lowerBound + shared] == paths[path.lowerBound + shared] { shared += 1 }
                prefixes.write(UInt64(shared))
                lengths.write(UInt64(path.count - shared))
                suffixes.write(contentsOf: UnsafeRawBufferPointer(rebasing: paths[path.dropFirst(shared)]))
                last = path
            }
        }
        out.write(section: prefixes)
        out.write(section: lengths)
        out.write(section: suffixes)
    }
}

extension VarintWriter {
    /// Each run as its value and its length.
    fileprivate mutating func write<Value>(runs column: RunColumn<Value>, _ convert: (Value) -> UInt64) {
        var section = VarintWriter()
        for run in column.runs {
            section.write(convert(run.value))
            section.write(UInt64(run.count))
        }
        write(section: section)
    }

    fileprivate mutating func write(word: UInt64) {
        withUnsafeBytes(of: word.littleEndian) { write(contentsOf: $0) }
    }
}
