// https://www.rfc-editor.org/rfc/rfc8259

/// Writes a JSON value as text: keys sorted by their bytes.
///
/// Reports of large images have tens of thousands of lines, and so have plans and indexes of large stores. Foundation's encoder
/// first builds a tree of its own from the value that is one already, which took two thirds of a second look's time; this one
/// only writes.
package struct JSONText {
    /// How the text is laid out.
    package enum Layout: Sendable {
        /// One value a line, two spaces a level and a newline at the end, for people and line-wise tools: nothing in a string acts on a
        /// terminal.
        case lines
        /// No blanks, for documents.
        case compact
        /// No blanks, and no `<`, so that it can stand within a page's markup.
        case withinMarkup
    }

    /// The text in UTF-8.
    package private(set) var bytes: [UInt8] = []
    private var depth = 0
    private let layout: Layout

    /// An empty text.
    init(_ layout: Layout) { self.layout = layout }

    /// The text of `document`.
    package init(_ document: JSONValue, _ layout: Layout = .lines) {
        self.layout = layout
        bytes.reserveCapacity(1 << 16)
        write(document)
        if layout != .compact { endLine() }
    }

    /// Adds text as it is.
    mutating func add(_ written: UInt8) { bytes.append(written) }
    mutating func add(_ written: [UInt8]) { bytes.append(contentsOf: written) }
    mutating func add(_ written: UnsafeBufferPointer<UInt8>) { bytes.append(contentsOf: written) }

    /// Makes room for as many bytes in all.
    mutating func reserveCapacity(_ count: Int) { bytes.reserveCapacity(count) }

    mutating func endLine() { bytes.append(UInt8(ascii: "\n")) }

    /// Forgets what was written so far and has been taken.
    mutating func removeWritten() { bytes.removeAll(keepingCapacity: true) }

    mutating func write(_ value: JSONValue) {
        switch value {
        case .null: write("null")
        case .bool(let value): write(value ? "true" : "false")
        case .integer(let value): write(value.description)
        case .number(let value): write(Self.text(value))
        case .string(let value): write(quoted: value)
        case .array(let values):
            write(open: UInt8(ascii: "["), close: UInt8(ascii: "]")) { text, separate in
                for value in values {
                    separate(&text)
                    text.write(value)
                }
            }
        case .object(let fields):
            write(open: UInt8(ascii: "{"), close: UInt8(ascii: "}")) { text, separate in
                for field in fields.sorted(by: { $0.key < $1.key }) {
                    separate(&text)
                    text.write(key: field.key.text)
                    text.write(field.value)
                }
            }
        }
    }

    /// A name of an object and what stands between it and its value.
    mutating func write(key: String) {
        write(quoted: key)
        write(layout == .lines ? ": " : ":")
    }

    /// An array or an object; `elements` writes them, and calls the function that it gets before each.
    mutating func write<Failure: Error>(
        open: UInt8, close: UInt8, _ elements: (inout JSONText, (inout JSONText) -> Void) throws(Failure) -> Void
    ) throws(Failure) {
        bytes.append(open)
        depth += 1
        var isEmpty = true
        try elements(&self) { text in
            if !isEmpty { text.bytes.append(UInt8(ascii: ",")) }
            isEmpty = false
            text.breakLine()
        }
        depth -= 1
        if !isEmpty { breakLine() }
        bytes.append(close)
    }

    private mutating func breakLine() {
        guard layout == .lines else { return }
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * depth))
    }

    private mutating func write(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    private mutating func write(quoted text: String) {
        var text = text
        text.withUTF8 { write(quoted: $0) }
    }

    /// Writes UTF-8 as a string.
    mutating func write(quoted utf8: UnsafeBufferPointer<UInt8>) {
        bytes.append(UInt8(ascii: "\""))
        // Nearly every string goes as it is, so runs are copied whole.
        var start = 0
        for place in PlainText.length(utf8, from: 0)..<utf8.count {
            let byte = utf8[place]
            if isEscaped(byte) {
                bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start..<place]))
                write(escaped: byte)
                start = place + 1
            } else if byte >= 0xC2, layout != .compact, let (value, length) = Self.acting(utf8, place) {
                bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start..<place]))
                write(unicode: value)
                start = place + length
            }
        }
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start...]))
        bytes.append(UInt8(ascii: "\""))
    }

    private func isEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
            || (byte == UInt8(ascii: "<") && layout == .withinMarkup) || (byte == 0x7F && layout != .compact)
    }

    /// The scalar of two or three bytes at a place that acts on a terminal: a C1 control character, or what turns or breaks a line.
    private static func acting(_ utf8: UnsafeBufferPointer<UInt8>, _ place: Int) -> (value: UInt32, length: Int)? {
        guard place + 1 < utf8.count else { return nil }
        let (first, second) = (UInt32(utf8[place]), UInt32(utf8[place + 1]))
        switch (first, second) {
        case (0xC2, 0x80...0x9F): return (second, 2)
        case (0xD8, 0x9C): return (0x61C, 2)
        case (0xE2, 0x80...0x81) where place + 2 < utf8.count:
            let value = 0x2000 + (second & 0x3F) << 6 + UInt32(utf8[place + 2] & 0x3F)
            switch value {
            case 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: return (value, 3)
            default: return nil
            }
        default: return nil
        }
    }

    private mutating func write(escaped byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\n"): write("\\n")
        case UInt8(ascii: "\t"): write("\\t")
        case UInt8(ascii: "\r"): write("\\r")
        case UInt8(ascii: "<"): write("\\u003c")
        case 0..<0x20, 0x7F: write(unicode: UInt32(byte))
        default:
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(byte)
        }
    }

    private mutating func write(unicode value: UInt32) {
        let digits = String(value, radix: 16)
        write("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
    }

    /// The shortest digits that read back as the same number; what JSON has no number for is null.
    private static func text(_ value: Double) -> String {
        guard value.isFinite else { return "null" }
        if let whole = Int64(exactly: value) { return whole.description }
        return value.description
    }
}

/// What has one form as JSON, for documents that are long: `encodeDocument` writes it straight from that.
package protocol JSONRepresented: Encodable {
    /// The value as JSON.
    var json: JSONValue { get }
}

extension JSONRepresented {
    /// Encodes the same.
    package func encode(to encoder: any Encoder) throws { try json.encode(to: encoder) }
}

extension JSONValue {
    /// An object of these fields, without those that are nil, and of `others` what has another name.
    package static func fields(_ fields: [ExactText: JSONValue?], and others: JSONFields = [:]) -> JSONValue {
        .object(others.merging(fields.compactMapValues(\.self)) { _, own in own })
    }

    /// An array of texts.
    package static func textList(_ texts: [String]) -> JSONValue { .array(texts.map(JSONValue.string)) }

    /// An object of texts.
    package static func textFields(_ texts: [ExactText: String]) -> JSONValue { .object(texts.mapValues(JSONValue.string)) }
}
