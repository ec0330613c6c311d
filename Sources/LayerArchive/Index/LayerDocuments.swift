/// Whole contents of the few files of a layer that say which packages it holds: those that their names give away
/// (`PackageFile`), and those that a tree shows at such a name.
///
/// They are kept beside the layer's index, compressed, so that packages can be told without the blob. A value.
package struct LayerDocuments: Hashable, Sendable {
    /// One file of the layer.
    package struct Document: Hashable, Sendable {
        /// The entry's place in the layer's index.
        package var entry: Int
        /// The file's content.
        package var bytes: [UInt8]
    }

    /// Format of a part: to be raised whenever its layout changes.
    static let version: UInt8 = 1

    /// Sealed records, each of some documents.
    fileprivate(set) var parts: [[UInt8]] = []
    /// Entries whose content was too large to be kept.
    package fileprivate(set) var omitted: [Int] = []

    /// No documents.
    package init() {}

    /// Whether the layer has no such file at all.
    package var isEmpty: Bool { parts.isEmpty && omitted.isEmpty }

    /// All documents, in the order of their entries.
    package func contents() throws(RecordDecodeError) -> [Document] {
        var found: [Document] = []
        try visit { entry, bytes in found.append(Document(entry: entry, bytes: Array(bytes))) }
        return found
    }

    /// Hands over each document in turn, in the order of its entry; the bytes are valid for that call.
    package func visit(_ body: (_ entry: Int, _ bytes: UnsafeRawBufferPointer) -> Void) throws(RecordDecodeError) {
        for part in parts {
            let payload = try SealedRecord.open(part, version: Self.version)
            var failure: RecordDecodeError?
            payload.withUnsafeBytes { payload in
                do throws(RecordDecodeError) { try Self.read(payload, body) } catch { failure = error }
            }
            if let failure { throw failure }
        }
    }

    private static func read(
        _ payload: UnsafeRawBufferPointer, _ body: (Int, UnsafeRawBufferPointer) -> Void
    ) throws(RecordDecodeError) {
        var reader = VarintReader(payload)
        while reader.remaining > 0 {
            let entry = try reader.readCount(upTo: .max)
            let count = try reader.readCount(upTo: reader.remaining)
            body(entry, try reader.read(bytes: count))
        }
    }

    /// As a section of the layer's index; parts stay compressed.
    func encoded() -> VarintWriter {
        var out = VarintWriter()
        out.write(UInt64(omitted.count))
        for entry in omitted { out.write(UInt64(entry)) }
        for part in parts {
            out.write(UInt64(part.count))
            out.write(contentsOf: part)
        }
        return out
    }

    /// What `encoded` wrote for an index of `count` entries; parts are looked into only when somebody asks for them.
    init(_ reader: inout VarintReader, count: Int) throws(RecordDecodeError) {
        for _ in 0..<(try reader.readCount(upTo: count)) { omitted.append(try reader.readCount(upTo: max(0, count - 1))) }
        while reader.remaining > 0 {
            parts.append(Array(try reader.read(bytes: try reader.readCount(upTo: reader.remaining))))
        }
    }
}

/// Gathers documents while a layer is read; little of them is held as it is.
struct LayerDocumentsBuilder {
    /// Bytes after which a part is closed and compressed.
    private static let partBytes = 1 << 20
    /// Bytes of all documents of one layer; what goes beyond is left out and told.
    static let maxBytes = 128 << 20

    private var documents = LayerDocuments()
    private var totalBytes = 0
    private var open = VarintWriter()

    /// Whether a file of `size` bytes may be kept as well.
    func hasRoom(for size: Int64) -> Bool { size <= Int64(Self.maxBytes - totalBytes) }

    /// Keeps the content of an entry.
    mutating func append(_ bytes: [UInt8], of entry: Int) {
        totalBytes += bytes.count
        open.write(UInt64(entry))
        open.write(UInt64(bytes.count))
        open.write(contentsOf: bytes)
        if open.bytes.count >= Self.partBytes { close() }
    }

    /// Keeps that an entry was too large.
    mutating func omit(_ entry: Int) { documents.omitted.append(entry) }

    /// All that was gathered.
    mutating func finish() -> LayerDocuments {
        if !open.bytes.isEmpty { close() }
        return documents
    }

    private mutating func close() {
        documents.parts.append(SealedRecord.seal(open.bytes, version: LayerDocuments.version))
        open = VarintWriter()
    }
}
