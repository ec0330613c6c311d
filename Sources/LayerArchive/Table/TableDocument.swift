import FoundationEssentials
import OCISpec

/// What a table says of one entry of the tar, gathered while it is written.
struct TableRecord: Sendable {
    /// A piece of a content.
    struct Chunk: Sendable {
        /// Of the content.
        var bytes: Int
        /// Where it came to be in the blob.
        var range: Range<Int64> = 0..<0
        /// Of the piece of the content.
        var digest: Digest?

        init(bytes: Int) { self.bytes = bytes }
    }

    var header: TarHeader
    var chunks: [Chunk] = []
    /// Of the whole content, where that is in several pieces.
    var digest: Digest?

    init(_ header: TarHeader) { self.header = header }

    /// The entry and what follows it, one for each further piece.
    func json(_ form: TableOfContents.Form) -> [JSONValue] {
        var fields: [ExactText: JSONValue?] = [
            "name": .string(Self.text(header.nameInTar)), "type": .string(Self.type(header.kind)),
            "mode": .integer(Int64(header.mode)), "uid": .integer(header.uid), "gid": .integer(header.gid),
            "modtime": .string(Timestamp(seconds: header.mtimeSeconds, nanoseconds: Int(header.mtimeNanoseconds)).description),
        ]
        switch header.kind {
        case .hardLink, .symlink: fields["linkName"] = .string(Self.text(header.linkTarget))
        case .characterDevice, .blockDevice:
            fields["devMajor"] = .integer(Int64(header.device >> 32))
            fields["devMinor"] = .integer(Int64(header.device & 0xFFFF_FFFF))
        default: break
        }
        if !header.xattrs.isEmpty {
            var values: JSONFields = [:]
            for attribute in header.xattrs {
                values[ExactText(Self.text(attribute.name))] = .string(Data(attribute.value).base64EncodedString())
            }
            fields["xattrs"] = .object(values)
        }
        guard header.kind == .file, header.size > 0, let first = chunks.first else { return [.fields(fields)] }
        fields["size"] = .integer(header.size)
        fields["digest"] = (digest ?? first.digest).map { .string($0.description) }
        fields.merge(place(of: first, at: 0, form)) { $1 }
        var all: [JSONValue] = [.fields(fields)]
        var at = Int64(first.bytes)
        for chunk in chunks.dropFirst() {
            let further: [ExactText: JSONValue?] = ["name": fields["name"] ?? nil, "type": .string("chunk")]
            all.append(.fields(further.merging(place(of: chunk, at: at, form)) { $1 }))
            at += Int64(chunk.bytes)
        }
        return all
    }

    private func place(of chunk: Chunk, at start: Int64, _ form: TableOfContents.Form) -> [ExactText: JSONValue?] {
        // The gzip form has no size of the last piece, and no ends.
        let isLast = start + Int64(chunk.bytes) == header.size
        return [
            "offset": .integer(chunk.range.lowerBound),
            "endOffset": form == .estargz ? nil : .integer(chunk.range.upperBound),
            "chunkOffset": start == 0 ? nil : .integer(start),
            "chunkSize": form == .estargz && isLast ? nil : .integer(Int64(chunk.bytes)),
            "chunkDigest": chunk.digest.map { .string($0.description) },
        ]
    }

    /// A byte that is no UTF-8 is lost, as with all who write such tables: JSON has no place for it.
    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private static func type(_ kind: EntryKind) -> String {
        switch kind {
        case .file, .whiteout, .opaque, .socket: "reg"
        case .directory: "dir"
        case .symlink: "symlink"
        case .hardLink: "hardlink"
        case .characterDevice: "char"
        case .blockDevice: "block"
        case .fifo: "fifo"
        }
    }
}

/// The document of a table of contents, which both forms have alike.
enum TableDocument {
    /// The JSON of a table of these entries.
    static func bytes(_ entries: [TableRecord], _ form: TableOfContents.Form) -> [UInt8] {
        JSONText(.object(["version": .integer(1), "entries": .array(entries.flatMap { $0.json(form) })]), .compact).bytes
    }
}

extension TarHeader {
    /// The path as the tar has it: a directory's with a slash behind it.
    fileprivate var nameInTar: [UInt8] {
        let path = self.path.isEmpty ? [UInt8(ascii: ".")] : self.path
        return kind == .directory ? path + [UInt8(ascii: "/")] : path
    }
}
