// https://github.com/containerd/stargz-snapshotter/blob/v0.16.3/docs/estargz.md
// https://github.com/containers/storage/blob/v1.57.2/pkg/chunked/internal/compression.go

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
        /// Which decoder and which check the table takes.
        package var form: Form
        /// Bytes of the blob.
        package var range: Range<Int64>
        /// What the stored bytes of a zstd:chunked table, or the JSON of an eStargz one, must hash to, by the manifest's word.
        package var digest: Digest
        /// Bytes of the whole blob.
        package var blobBytes: Int64

        /// A place from its parts.
        package init(form: Form, range: Range<Int64>, digest: Digest, blobBytes: Int64) {
            self.form = form
            self.range = range
            self.digest = digest
            self.blobBytes = blobBytes
        }
    }

    /// What a layer's annotations say of its table.
    package enum Claim: Hashable, Sendable {
        /// It is there.
        case place(Place)
        /// The blob's last bytes name the place of a table with this digest.
        case footer(Digest)
    }

    /// Decompressed bytes that a table has at most.
    package static let maxBytes = 256 << 20
    private static let maxStoredBytes: Int64 = 64 << 20
    /// The file of the tar that the table of the gzip form is.
    package static let memberName = "stargz.index.json"
    /// Bytes at the end of a blob that hold any eStargz footer.
    package static let footerBytes: Int64 = 51

    static let estargzDigest: ExactText = "containerd.io/snapshot/stargz/toc.digest"
    /// The first is the name of today, the other one what podman 4 writes.
    static let chunkedPrefixes = ["io.github.containers.zstd-chunked.", "io.containers.zstd-chunked."]

    /// What the annotations of a layer's descriptor say; nil for a layer without a table.
    ///
    /// A table that no digest in the manifest vouches for may be anybody's, and is refused; so is a layer with a table of each
    /// form, of which one reader takes this and the other that.
    package static func claim(_ layer: Descriptor) throws(TableFault) -> Claim? {
        let annotations = layer.annotations ?? [:]
        guard !MediaType.isForeignLayer(layer.mediaType) else { return nil }
        let keys = chunkedPrefixes.map {
            (position: ExactText($0 + "manifest-position"), checksum: ExactText($0 + "manifest-checksum"))
        }
        let chunked = keys.first { annotations[$0.position] != nil || annotations[$0.checksum] != nil }
        if let chunked, let checksum = annotations[chunked.checksum] {
            guard annotations[estargzDigest] == nil else { throw .twoTables }
            guard let position = annotations[chunked.position] else { throw .unplaced }
            let range = try range(position, chunked.position.text, blobBytes: layer.size)
            let digest = try digest(checksum, chunked.checksum.text)
            return .place(Place(form: .zstdChunked, range: range, digest: digest, blobBytes: layer.size))
        }
        if let text = annotations[estargzDigest] {
            guard layer.size > footerBytes else { throw .noFooter }
            return .footer(try digest(text, estargzDigest.text))
        }
        if chunked != nil { throw .unvouched }
        return nil
    }

    /// `offset:length:decompressed length:type`.
    private static func range(_ text: String, _ key: String, blobBytes: Int64) throws(TableFault) -> Range<Int64> {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part in part.allSatisfy { $0.isASCII && $0.isNumber } ? Int64(part) : nil }
        guard parts.count == 4, numbers.count == 4 else { throw .badAnnotation(key) }
        let (offset, length) = (numbers[0], numbers[1])
        guard numbers[3] == 1 else { throw .otherType(numbers[3]) }
        guard length > 0, length <= blobBytes, offset <= blobBytes - length else { throw .outside }
        guard length <= maxStoredBytes, numbers[2] <= maxBytes else { throw .tooLarge }
        return offset..<offset + length
    }

    /// The place that the last bytes of a blob name, as eStargz has it; nil for a blob that is none.
    package static func place(footer: [UInt8], digest: Digest, blobBytes: Int64) throws(TableFault) -> Place {
        guard let (offset, footerLength) = footerOffset(footer) else { throw .noFooter }
        let end = blobBytes - footerLength
        guard offset >= 0, offset < end else { throw .outside }
        guard end - offset <= maxStoredBytes else { throw .tooLarge }
        return Place(form: .estargz, range: offset..<end, digest: digest, blobBytes: blobBytes)
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

    private static func digest(_ text: String, _ key: String) throws(TableFault) -> Digest {
        do throws(Digest.ParseError) { return try Digest(text) } catch { throw .badAnnotation(key) }
    }

    /// The index of a layer by the stored bytes of its table.
    ///
    /// A table is refused that does not have the digest that vouches for it, that its formats' own readers refuse, or that goes
    /// beyond what `limits` allow a scan of the layer.
    package static func index(
        _ stored: [UInt8], at place: Place, limits: ScanLimits = ScanLimits()
    ) throws(TableFault) -> LayerIndex {
        if place.form == .zstdChunked { try require(place.digest, of: stored) }
        let document: [UInt8]
        do { document = try self.document(stored, place.form) } catch {
            if case .badTableOfContents(let fault) = error { throw fault }
            throw .unreadable(error)
        }
        if place.form == .estargz { try require(place.digest, of: document) }
        var builder = TableIndexBuilder(place, limits: limits)
        try TableReader.read(document) { entry throws(TableFault) in try builder.add(entry) }
        // The layer's tar has the table itself as a file.
        if place.form == .estargz { try builder.add(TableEntry(file: memberName, bytes: Int64(document.count))) }
        return try builder.finish()
    }

    private static func require(_ expected: Digest, of bytes: [UInt8]) throws(TableFault) {
        let actual = Digest(hashing: bytes, with: expected.algorithm)
        guard actual == expected else { throw .digest(expected: expected, actual: actual) }
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
            guard found.compression == .zstd else { throw .badTableOfContents(.notZstd) }
            return try read(fd, 0..<found.bytes)
        case .estargz:
            let member = try TarLister.members(fd: fd).first
            guard let member, member.name == Array(memberName.utf8), member.kind == .file, member.sparseHeaderOffset == nil else {
                throw .badTableOfContents(.noMember)
            }
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
