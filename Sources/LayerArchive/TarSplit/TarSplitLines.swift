// https://github.com/vbatts/tar-split/blob/v0.11.5/tar/storage/entry.go

import OCISpec

/// The lines of a tar-split file, one after another: what a layer's tar was made of, but for the files' contents.
///
/// Docker and containers-storage keep such a file for every layer, to give out the tar again as it came.
final class TarSplitLines {
    /// What a line stands for.
    enum Item {
        /// Bytes of the tar as they are: headers, padding, the end and what follows it.
        case raw([UInt8])
        /// The content of a file: so many bytes, and their CRC-64.
        case content(name: [UInt8], size: Int64, checksum: UInt64)
    }

    private let stored: StoredInput
    private let input: DecodedInput
    private let limits: ScanLimits
    /// Decoded text, of which the first bytes are used.
    private var text: [UInt8] = []
    private var used = 0
    private var line = 0

    /// The lines of what `source` stores, gzip or plain.
    init(_ source: any ByteSource, limits: ScanLimits) throws(LayerArchiveError) {
        stored = StoredInput(source: source, tap: nil, progress: nil)
        self.limits = limits
        do throws(LayerArchiveError) { input = try DecodedInput(stored, limits: limits) } catch {
            stored.stop()
            throw error
        }
    }

    deinit { stored.stop() }

    /// The next line; nil at the end.
    ///
    /// Entries without content have lines too, which are passed over.
    func next() throws(LayerArchiveError) -> Item? {
        while let bounds = try nextBounds() {
            let outcome = text.withUnsafeBufferPointer { text in
                Self.parse(UnsafeBufferPointer(rebasing: text[bounds]), line: line, limits)
            }
            line += 1
            switch try outcome.get() {
            case .content(_, 0, _): continue
            case let item: return item
            }
        }
        return nil
    }

    /// The bounds of the next line's text, which is in memory as a whole then.
    private func nextBounds() throws(LayerArchiveError) -> Range<Int>? {
        var looked = used
        while true {
            if let end = text.withUnsafeBufferPointer({ $0[looked...].firstIndex(of: UInt8(ascii: "\n")) }) {
                defer { used = end + 1 }
                return used..<end
            }
            // Base64 makes four bytes of three, and the other fields are a name at most.
            guard text.count - used <= limits.maxHeaderBytes / 3 * 4 + 8 * limits.maxPathBytes else {
                throw .badTarSplit(.lineTooLong(line))
            }
            text.removeFirst(used)
            used = 0
            looked = text.count
            guard let more = input.next() else { throw input.failure ?? .badTarSplit(.truncated) }
            if more.isEmpty {
                guard text.isEmpty else { throw .badTarSplit(.truncated) }
                return nil
            }
            text.append(contentsOf: more)
        }
    }

    private static func parse(
        _ text: UnsafeBufferPointer<UInt8>, line: Int, _ limits: ScanLimits
    ) -> Result<Item, LayerArchiveError> {
        var fields = TarSplitFields()
        do throws(JSONReader.Fault) { try fields.read(text) } catch { return .failure(.badTarSplit(.badLine(line))) }
        guard fields.position == line else { return .failure(.badTarSplit(.outOfOrder(line))) }
        switch fields.kind {
        case 2:
            guard let bytes = fields.payload else { return .success(.raw([])) }
            return .success(.raw(bytes))
        case 1:
            let name = fields.rawName ?? fields.name
            guard fields.size >= 0, name.count <= limits.maxPathBytes else { return .failure(.badTarSplit(.badLine(line))) }
            if fields.size == 0 { return .success(.content(name: name, size: 0, checksum: 0)) }
            guard let sum = fields.payload, sum.count == 8 else { return .failure(.badTarSplit(.badLine(line))) }
            return .success(
                .content(name: name, size: fields.size, checksum: sum.reduce(0) { $0 << 8 | UInt64($1) }))
        default: return .failure(.badTarSplit(.unknownKind(line)))
        }
    }
}

/// The fields of one line.
struct TarSplitFields {
    private(set) var kind: Int64 = 0
    private(set) var position: Int64 = 0
    private(set) var size: Int64 = 0
    private(set) var name: [UInt8] = []
    /// The name where it is no UTF-8; what `name` says is repaired then.
    private(set) var rawName: [UInt8]?
    private(set) var payload: [UInt8]?

    /// Reads them from the line's text; fields that it does not know are passed over.
    mutating func read(_ text: UnsafeBufferPointer<UInt8>) throws(JSONReader.Fault) {
        var reader = JSONReader(text)
        var field: String?
        while try reader.nextValue(&field) {
            switch field {
            case "type": kind = try reader.integer()
            case "position": position = try reader.integer()
            case "size": size = try reader.integer()
            case "name": name = try reader.stringBytes()
            case "name_raw": rawName = try base64(&reader)
            case "payload": payload = try base64(&reader)
            default: try reader.skip()
            }
        }
        try reader.finish()
    }

    private func base64(_ reader: inout JSONReader) throws(JSONReader.Fault) -> [UInt8]? {
        if reader.takeNull() { return nil }
        let fault = reader.fault
        guard let text = try reader.plainText(), let bytes = Base64.decode(text) else { throw fault }
        return bytes.isEmpty ? nil : bytes
    }
}
