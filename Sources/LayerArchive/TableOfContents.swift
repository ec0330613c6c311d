// https://github.com/containerd/stargz-snapshotter/blob/v0.16.3/docs/estargz.md
// https://github.com/containers/storage/blob/v1.57.2/pkg/chunked/internal/compression.go

import FoundationEssentials
import Glibc
package import OCISpec

/// The list of a layer's files that some layers carry at their end: eStargz and zstd:chunked.
///
/// It has a SHA-256 of each file where a scan makes an XXH3: indexes of the two kinds do not compare, and one made of a table is
/// nobody's proof of what the layer holds. So none is ever kept.
package enum TableOfContents {
    /// How the table is packed.
    package enum Form: Hashable, Sendable {
        /// `stargz.index.json` in a tar under gzip.
        case estargz
        /// JSON under zstd.
        case zstdChunked
    }

    /// Where in a layer's blob its table is.
    package struct Place: Hashable, Sendable {
        package var form: Form
        /// Bytes of the blob.
        package var range: Range<Int64>
        /// What the stored bytes of a zstd:chunked table, or the JSON of an eStargz one, must hash to; nil where nobody says.
        package var digest: Digest?

        /// A place from its parts.
        package init(form: Form, range: Range<Int64>, digest: Digest?) {
            self.form = form
            self.range = range
            self.digest = digest
        }
    }

    /// Decompressed bytes that a table has at most.
    package static let maxBytes = 256 << 20
    private static let maxStoredBytes: Int64 = 64 << 20
    private static let memberName = "stargz.index.json"
    /// Bytes at the end of a blob that hold any eStargz footer.
    package static let footerBytes: Int64 = 51

    /// The place that a layer's annotations name, as zstd:chunked has it: `offset:length:decompressed length:type`.
    ///
    /// nil where they name none, or none within the blob.
    package static func place(annotations: [String: String]?, blobBytes: Int64) -> Place? {
        // The first is the name of today, the other one what podman 4 writes.
        let prefixes = ["io.github.containers.zstd-chunked.", "io.containers.zstd-chunked."]
        guard let prefix = prefixes.first(where: { annotations?[$0 + "manifest-position"] != nil }),
            let text = annotations?[prefix + "manifest-position"]
        else { return nil }
        let numbers = text.split(separator: ":").compactMap { Int64($0) }
        guard numbers.count >= 3, numbers[0] >= 0, (1...maxStoredBytes).contains(numbers[1]), numbers[0] <= blobBytes - numbers[1]
        else { return nil }
        let digest = annotations?[prefix + "manifest-checksum"].flatMap(digest)
        return Place(form: .zstdChunked, range: numbers[0]..<numbers[0] + numbers[1], digest: digest)
    }

    /// The place that the last bytes of a blob name, as eStargz has it; nil for a blob that is none.
    package static func place(footer: [UInt8], annotations: [String: String]?, blobBytes: Int64) -> Place? {
        guard let (offset, footerLength) = footerOffset(footer) else { return nil }
        let end = blobBytes - footerLength
        guard offset >= 0, offset < end, end - offset <= maxStoredBytes else { return nil }
        let digest = annotations?["containerd.io/snapshot/stargz/toc.digest"].flatMap(digest)
        return Place(form: .estargz, range: offset..<end, digest: digest)
    }

    /// An empty gzip member whose extra field is the offset in hexadecimal and `STARGZ`; old ones lack the subfield's head.
    private static func footerOffset(_ footer: [UInt8]) -> (offset: Int64, length: Int64)? {
        for (length, extraBytes, head) in [(51, 26, [0x53, 0x47, 22, 0]), (47, 22, [])] as [(Int, UInt8, [UInt8])] {
            guard footer.count >= length else { continue }
            let bytes = Array(footer.suffix(length))
            let start = 12 + head.count
            guard bytes.starts(with: [0x1F, 0x8B, 8, 4]), bytes[10] == extraBytes, bytes[11] == 0,
                Array(bytes[12..<start]) == head,
                Array(bytes[start + 16..<start + 22]) == Array("STARGZ".utf8)
            else { continue }
            let digits = String(decoding: bytes[start..<start + 16], as: UTF8.self)
            guard let offset = Int64(digits, radix: 16) else { continue }
            return (offset, Int64(length))
        }
        return nil
    }

    private static func digest(_ text: String) -> Digest? {
        do throws(Digest.ParseError) { return try Digest(text) } catch { return nil }
    }

    /// The index of a layer by the stored bytes of its table.
    ///
    /// A table that does not have the digest that its place names is refused, as is one that makes no sense.
    package static func index(
        _ stored: [UInt8], at place: Place, limits: ScanLimits = ScanLimits()
    ) throws(LayerArchiveError) -> LayerIndex {
        let document = try self.document(stored, place.form)
        if let expected = place.digest {
            var hash = StreamHash()
            (place.form == .zstdChunked ? stored : document).withUnsafeBytes { hash.update($0) }
            let actual = hash.digest()
            guard actual == expected else { throw .badTableOfContents("it has the digest \(actual), not \(expected)") }
        }
        let table: TableDocument
        do throws(DocumentError) {
            table = try decodeDocument(TableDocument.self, from: document, limits: DocumentLimits(maxBytes: maxBytes))
        } catch {
            throw .badTableOfContents("it is no JSON of the expected form")
        }
        guard table.entries.count <= limits.maxEntries else {
            throw .limitExceeded(.entries, limit: Int64(limits.maxEntries), nil)
        }
        var builder = TableIndexBuilder()
        for entry in table.entries { try builder.add(entry) }
        // The layer's tar has the table itself as a file.
        if place.form == .estargz { builder.addFile(memberName, bytes: Int64(document.count)) }
        return builder.index
    }

    /// The table's JSON.
    private static func document(_ stored: [UInt8], _ form: Form) throws(LayerArchiveError) -> [UInt8] {
        guard let file = tmpfile() else { throw .write(errno: errno) }
        defer { fclose(file) }
        let fd = fileno(file)
        var limits = ScanLimits()
        limits.maxTarBytes = Int64(maxBytes)
        let found = try decompress(source: MemorySource(stored), limits: limits, into: fd)
        switch form {
        case .zstdChunked:
            guard found.compression == .zstd else { throw .badTableOfContents("it is not compressed with zstd") }
            return try read(fd, 0..<found.bytes)
        case .estargz:
            let member = try TarLister.members(fd: fd).first { $0.name == Array(memberName.utf8) && $0.kind == .file }
            guard let member else { throw .badTableOfContents("it has no member \(memberName)") }
            return try read(fd, member.dataOffset..<member.dataOffset + member.size)
        }
    }

    private static func read(_ fd: Int32, _ range: Range<Int64>) throws(LayerArchiveError) -> [UInt8] {
        let source = FileRangeSource(
            fd: fd, offset: range.lowerBound, length: range.upperBound - range.lowerBound, name: "the table")
        var bytes = [UInt8](repeating: 0, count: range.count)
        var filled = 0
        while filled < bytes.count {
            let outcome = bytes.withUnsafeMutableBytes { buffer -> Result<Int, LayerArchiveError> in
                do throws(LayerArchiveError) {
                    return .success(try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])))
                } catch {
                    return .failure(error)
                }
            }
            filled += try outcome.get()
        }
        return bytes
    }
}

/// The table as both formats write it.
private struct TableDocument: Decodable {
    struct Entry: Decodable {
        var name: String
        var type: String
        var size: Int64?
        var mode: Int64?
        var uid: Int64?
        var gid: Int64?
        var modtime: String?
        var linkName: String?
        var digest: String?
        var devMajor: Int64?
        var devMinor: Int64?
        var xattrs: [String: String]?
    }

    var version: Int
    var entries: [Entry]
}

/// Turns a table's entries into a layer's index, as a scan of the tar would have it.
private struct TableIndexBuilder {
    var index = LayerIndex()
    private var path: [UInt8] = []

    mutating func add(_ entry: TableDocument.Entry) throws(LayerArchiveError) {
        // A further piece of the file before it.
        if entry.type == "chunk" { return }
        let raw = Array(entry.name.utf8)
        let place = EntryPlace(index: index.count, path: raw)
        guard !raw.isEmpty else { throw .emptyName(place) }
        guard let kind = Self.kinds[entry.type] else { throw .unsupportedEntry(place) }
        var scratch = path
        switch raw.withUnsafeBytes({ EntryName.parse($0, into: &scratch) }) {
        case .path: try append(entry, kind, scratch, place)
        case .whiteout: try append(entry, .whiteout, scratch, place)
        case .opaque: try append(entry, .opaque, scratch, place)
        case .aufs: return
        case .parentTraversal: throw .parentTraversal(place)
        case .badWhiteout: throw .badWhiteout(place)
        }
    }

    mutating func addFile(_ name: String, bytes: Int64) {
        index.append(
            LayerEntry(
                path: Array(name.utf8), kind: .file, size: bytes, content: ContentHash(low: UInt64(index.count), high: .max)))
    }

    private static let kinds: [String: EntryKind] = [
        "reg": .file, "dir": .directory, "symlink": .symlink, "hardlink": .hardLink, "char": .characterDevice,
        "block": .blockDevice, "fifo": .fifo,
    ]

    private mutating func append(
        _ entry: TableDocument.Entry, _ kind: EntryKind, _ path: [UInt8], _ place: EntryPlace
    ) throws(LayerArchiveError) {
        let size = kind == .file ? entry.size ?? 0 : 0
        guard size >= 0, index.contentBytes <= ScanLimits().maxContentBytes - size else {
            throw .badTableOfContents("a file of it has \(size) bytes")
        }
        let time = entry.modtime.flatMap { Timestamp(parsing: $0) }
        let isDevice = kind == .characterDevice || kind == .blockDevice
        let device =
            UInt64(UInt32(truncatingIfNeeded: entry.devMajor ?? 0)) << 32
            | UInt64(UInt32(truncatingIfNeeded: entry.devMinor ?? 0))
        index.append(
            LayerEntry(
                path: path, kind: kind, mode: UInt16(truncatingIfNeeded: (entry.mode ?? 0) & 0o7777), uid: entry.uid ?? 0,
                gid: entry.gid ?? 0, size: size, mtimeSeconds: time?.seconds ?? 0,
                mtimeNanoseconds: UInt32(clamping: time?.nanoseconds ?? 0), linkTarget: try link(entry, kind, place),
                content: content(entry, kind, size), xattrs: Self.attributes(entry), device: isDevice ? device : 0))
    }

    private func link(
        _ entry: TableDocument.Entry, _ kind: EntryKind, _ place: EntryPlace
    ) throws(LayerArchiveError) -> [UInt8] {
        let target = Array((entry.linkName ?? "").utf8)
        if kind == .symlink { return target }
        guard kind == .hardLink else { return [] }
        var path: [UInt8] = []
        guard target.withUnsafeBytes({ EntryName.normalize($0, into: &path) }) else {
            throw .linkTargetTraversal(place, target: target)
        }
        guard !path.isEmpty else { throw .emptyLinkTarget(place) }
        return path
    }

    /// The first half of the file's SHA-256; without one the file is like no other.
    private func content(_ entry: TableDocument.Entry, _ kind: EntryKind, _ size: Int64) -> ContentHash {
        guard kind == .file, size > 0 else { return ContentHash() }
        let hex = (entry.digest ?? "").drop { $0 != ":" }.dropFirst()
        guard hex.count >= 32, let high = UInt64(hex.prefix(16), radix: 16),
            let low = UInt64(hex.dropFirst(16).prefix(16), radix: 16)
        else { return ContentHash(low: UInt64(index.count), high: .max) }
        return ContentHash(low: low, high: high)
    }

    private static func attributes(_ entry: TableDocument.Entry) -> UInt64 {
        let attributes = (entry.xattrs ?? [:]).map { name, value in
            ExtendedAttribute(name: Array(name.utf8), value: Data(base64Encoded: value).map { Array($0) } ?? Array(value.utf8))
        }
        return ExtendedAttribute.digest(of: attributes.sorted { $0.name.lexicographicallyPrecedes($1.name) })
    }
}
