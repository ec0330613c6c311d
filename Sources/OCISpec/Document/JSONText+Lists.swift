/// A list of a document of which one element is in memory at a time.
package struct JSONList {
    /// Hands over the elements in order.
    let forEach: ((JSONValue) throws -> Void) throws -> Void

    /// The list of what `forEach` hands over.
    package init(_ forEach: @escaping ((JSONValue) throws -> Void) throws -> Void) { self.forEach = forEach }

    /// The list of what `convert` makes of the elements, each when its turn comes.
    package init<Elements: Sequence>(_ elements: Elements, _ convert: @escaping (Elements.Element) -> JSONValue) {
        forEach = { body in for element in elements { try body(convert(element)) } }
    }
}

extension JSONText {
    private static let pieceBytes = 1 << 16

    /// Writes an object of `fields` and `lists`, which have no name in common: the text of the whole, handed to `take` in pieces.
    package static func write(
        _ fields: JSONFields, lists: [ExactText: JSONList], _ layout: Layout = .lines, take: ([UInt8]) throws -> Void
    ) throws {
        var text = JSONText(layout)
        try text.write(open: UInt8(ascii: "{"), close: UInt8(ascii: "}")) { text, separate in
            let names = (Array(fields.keys) + Array(lists.keys)).sorted()
            for name in names {
                separate(&text)
                text.write(key: name.text)
                if let value = fields[name] { text.write(value) }
                if let list = lists[name] { try text.write(list, take) }
            }
        }
        if layout != .compact { text.endLine() }
        try take(text.bytes)
    }

    private mutating func write(_ list: JSONList, _ take: ([UInt8]) throws -> Void) throws {
        try write(open: UInt8(ascii: "["), close: UInt8(ascii: "]")) { text, separate in
            try list.forEach { element in
                separate(&text)
                text.write(element)
                if text.bytes.count >= Self.pieceBytes { try text.handOver(to: take) }
            }
        }
    }

    private mutating func handOver(to take: ([UInt8]) throws -> Void) throws {
        try take(bytes)
        removeWritten()
    }
}

/// An array of which the text is in memory, and no value: for numbers and names by the million.
package struct JSONArrayText {
    private var text: JSONText

    /// An empty array, laid out as text that may stand within a page's markup.
    package init() { text = JSONText(.withinMarkup) }

    /// Adds a value behind the others.
    package mutating func append(_ value: JSONValue) {
        text.add(UInt8(ascii: text.bytes.isEmpty ? "[" : ","))
        text.write(value)
    }

    /// The array's text.
    package var bytes: [UInt8] { text.bytes.isEmpty ? Array("[]".utf8) : text.bytes + [UInt8(ascii: "]")] }
}

extension JSONText {
    /// An object's text from the texts of its values, by name.
    package static func object(_ values: [(name: String, text: [UInt8])]) -> [UInt8] {
        var text = JSONText(.withinMarkup)
        text.write(open: UInt8(ascii: "{"), close: UInt8(ascii: "}")) { text, separate in
            for (name, value) in values {
                separate(&text)
                text.write(key: name)
                text.add(value)
            }
        }
        return text.bytes
    }

    /// A document of `fields` and, under another name, an array whose elements have been written, with commas within each piece.
    package static func object(_ fields: JSONFields, list name: ExactText, _ pieces: [[UInt8]]) -> [UInt8] {
        var text = JSONText(.compact)
        text.reserveCapacity(pieces.reduce(1 << 16) { $0 + $1.count + 1 })
        text.write(open: UInt8(ascii: "{"), close: UInt8(ascii: "}")) { text, separate in
            for key in (Array(fields.keys) + [name]).sorted() {
                separate(&text)
                text.write(key: key.text)
                guard key == name else {
                    if let value = fields[key] { text.write(value) }
                    continue
                }
                text.write(open: UInt8(ascii: "["), close: UInt8(ascii: "]")) { text, separate in
                    for piece in pieces where !piece.isEmpty {
                        separate(&text)
                        text.add(piece)
                    }
                }
            }
        }
        return text.bytes
    }
}
