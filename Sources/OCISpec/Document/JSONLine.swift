/// Writes objects of one line each, field by field and without a value in between: listings have thousands of millions of lines.
///
/// Nothing in a string acts on a terminal, as in reports.
package struct JSONLine: Sendable {
    private var text = JSONText(.lines)
    private var isFirst = true

    /// An empty text.
    package init() {}

    /// The lines so far, in UTF-8.
    package var bytes: [UInt8] { text.bytes }
    /// How many bytes those are.
    package var count: Int { text.bytes.count }

    /// Forgets the lines that were written so far and have been taken.
    package mutating func removeAll() { text.removeWritten() }

    /// Begins a line.
    package mutating func begin() {
        text.add(UInt8(ascii: "{"))
        isFirst = true
    }

    /// Begins a line with fields that are written already, such as `{"digest":"…"`.
    package mutating func begin(with written: [UInt8]) {
        text.add(written)
        isFirst = false
    }

    /// Ends the line.
    package mutating func end() {
        text.add(UInt8(ascii: "}"))
        text.endLine()
    }

    /// Ends an object that is a value.
    package mutating func endObject() {
        text.add(UInt8(ascii: "}"))
        isFirst = false
    }

    /// Writes a field's name, which has nothing that is escaped.
    package mutating func key(_ name: StaticString) {
        if !isFirst { text.add(UInt8(ascii: ",")) }
        isFirst = false
        text.add(UInt8(ascii: "\""))
        text.add(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        text.add(UInt8(ascii: "\""))
        text.add(UInt8(ascii: ":"))
    }

    /// Writes a field's name, whatever it is.
    package mutating func key(_ name: String) {
        if !isFirst { text.add(UInt8(ascii: ",")) }
        isFirst = false
        string(name)
        text.add(UInt8(ascii: ":"))
    }

    // MARK: Values

    /// Writes a string.
    package mutating func string(_ value: String) {
        var value = value
        value.withUTF8 { text.write(quoted: $0) }
    }

    /// Writes a string that is UTF-8.
    package mutating func string(utf8 value: UnsafeBufferPointer<UInt8>) { text.write(quoted: value) }

    /// Writes a string that has nothing that is escaped.
    package mutating func string(plain value: StaticString) {
        text.add(UInt8(ascii: "\""))
        text.add(UnsafeBufferPointer(start: value.utf8Start, count: value.utf8CodeUnitCount))
        text.add(UInt8(ascii: "\""))
    }

    /// Writes a digest as a string.
    package mutating func digest(_ value: Digest) {
        text.add(UInt8(ascii: "\""))
        value.withDescription { text.add($0) }
        text.add(UInt8(ascii: "\""))
    }

    /// Writes an array of values, each by `write`.
    package mutating func list<Elements: Sequence>(
        _ values: Elements, _ write: (inout JSONLine, Elements.Element) -> Void
    ) {
        text.add(UInt8(ascii: "["))
        elements(values, write)
        text.add(UInt8(ascii: "]"))
    }

    /// Writes the elements of an array, each by `write`, without the brackets.
    package mutating func elements<Elements: Sequence>(
        _ values: Elements, _ write: (inout JSONLine, Elements.Element) -> Void
    ) {
        var isFirst = true
        for value in values {
            if !isFirst { text.add(UInt8(ascii: ",")) }
            isFirst = false
            write(&self, value)
        }
    }

    /// Writes a whole number.
    package mutating func integer(_ value: Int64) {
        // Twenty digits, with the sign.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var place = 20
            var rest = value.magnitude
            repeat {
                place -= 1
                digits[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            if value < 0 {
                place -= 1
                digits[place] = UInt8(ascii: "-")
            }
            text.add(UnsafeBufferPointer(rebasing: UnsafeBufferPointer(digits)[place...]))
        }
    }

    /// Writes a claim.
    package mutating func bool(_ value: Bool) { raw(value ? "true" : "false") }

    /// Writes `null`.
    package mutating func null() { raw("null") }

    /// Writes a value that is JSON already.
    package mutating func raw(_ value: StaticString) {
        text.add(UnsafeBufferPointer(start: value.utf8Start, count: value.utf8CodeUnitCount))
    }

    /// The same for one that was read.
    package mutating func raw(_ value: [UInt8]) { text.add(value) }

    /// Writes a value as one line.
    package mutating func value(_ value: JSONValue) { text.add(JSONText(value, .compact).bytes) }

    // MARK: Fields

    /// Writes a field with a string, or null.
    package mutating func field(_ name: StaticString, _ value: String?) {
        key(name)
        if let value { string(value) } else { null() }
    }

    /// Writes a field with a digest, or null.
    package mutating func field(_ name: StaticString, _ value: Digest?) {
        key(name)
        if let value { digest(value) } else { null() }
    }

    /// Writes a field with a whole number, or null.
    package mutating func field(_ name: StaticString, _ value: Int64?) {
        key(name)
        if let value { integer(value) } else { null() }
    }

    /// Writes a field with a claim.
    package mutating func field(_ name: StaticString, _ value: Bool) {
        key(name)
        bool(value)
    }

    /// Writes a field with a value that is JSON.
    package mutating func field(_ name: StaticString, json value: JSONValue) {
        key(name)
        self.value(value)
    }

    /// Writes 128 bits as 32 hexadecimal digits in quotes, with what stands before them.
    package mutating func hex(_ high: UInt64, _ low: UInt64, after prefix: StaticString = "") {
        text.add(UInt8(ascii: "\""))
        text.add(UnsafeBufferPointer(start: prefix.utf8Start, count: prefix.utf8CodeUnitCount))
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { digits in
            for place in 0..<32 {
                let word = place < 16 ? high : low
                let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - (place & 15) * 4)) & 15
                digits[place] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit
            }
            text.add(UnsafeBufferPointer(digits))
        }
        text.add(UInt8(ascii: "\""))
    }
}
