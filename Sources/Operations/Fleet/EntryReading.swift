import FoundationEssentials
import LayerArchive
import OCISpec

/// A line of a summation's input, whatever it is: read in one pass, since there are thousands of millions of them.
struct EntryReading {
    /// Which layer it is about.
    var digest: Digest?
    /// The place of an entry; nil for another line.
    var seq: Int64?
    var kind: EntryKind?
    var path: [UInt8] = []
    var target: [UInt8] = []
    var size: Int64 = 0
    /// The hash as the line has it; nil where it has none.
    var hash: ContentHash?
    /// Whether the hash, or the layer, is one of a table of contents.
    var isTable = false

    /// What a worker's answer says of a layer that was read.
    var entryCount: Int64?
    var tarBytes: Int64?
    var diffID: Digest?
    var isFailure = false
    /// The layers of an image, lowest first.
    var layers: [Descriptor]?

    private var pathBytes: String?
    private var targetBytes: String?

    init(_ bytes: UnsafeBufferPointer<UInt8>) throws(ListingLineError) {
        var reader = JSONReader(bytes)
        var failure: ListingLineError?
        do throws(JSONReader.Fault) {
            var name: String?
            while try reader.nextValue(&name), let name {
                do throws(ListingLineError) { try take(name, &reader) } catch {
                    failure = failure ?? error
                    break
                }
            }
            if failure == nil { try reader.finish() }
        } catch {
            throw .notAnObject(at: error.offset)
        }
        if let failure { throw failure }
        if let pathBytes { path = try Self.decoded(pathBytes, "pathBytes") }
        if let targetBytes { target = try Self.decoded(targetBytes, "targetBytes") }
    }

    private static func decoded(_ text: String, _ name: String) throws(ListingLineError) -> [UInt8] {
        guard let data = Data(base64Encoded: text) else { throw .badField(name) }
        return Array(data)
    }

    private mutating func take(_ name: String, _ reader: inout JSONReader) throws(ListingLineError) {
        do throws(JSONReader.Fault) {
            switch name {
            case "digest": digest = try Self.digest(&reader)
            case "seq": seq = reader.takeNull() ? nil : try reader.integer()
            case "path": path = try reader.stringBytes()
            case "pathBytes": pathBytes = reader.takeNull() ? nil : try reader.string()
            case "type":
                // An image's other fields may be called so, too.
                guard reader.peekIsString else { return try reader.skip() }
                kind = EntryKind(word: try reader.string())
            case "size":
                guard reader.peekIsNumber else { return try reader.skip() }
                size = try reader.integer()
            case "hash": try takeHash(&reader)
            case "target": target = reader.takeNull() ? [] : try reader.stringBytes()
            case "targetBytes": targetBytes = reader.takeNull() ? nil : try reader.string()
            case "entries": entryCount = reader.takeNull() ? nil : try reader.integer()
            case "tarBytes": tarBytes = reader.takeNull() ? nil : try reader.integer()
            case "diffID": diffID = reader.takeNull() ? nil : try Self.digest(&reader)
            case "error":
                isFailure = !reader.takeNull()
                if isFailure { try reader.skip() }
            case "toc": isTable = try Self.claim(&reader)
            case "layers": layers = try Self.layers(&reader)
            default: try reader.skip()
            }
        } catch {
            throw .badField(name)
        }
    }

    private static func digest(_ reader: inout JSONReader) throws(JSONReader.Fault) -> Digest {
        if let text = try reader.plainText() {
            do throws(Digest.ParseError) { return try Digest(utf8: text) } catch { throw reader.fault }
        }
        guard let digest = Digest(ifValid: try reader.string()) else { throw reader.fault }
        return digest
    }

    private static func claim(_ reader: inout JSONReader) throws(JSONReader.Fault) -> Bool {
        if let value = reader.takeBool() { return value }
        try reader.skip()
        return false
    }

    private mutating func takeHash(_ reader: inout JSONReader) throws(JSONReader.Fault) {
        if reader.takeNull() { return }
        guard var text = try reader.plainText() else { throw reader.fault }
        let prefix = EntryLine.tablePrefix
        if text.count > prefix.utf8CodeUnitCount,
            text.starts(
                with: UnsafeBufferPointer(
                    start: prefix.utf8Start, count: prefix.utf8CodeUnitCount))
        {
            isTable = true
            text = UnsafeBufferPointer(rebasing: text[prefix.utf8CodeUnitCount...])
        }
        guard let found = ContentHash(digits: text) else { throw reader.fault }
        hash = found
    }

    private static func layers(_ reader: inout JSONReader) throws(JSONReader.Fault) -> [Descriptor] {
        var found: [Descriptor] = []
        var isFirst = true
        while try reader.nextElement(&isFirst) {
            var digest: Digest?
            var size: Int64 = 0
            var type = ""
            var name: String?
            while try reader.nextValue(&name), let name {
                switch name {
                case "digest": digest = try Self.digest(&reader)
                case "size": size = try reader.integer()
                case "mediaType": type = try reader.string()
                default: try reader.skip()
                }
            }
            guard let digest, (0...Descriptor.largestSize).contains(size) else { throw reader.fault }
            found.append(Descriptor(mediaType: type, digest: digest, size: size))
        }
        return found
    }
}

extension EntryKind {
    private static let byWord = Dictionary(uniqueKeysWithValues: allCases.map { ("\($0.word)", $0) })

    /// The kind that a line calls so; nil for none.
    init?(word: String) {
        guard let kind = Self.byWord[word] else { return nil }
        self = kind
    }
}
