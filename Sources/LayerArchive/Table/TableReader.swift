import OCISpec

/// Reads a table's JSON in one pass, entry by entry: those of large layers have hundreds of thousands.
///
/// A key that stands twice in an entry is refused, since readers differ on which one counts. Keys that are not known are passed over.
struct TableReader {
    private typealias Known = (key: TableEntry.Key, bit: UInt32)

    private var json: JSONReader
    private let keys: [String: Known]

    /// Hands every entry to `body`, in order.
    static func read(_ document: [UInt8], _ body: (TableEntry) throws(TableFault) -> Void) throws(TableFault) {
        let outcome = document.withUnsafeBufferPointer { bytes -> Result<Void, TableFault> in
            var reader = TableReader(bytes)
            do throws(TableFault) { return .success(try reader.readTable(body)) } catch { return .failure(error) }
        }
        try outcome.get()
    }

    private init(_ bytes: UnsafeBufferPointer<UInt8>) {
        json = JSONReader(bytes)
        keys = Dictionary(
            uniqueKeysWithValues: TableEntry.Key.allCases.enumerated().map { ($1.rawValue, ($1, 1 << UInt32($0))) })
    }

    private mutating func readTable(_ body: (TableEntry) throws(TableFault) -> Void) throws(TableFault) {
        var (hasVersion, hasEntries) = (false, false)
        var key: String?
        while try reading({ json throws(JSONReader.Fault) in try json.nextValue(&key) }), let key {
            switch key {
            case "version":
                guard !hasVersion else { throw TableFault(json.fault) }
                hasVersion = true
                guard try reading({ json throws(JSONReader.Fault) in try json.integer() }) == 1 else { throw .otherVersion }
            case "entries":
                guard !hasEntries else { throw TableFault(json.fault) }
                hasEntries = true
                try readEntries(body)
            default: try reading { json throws(JSONReader.Fault) in try json.skip() }
            }
        }
        try reading { json throws(JSONReader.Fault) in try json.finish() }
        guard hasEntries else { throw TableFault(json.fault) }
        guard hasVersion else { throw .otherVersion }
    }

    private mutating func readEntries(_ body: (TableEntry) throws(TableFault) -> Void) throws(TableFault) {
        // What an empty list is in the language that most tables are written in.
        if json.takeNull() { return }
        var isFirst = true
        while try reading({ json throws(JSONReader.Fault) in try json.nextElement(&isFirst) }) {
            let entry: TableEntry
            do { entry = try self.entry() } catch { throw TableFault(error) }
            try body(entry)
        }
    }

    private mutating func reading<T>(_ read: (inout JSONReader) throws(JSONReader.Fault) -> T) throws(TableFault) -> T {
        do { return try read(&json) } catch { throw TableFault(error) }
    }

    private mutating func entry() throws(JSONReader.Fault) -> TableEntry {
        var entry = TableEntry()
        var seen: UInt32 = 0
        var key: String?
        while try json.nextValue(&key), let key {
            guard let known = keys[key] else {
                try json.skip()
                continue
            }
            guard seen & known.bit == 0 else { throw json.fault }
            seen |= known.bit
            if json.takeNull() { continue }
            try read(known.key, into: &entry)
        }
        return entry
    }

    private mutating func read(_ key: TableEntry.Key, into entry: inout TableEntry) throws(JSONReader.Fault) {
        switch key {
        case .name: entry.name = try json.stringBytes()
        case .type: entry.type = try json.string()
        case .size: entry.size = try json.integer()
        case .mode: entry.mode = try json.integer()
        case .uid: entry.uid = try json.integer()
        case .gid: entry.gid = try json.integer()
        case .modtime: entry.modtime = try json.string()
        case .linkName: entry.linkName = try json.stringBytes()
        case .digest: entry.digest = try json.stringBytes()
        case .devMajor: entry.devMajor = try json.integer()
        case .devMinor: entry.devMinor = try json.integer()
        case .xattrs:
            var name: String?
            while try json.nextValue(&name), let name { entry.xattrs.append((Array(name.utf8), try json.stringBytes())) }
        case .offset: entry.offset = try json.integer()
        case .endOffset: entry.endOffset = try json.integer()
        case .chunkOffset: entry.chunkOffset = try json.integer()
        case .chunkSize: entry.chunkSize = try json.integer()
        }
    }
}

extension TableFault {
    fileprivate init(_ fault: JSONReader.Fault) { self = .malformed(at: fault.offset) }
}
