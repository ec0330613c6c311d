import LayerArchive
import OCISpec

/// Facts as bytes for the catalog: a version, a kind, then the fields in their order, texts with their length before them.
///
/// A store of ten thousand images has twenty thousand of these, and `df` reads them all.
enum DocumentFactsCodec {
    private static let version: UInt64 = 6

    static func encode(_ facts: DocumentFacts) -> [UInt8] {
        var writer = VarintWriter()
        writer.write(version)
        switch facts {
        case .opaque: writer.write(0)
        case .index(let index):
            writer.write(1)
            writer.write(list: index.children) { writer, child in
                writer.write(child.digest)
                writer.write(UInt64(max(0, child.size)))
                writer.write(child.mediaType)
                writer.write(optional: child.platform) { $0.write($1) }
                writer.write(child.isAttestation ? 1 : 0)
                writer.write(child.isImageEntry ? 1 : 0)
            }
            writer.write(optional: index.subject) { $0.write($1) }
            writer.write(list: index.others) { $0.write($1) }
            writer.write(list: index.unknownDigests) { $0.write($1) }
        case .manifest(let manifest):
            writer.write(2)
            writer.write(manifest.config)
            writer.write(list: manifest.layers) { $0.write($1) }
            writer.write(list: manifest.foreignLayers) { $0.write($1) }
            writer.write(optional: manifest.subject) { $0.write($1) }
            writer.write(manifest.isImage ? 1 : 0)
            writer.write(list: manifest.others) { $0.write($1) }
        case .config(let config):
            writer.write(3)
            writer.write(optional: config.created) { $0.write($1) }
            writer.write(config.platform)
            writer.write(list: config.labels.sorted { $0.key < $1.key }) { writer, label in
                writer.write(label.key.text)
                writer.write(label.value)
            }
            writer.write(list: config.diffIDs) { $0.write($1) }
        case .other(let other):
            writer.write(4)
            writer.write(list: other.links) { $0.write($1) }
            writer.write(optional: other.subject) { $0.write($1) }
        }
        return writer.bytes
    }

    /// The facts, or nil for bytes that are none of this version.
    static func decode(_ bytes: UnsafeRawBufferPointer) -> DocumentFacts? {
        var reader = VarintReader(bytes)
        do throws(RecordDecodeError) {
            guard try reader.read() == version else { return nil }
            let facts = try decode(&reader)
            try reader.end()
            return facts
        } catch {
            // A memory that cannot be read is none: the document is read anew.
            return nil
        }
    }

    private static func decode(_ reader: inout VarintReader) throws(RecordDecodeError) -> DocumentFacts {
        switch try reader.read() {
        case 0: return .opaque
        case 1:
            let children = try reader.list { reader throws(RecordDecodeError) in
                IndexFacts.Child(
                    digest: try reader.digest(), size: Int64(clamping: try reader.read()), mediaType: try reader.text(),
                    platform: try reader.optional { reader throws(RecordDecodeError) in try reader.platform() },
                    isAttestation: try reader.read() == 1, isImageEntry: try reader.read() == 1)
            }
            let subject = try reader.optional { reader throws(RecordDecodeError) in try reader.digest() }
            let others = try reader.links()
            let unknown = try reader.list { reader throws(RecordDecodeError) in try reader.text() }
            return .index(IndexFacts(children: children, subject: subject, others: others, unknownDigests: unknown))
        case 2:
            let config = try reader.digest()
            let layers = try reader.list { reader throws(RecordDecodeError) in try reader.digest() }
            let foreign = try reader.list { reader throws(RecordDecodeError) in try reader.digest() }
            let subject = try reader.optional { reader throws(RecordDecodeError) in try reader.digest() }
            return .manifest(
                ManifestFacts(
                    config: config, layers: layers, foreignLayers: foreign, subject: subject,
                    isImage: try reader.read() == 1, others: try reader.links()))
        case 3:
            let created = try reader.optional { reader throws(RecordDecodeError) in try reader.text() }
            let platform = try reader.platform()
            let labels = try reader.list { reader throws(RecordDecodeError) in
                (ExactText(try reader.text()), try reader.text())
            }
            let diffIDs = try reader.list { reader throws(RecordDecodeError) in try reader.digest() }
            return .config(
                ConfigFacts(
                    created: created, platform: platform, labels: Dictionary(labels) { $1 }, diffIDs: diffIDs))
        case 4:
            let links = try reader.links()
            let subject = try reader.optional { reader throws(RecordDecodeError) in try reader.digest() }
            return .other(OtherFacts(links: links, subject: subject))
        default: throw .damaged
        }
    }

    /// By their numbers; 0 is what is no document.
    fileprivate static let kinds: [DocumentFacts.Kind?] = [nil, .index, .manifest, .config, .unknown]
}

extension VarintWriter {
    fileprivate mutating func write(_ text: String) {
        write(UInt64(text.utf8.count))
        write(contentsOf: text.utf8)
    }

    /// The length in bytes says which algorithm made it.
    fileprivate mutating func write(_ digest: Digest) {
        let bytes = digest.rawBytes
        write(UInt64(bytes.count))
        write(contentsOf: bytes)
    }

    fileprivate mutating func write(_ platform: Platform) {
        write(platform.os)
        write(platform.architecture)
        write(optional: platform.variant) { $0.write($1) }
        write(optional: platform.osVersion) { $0.write($1) }
        write(optional: platform.osFeatures) { writer, features in writer.write(list: features) { $0.write($1) } }
    }

    fileprivate mutating func write(_ link: DocumentLink) {
        write(link.digest)
        write(UInt64(DocumentFactsCodec.kinds.firstIndex(of: link.kind) ?? 0))
        write(link.isRequired ? 1 : 0)
    }

    fileprivate mutating func write<T>(optional value: T?, _ body: (inout VarintWriter, T) -> Void) {
        write(value == nil ? 0 : 1)
        if let value { body(&self, value) }
    }

    fileprivate mutating func write<T>(list values: [T], _ body: (inout VarintWriter, T) -> Void) {
        write(UInt64(values.count))
        for value in values { body(&self, value) }
    }
}

extension VarintReader {
    fileprivate mutating func text() throws(RecordDecodeError) -> String {
        String(decoding: try read(bytes: try readCount(upTo: remaining)), as: UTF8.self)
    }

    fileprivate mutating func digest() throws(RecordDecodeError) -> Digest {
        // Straight from the bytes: there are hundreds of thousands in a large store.
        let bytes = try read(bytes: try readCount(upTo: remaining))
        let algorithm = bytes.count * 2 == Digest.Algorithm.sha512.hexLength ? Digest.Algorithm.sha512 : .sha256
        guard let digest = Digest(algorithm: algorithm, raw: bytes) else { throw .damaged }
        return digest
    }

    fileprivate mutating func links() throws(RecordDecodeError) -> [DocumentLink] {
        try list { reader throws(RecordDecodeError) in
            let digest = try reader.digest()
            let kind = try reader.readCount(upTo: DocumentFactsCodec.kinds.count - 1)
            return DocumentLink(digest, as: DocumentFactsCodec.kinds[kind], isRequired: try reader.read() == 1)
        }
    }

    fileprivate mutating func platform() throws(RecordDecodeError) -> Platform {
        var platform = Platform(
            os: try text(), architecture: try text(),
            variant: try optional { reader throws(RecordDecodeError) in try reader.text() },
            osVersion: try optional { reader throws(RecordDecodeError) in try reader.text() })
        platform.osFeatures = try optional { reader throws(RecordDecodeError) in
            try reader.list { reader throws(RecordDecodeError) in try reader.text() }
        }
        return platform
    }

    fileprivate mutating func optional<T>(
        _ body: (inout VarintReader) throws(RecordDecodeError) -> T
    ) throws(RecordDecodeError) -> T? {
        try read() == 0 ? nil : try body(&self)
    }

    fileprivate mutating func list<T>(
        _ body: (inout VarintReader) throws(RecordDecodeError) -> T
    ) throws(RecordDecodeError) -> [T] {
        // Each element takes a byte at least.
        let count = try readCount(upTo: remaining)
        var values: [T] = []
        values.reserveCapacity(count)
        for _ in 0..<count { values.append(try body(&self)) }
        return values
    }
}
