// https://www.rfc-editor.org/rfc/rfc8259

/// Reads a table's JSON in one pass, entry by entry: those of large layers have hundreds of thousands.
///
/// As strict as JSON is; a key that stands twice in an entry is refused, since readers differ on which one counts. Keys that are not
/// known are passed over. Half of a surrogate pair is U+FFFD, as it is for those who write tables.
struct TableReader {
    private typealias Known = (key: TableEntry.Key, bit: UInt32)

    private let bytes: UnsafeBufferPointer<UInt8>
    private var at = 0
    private let keys: [String: Known]
    private static let maxDepth = 64

    /// Hands every entry to `body`, in order.
    static func read(_ document: [UInt8], _ body: (TableEntry) throws(TableFault) -> Void) throws(TableFault) {
        let outcome = document.withUnsafeBufferPointer { bytes -> Result<Void, TableFault> in
            var reader = TableReader(bytes)
            do throws(TableFault) { return .success(try reader.readTable(body)) } catch { return .failure(error) }
        }
        try outcome.get()
    }

    private init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
        keys = Dictionary(
            uniqueKeysWithValues: TableEntry.Key.allCases.enumerated().map { ($1.rawValue, ($1, 1 << UInt32($0))) })
    }

    // MARK: The table

    private mutating func readTable(_ body: (TableEntry) throws(TableFault) -> Void) throws(TableFault) {
        var (hasVersion, hasEntries) = (false, false)
        var key: String?
        while try nextKey(&key), let key {
            switch key {
            case "version":
                guard !hasVersion else { throw fault }
                hasVersion = true
                guard try integer() == 1 else { throw .otherVersion }
            case "entries":
                guard !hasEntries else { throw fault }
                hasEntries = true
                // What an empty list is in the language that most tables are written in.
                if takeNull() { continue }
                var isFirst = true
                while try nextElement(&isFirst) { try body(try entry()) }
            default: try skip(depth: 1)
            }
        }
        skipBlank()
        guard at == bytes.count, hasEntries else { throw fault }
        guard hasVersion else { throw .otherVersion }
    }

    private mutating func entry() throws(TableFault) -> TableEntry {
        var entry = TableEntry()
        var seen: UInt32 = 0
        var key: String?
        while try nextKey(&key), let key {
            guard let known = keys[key] else {
                try skip(depth: 3)
                continue
            }
            guard seen & known.bit == 0 else { throw fault }
            seen |= known.bit
            if takeNull() { continue }
            try read(known.key, into: &entry)
        }
        return entry
    }

    private mutating func read(_ key: TableEntry.Key, into entry: inout TableEntry) throws(TableFault) {
        switch key {
        case .name: entry.name = try string()
        case .type: entry.type = String(decoding: try string(), as: UTF8.self)
        case .size: entry.size = try integer()
        case .mode: entry.mode = try integer()
        case .uid: entry.uid = try integer()
        case .gid: entry.gid = try integer()
        case .modtime: entry.modtime = String(decoding: try string(), as: UTF8.self)
        case .linkName: entry.linkName = try string()
        case .digest: entry.digest = try string()
        case .devMajor: entry.devMajor = try integer()
        case .devMinor: entry.devMinor = try integer()
        case .xattrs:
            var name: String?
            while try nextKey(&name), let name { entry.xattrs.append((Array(name.utf8), try string())) }
        case .offset: entry.offset = try integer()
        case .endOffset: entry.endOffset = try integer()
        case .chunkOffset: entry.chunkOffset = try integer()
        case .chunkSize: entry.chunkSize = try integer()
        }
    }

    // MARK: JSON

    private var fault: TableFault { .malformed(at: at) }

    private mutating func skipBlank() {
        while at < bytes.count, Self.isBlank(bytes[at]) { at += 1 }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }

    /// Takes a byte after blanks, if it is the next one.
    private mutating func take(_ byte: UInt8) -> Bool {
        skipBlank()
        guard at < bytes.count, bytes[at] == byte else { return false }
        at += 1
        return true
    }

    private mutating func takeNull() -> Bool { takeWord("null") }

    private mutating func takeWord(_ word: StaticString) -> Bool {
        skipBlank()
        let count = word.utf8CodeUnitCount
        guard at + count <= bytes.count, (0..<count).allSatisfy({ bytes[at + $0] == word.utf8Start[$0] }) else { return false }
        at += count
        return true
    }

    /// Goes to an object's next value, whose key is then in `key`, which is nil before the first; false at the end.
    private mutating func nextKey(_ key: inout String?) throws(TableFault) -> Bool {
        if key == nil {
            guard take(UInt8(ascii: "{")) else { throw fault }
            if take(UInt8(ascii: "}")) { return false }
        } else if !take(UInt8(ascii: ",")) {
            guard take(UInt8(ascii: "}")) else { throw fault }
            return false
        }
        key = String(decoding: try string(), as: UTF8.self)
        guard take(UInt8(ascii: ":")) else { throw fault }
        return true
    }

    /// Goes to an array's next element; false at the end.
    private mutating func nextElement(_ isFirst: inout Bool) throws(TableFault) -> Bool {
        if isFirst {
            isFirst = false
            guard take(UInt8(ascii: "[")) else { throw fault }
            return !take(UInt8(ascii: "]"))
        }
        if take(UInt8(ascii: ",")) { return true }
        guard take(UInt8(ascii: "]")) else { throw fault }
        return false
    }

    private mutating func integer() throws(TableFault) -> Int64 {
        skipBlank()
        let isNegative = at < bytes.count && bytes[at] == UInt8(ascii: "-")
        if isNegative { at += 1 }
        let start = at
        var value: Int64 = 0
        while at < bytes.count, (0x30...0x39).contains(bytes[at]) {
            let digit = Int64(bytes[at] - 0x30)
            let (shifted, isOver) = value.multipliedReportingOverflow(by: 10)
            let (next, isOverToo) = shifted.addingReportingOverflow(digit)
            guard !isOver, !isOverToo else { throw fault }
            value = next
            at += 1
        }
        // No leading zeros; a fraction or an exponent is nothing that may follow.
        guard at > start, at == start + 1 || bytes[start] != 0x30 else { throw fault }
        return isNegative ? -value : value
    }

    private mutating func string() throws(TableFault) -> [UInt8] {
        guard take(UInt8(ascii: "\"")) else { throw fault }
        let start = at
        var isPlain = true
        while at < bytes.count, bytes[at] != UInt8(ascii: "\"") {
            guard bytes[at] >= 0x20 else { throw fault }
            if bytes[at] == UInt8(ascii: "\\") { return try escaped(Array(bytes[start..<at])) }
            if bytes[at] >= 0x80 { isPlain = false }
            at += 1
        }
        guard at < bytes.count else { throw fault }
        at += 1
        let text = Array(bytes[start..<at - 1])
        guard isPlain || Self.isUTF8(text) else { throw fault }
        return text
    }

    private static func isUTF8(_ text: [UInt8]) -> Bool { String(validating: text, as: UTF8.self) != nil }

    /// The rest of a string that begins with `text` and has a backslash now.
    private mutating func escaped(_ text: [UInt8]) throws(TableFault) -> [UInt8] {
        var text = text
        while at < bytes.count, bytes[at] != UInt8(ascii: "\"") {
            guard bytes[at] >= 0x20 else { throw fault }
            if bytes[at] == UInt8(ascii: "\\") {
                at += 1
                try appendEscape(to: &text)
            } else {
                text.append(bytes[at])
                at += 1
            }
        }
        guard at < bytes.count, Self.isUTF8(text) else { throw fault }
        at += 1
        return text
    }

    private mutating func appendEscape(to text: inout [UInt8]) throws(TableFault) {
        guard at < bytes.count else { throw fault }
        let letter = bytes[at]
        at += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(letter)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text += String(Character(try unicodeEscape())).utf8
        default: throw fault
        }
    }

    private mutating func unicodeEscape() throws(TableFault) -> Unicode.Scalar {
        let first = try fourDigits()
        if (0xD800...0xDBFF).contains(first), at + 6 <= bytes.count, bytes[at] == UInt8(ascii: "\\"),
            bytes[at + 1] == UInt8(ascii: "u")
        {
            let before = at
            at += 2
            let second = try fourDigits()
            if (0xDC00...0xDFFF).contains(second) {
                return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) ?? "\u{FFFD}"
            }
            at = before
        }
        return Unicode.Scalar(first) ?? "\u{FFFD}"
    }

    private mutating func fourDigits() throws(TableFault) -> UInt32 {
        guard at + 4 <= bytes.count else { throw fault }
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(bytes[at])).hexDigitValue else { throw fault }
            value = value << 4 | UInt32(digit)
            at += 1
        }
        return value
    }

    /// Passes over a value at this depth.
    private mutating func skip(depth: Int) throws(TableFault) {
        guard depth <= Self.maxDepth else { throw fault }
        skipBlank()
        guard at < bytes.count else { throw fault }
        switch bytes[at] {
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "{"):
            var key: String?
            while try nextKey(&key) { try skip(depth: depth + 1) }
        case UInt8(ascii: "["):
            var isFirst = true
            while try nextElement(&isFirst) { try skip(depth: depth + 1) }
        case UInt8(ascii: "-"), 0x30...0x39: try skipNumber()
        default: guard takeWord("true") || takeWord("false") || takeNull() else { throw fault }
        }
    }

    private mutating func skipNumber() throws(TableFault) {
        let start = at
        while at < bytes.count, "+-.0123456789eE".utf8.contains(bytes[at]) { at += 1 }
        guard Double(String(decoding: bytes[start..<at], as: UTF8.self)) != nil else { throw fault }
    }
}
