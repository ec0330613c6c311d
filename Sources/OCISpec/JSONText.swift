// https://www.rfc-editor.org/rfc/rfc8259

/// Writes a JSON value as text: keys sorted by their bytes.
///
/// Reports of large images have tens of thousands of lines, and so have plans and indexes of large stores. Foundation's encoder
/// first builds a tree of its own from the value that is one already, which took two thirds of a second look's time; this one
/// only writes.
package struct JSONText {
    /// How the text is laid out.
    package enum Layout: Sendable {
        /// One value a line, two spaces a level and a newline at the end, for people and line-wise tools.
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

    /// The text of `document`.
    package init(_ document: JSONValue, _ layout: Layout = .lines) {
        self.layout = layout
        bytes.reserveCapacity(1 << 16)
        write(document)
        if layout != .compact { bytes.append(UInt8(ascii: "\n")) }
    }

    private mutating func write(_ value: JSONValue) {
        switch value {
        case .null: write("null")
        case .bool(let value): write(value ? "true" : "false")
        case .integer(let value): write(value.description)
        case .number(let value): write(Self.text(value))
        case .string(let value): write(quoted: value)
        case .array(let values):
            write(open: UInt8(ascii: "["), close: UInt8(ascii: "]"), values) { $0.write($1) }
        case .object(let fields):
            let sorted = fields.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            write(open: UInt8(ascii: "{"), close: UInt8(ascii: "}"), sorted) { text, field in
                text.write(quoted: field.key)
                text.write(text.layout == .lines ? ": " : ":")
                text.write(field.value)
            }
        }
    }

    private mutating func write<Element>(
        open: UInt8, close: UInt8, _ elements: [Element], _ writeElement: (inout JSONText, Element) -> Void
    ) {
        bytes.append(open)
        depth += 1
        for (place, element) in elements.enumerated() {
            if place > 0 { bytes.append(UInt8(ascii: ",")) }
            breakLine()
            writeElement(&self, element)
        }
        depth -= 1
        if !elements.isEmpty { breakLine() }
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
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { utf8 in
            // Nearly every string goes as it is, so runs are copied whole.
            var start = 0
            for (place, byte) in utf8.enumerated() where isEscaped(byte) {
                bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start..<place]))
                write(escaped: byte)
                start = place + 1
            }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start...]))
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private func isEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
            || (byte == UInt8(ascii: "<") && layout == .withinMarkup)
    }

    private mutating func write(escaped byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\n"): write("\\n")
        case UInt8(ascii: "\t"): write("\\t")
        case UInt8(ascii: "\r"): write("\\r")
        case UInt8(ascii: "<"): write("\\u003c")
        case 0..<0x20: write("\\u00" + (byte < 0x10 ? "0" : "") + String(byte, radix: 16))
        default:
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(byte)
        }
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
    package static func fields(_ fields: [String: JSONValue?], and others: [String: JSONValue] = [:]) -> JSONValue {
        .object(others.merging(fields.compactMapValues(\.self)) { _, own in own })
    }

    /// An array of texts.
    package static func textList(_ texts: [String]) -> JSONValue { .array(texts.map(JSONValue.string)) }

    /// An object of texts.
    package static func textFields(_ texts: [String: String]) -> JSONValue { .object(texts.mapValues(JSONValue.string)) }
}
