import CLibArchive
import Glibc
package import OCISpec

/// Takes single entries out of a layer whose index is known, in one pass over its bytes.
///
/// Works on the caller's thread, with one more for the hash; memory does not grow with the layer. What is thrown is what a scan would
/// throw, and what the writer throws; on return all stored bytes were read, and the digest is theirs.
package enum LayerExtraction {
    /// Writes the entries that `names` has, by their place in the index: the first name gets the content, the others are hard links.
    package static func copy(
        _ names: [Int: [[UInt8]]], from source: any ByteSource, limits: ScanLimits = ScanLimits(), into writer: TarWriter,
        progress: ((Int64) -> Void)? = nil
    ) throws(LayerArchiveError) -> Digest {
        try visit(source, limits, progress) { number, reader, entry, name throws(LayerArchiveError) in
            guard let paths = names[number], let first = paths.first else { return }
            let raw = UnsafeRawBufferPointer(start: name, count: strlen(name))
            guard let kind = EntryKind(entry, name: raw) else { throw .unsupportedEntry(place(number, raw)) }
            let header = try copy(entry, kind, from: reader, as: first, place(number, raw), into: writer)
            for path in paths.dropFirst() {
                var link = header
                link.path = path
                link.kind = .hardLink
                link.linkTarget = first
                link.xattrs = []
                try writer.begin(link)
            }
        }
    }

    /// Writes the entries for which `name` gives a path, by their place in the index, in the order of the layer; none is a hard link.
    ///
    /// `body` is called after each. No time is later than `latest`, where that is given.
    package static func copy(
        from source: any ByteSource, limits: ScanLimits = ScanLimits(), latest: Int64? = nil, into writer: TarWriter,
        named name: (_ entry: Int) -> [UInt8]?, then body: () throws(LayerArchiveError) -> Void
    ) throws(LayerArchiveError) -> Digest {
        try visit(source, limits, nil) { number, reader, entry, text throws(LayerArchiveError) in
            guard let path = name(number) else { return }
            let raw = UnsafeRawBufferPointer(start: text, count: strlen(text))
            guard let kind = EntryKind(entry, name: raw), kind != .hardLink else { throw .unsupportedEntry(place(number, raw)) }
            _ = try copy(entry, kind, from: reader, as: path, place(number, raw), latest: latest, into: writer)
            try body()
        }
    }

    /// Writes header and content of an entry of this kind; returns the header.
    private static func copy(
        _ entry: OpaquePointer, _ kind: EntryKind, from reader: TarReader, as path: [UInt8], _ place: EntryPlace,
        latest: Int64? = nil, into writer: TarWriter
    ) throws(LayerArchiveError) -> TarHeader {
        var header = TarEntry.header(entry, kind, path: path)
        header.clamp(to: latest)
        try writer.begin(header)
        if kind == .file {
            try copyContent(header.size, from: reader, place) { bytes throws(LayerArchiveError) in try writer.write(bytes) }
        }
        return header
    }

    /// Hands over every entry of a layer, in its order, with a reader of its content.
    ///
    /// The first argument of `body` is the entry; the second writes the content of a regular file to a sink, and may be called once.
    ///
    /// With `hasMarkers` the tar is a layer, and a marker is an entry at the path that it acts on. In any other tar a name that begins
    /// with `.wh.` is a file's own.
    package static func entries(
        from source: any ByteSource, limits: ScanLimits = ScanLimits(), hasMarkers: Bool = true,
        _ body: (
            UnpackedEntry,
            _ content: ((UnsafeRawBufferPointer) throws(LayerArchiveError) -> Void) throws(LayerArchiveError) -> Void
        )
            throws -> Void
    ) throws -> Digest {
        var failure: (any Error)?
        let digest: Digest
        do throws(LayerArchiveError) {
            digest = try visit(source, limits, nil, hasMarkers: hasMarkers) {
                number, reader, entry, name throws(LayerArchiveError) in
                let raw = UnsafeRawBufferPointer(start: name, count: strlen(name))
                var path: [UInt8] = []
                let meaning = hasMarkers ? EntryName.parse(raw, into: &path) : EntryName.plain(raw, into: &path)
                guard var kind = EntryKind(entry, name: raw) else { throw .unsupportedEntry(place(number, raw)) }
                if case .parentTraversal = meaning { throw .parentTraversal(place(number, raw)) }
                if case .whiteout = meaning { kind = .whiteout }
                if case .opaque = meaning { kind = .opaque }
                var header = TarEntry.header(entry, kind, path: path)
                if kind == .hardLink, let target = archive_entry_hardlink(entry) {
                    let text = UnsafeRawBufferPointer(start: target, count: strlen(target))
                    guard EntryName.normalize(text, into: &header.linkTarget) else {
                        throw .linkTargetTraversal(place(number, raw), target: Array(text))
                    }
                }
                do {
                    try body(UnpackedEntry(kind: kind, header: header)) { sink throws(LayerArchiveError) in
                        try copyContent(header.size, from: reader, place(number, raw), sink)
                    }
                } catch let error as LayerArchiveError {
                    throw error
                } catch {
                    failure = error
                    throw .tapFailed(error)
                }
            }
        } catch {
            throw failure ?? error
        }
        return digest
    }

    /// Where the content of an entry came to be, and what else it has.
    package struct Content: Hashable, Sendable {
        /// Bytes written before it.
        package var offset: Int64
        /// Bytes written for it: the logical size, holes included.
        package var size: Int64
        /// As the entry has them, names and values raw.
        package var xattrs: [ExtendedAttribute]
    }

    /// Writes the contents of the entries of these places in the index one after another to `sink`, and tells where each begins.
    package static func contents(
        of entries: Set<Int>, from source: any ByteSource, limits: ScanLimits = ScanLimits(),
        into sink: (UnsafeRawBufferPointer) throws(LayerArchiveError) -> Void
    ) throws(LayerArchiveError) -> [Int: Content] {
        var found: [Int: Content] = [:]
        var length: Int64 = 0
        _ = try visit(source, limits, nil) { number, reader, entry, name throws(LayerArchiveError) in
            guard entries.contains(number) else { return }
            let raw = UnsafeRawBufferPointer(start: name, count: strlen(name))
            let header = EntryKind(entry, name: raw).map { TarEntry.header(entry, $0, path: []) }
            guard let header else { throw .unsupportedEntry(place(number, raw)) }
            let size = header.kind == .file ? header.size : 0
            found[number] = Content(offset: length, size: size, xattrs: header.xattrs)
            if size > 0 { try copyContent(size, from: reader, place(number, raw), sink) }
            length += size
        }
        return found
    }

    /// Hands the content of one entry to `sink`, by its place in the index; whether there is such an entry.
    ///
    /// What the sink throws ends the reading. A sink that wants no more throws.
    package static func content(
        of wanted: Int, from source: any ByteSource, limits: ScanLimits = ScanLimits(),
        into sink: (UnsafeRawBufferPointer) throws(LayerArchiveError) -> Void
    ) throws(LayerArchiveError) -> Bool {
        !(try contents(of: [wanted], from: source, limits: limits, into: sink)).isEmpty
    }

    /// The extended attributes of the entries of these places in the index.
    package static func xattrs(
        of entries: Set<Int>, from source: any ByteSource, limits: ScanLimits = ScanLimits()
    ) throws(LayerArchiveError) -> [Int: [ExtendedAttribute]] {
        var found: [Int: [ExtendedAttribute]] = [:]
        _ = try visit(source, limits, nil) { number, _, entry, _ throws(LayerArchiveError) in
            if entries.contains(number) { found[number] = TarEntry.xattrs(entry) }
        }
        return found
    }

    typealias Visitor = (
        _ number: Int, _ reader: TarReader, _ entry: OpaquePointer, _ name: UnsafePointer<CChar>
    ) throws(LayerArchiveError) -> Void

    /// Calls `body` for every entry that the index has, with its place there, and returns the digest of the stored bytes.
    static func visit(
        _ source: any ByteSource, _ limits: ScanLimits, _ progress: ((Int64) -> Void)?, hasMarkers: Bool = true, _ body: Visitor
    ) throws(LayerArchiveError) -> Digest {
        let stored = StoredInput(source: source, tap: nil, progress: progress)
        defer { stored.stop() }
        let input = try DecodedInput(stored, limits: limits)
        let reader = try TarReader(input)
        try withRawNames { () throws(LayerArchiveError) in
            try locating(nil) { () throws(TarFault) in try reader.open() }
            var number = 0
            var path: [UInt8] = []
            while true {
                let step = try locating(place(number, nil)) { () throws(TarFault) in try reader.next() }
                if case .end = step { return }
                // The body of a hard link, which libarchive does not skip; the index was made past it too.
                guard case .entry = step, let entry = reader.entry, let name = archive_entry_pathname(entry) else { continue }
                let raw = UnsafeRawBufferPointer(start: name, count: strlen(name))
                if hasMarkers, case .aufs = EntryName.parse(raw, into: &path) { continue }
                if raw.isEmpty, limits.passesOverNameless { continue }
                try body(number, reader, entry, name)
                number += 1
            }
        }
        return try input.finish()
    }

    /// Copies a content, gaps of a sparse one as zeros.
    static func copyContent(
        _ size: Int64, from reader: TarReader, _ place: EntryPlace,
        _ write: (UnsafeRawBufferPointer) throws(LayerArchiveError) -> Void
    ) throws(LayerArchiveError) {
        var written: Int64 = 0
        while let (bytes, offset) = try locating(place, { () throws(TarFault) in try reader.nextPiece() }) {
            guard offset >= written, Int64(bytes.count) <= size - offset else { throw .badSparseMap(place) }
            try writeZeros(offset - written, write)
            try write(bytes)
            written = offset + Int64(bytes.count)
        }
        try writeZeros(size - written, write)
    }

    private static func writeZeros(
        _ count: Int64, _ write: (UnsafeRawBufferPointer) throws(LayerArchiveError) -> Void
    ) throws(LayerArchiveError) {
        guard count > 0 else { return }
        let zeros = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
        defer { zeros.deallocate() }
        zeros.initializeMemory(as: UInt8.self, repeating: 0)
        var left = count
        while left > 0 {
            let step = Int(min(left, Int64(zeros.count)))
            try write(UnsafeRawBufferPointer(rebasing: zeros[..<step]))
            left -= Int64(step)
        }
    }

    static func place(_ number: Int, _ name: UnsafeRawBufferPointer?) -> EntryPlace {
        EntryPlace(index: number, path: name.map { Array($0) })
    }

    private static func locating<T>(
        _ place: EntryPlace?, _ body: () throws(TarFault) -> T
    ) throws(LayerArchiveError) -> T {
        do {
            return try body()
        } catch {
            let place = place ?? EntryPlace(index: 0)
            switch error {
            case .truncated: throw .tarTruncated(place)
            case .damaged(let detail): throw .badTar(place, detail: detail)
            case .input(let error): throw error
            }
        }
    }
}

/// One entry of a layer as it is unpacked.
package struct UnpackedEntry: Sendable {
    /// What the entry is to be in the tree: a marker is one by its own kind, whatever its header says.
    package var kind: EntryKind
    /// Owner, mode, times and names as the tar has them, before any mapping of users.
    package var header: TarHeader
}
