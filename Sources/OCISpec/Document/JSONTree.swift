// https://www.rfc-editor.org/rfc/rfc8259

/// A document as it stands: where each of its values is, and nothing of what they mean yet.
///
/// As strict as JSON is, and within limits: none deeper than allowed, and no name twice in one object, since which of two counts is a
/// matter of the reader. As lenient as Go's reader with what stands in strings: bytes that are no UTF-8, and halves of surrogate
/// pairs, are U+FFFD. Valid for as long as the buffer is.
final class JSONTree {
    enum Kind: UInt8 {
        case null, yes, no, number, string, array, object
    }

    /// A value, or the name of one, which stands before it.
    struct Node {
        let kind: Kind
        var hasEscapes = false
        /// Where it stands in the text, a string without its quotes.
        let start: Int32
        var end: Int32
        /// The place of what follows it and all within it.
        var next: Int32
        /// Names by which an object calls its values, or elements of an array.
        var count: Int32 = 0
    }

    let text: UnsafeBufferPointer<UInt8>
    private(set) var nodes: [Node] = []
    /// The names in all objects that are open, outermost first: hashes and nodes.
    private var names: [RepeatedName.Hashed<Int>] = []

    /// Reads a document.
    init(_ text: UnsafeBufferPointer<UInt8>, maxDepth: Int) throws(DocumentError) {
        self.text = text
        nodes.reserveCapacity(text.count / 12)
        var reader = JSONReader(text)
        do {
            try readValue(&reader, depth: 0, maxDepth)
            try reader.finish()
        } catch {
            throw failure ?? Self.error(error, text)
        }
        names = []
    }

    /// Why reading stopped, where it is not that the text is no JSON.
    private var failure: DocumentError?

    private static func error(_ fault: JSONReader.Fault, _ text: UnsafeBufferPointer<UInt8>) -> DocumentError {
        // UTF-16 and UTF-32 have such; UTF-8 JSON never has.
        if fault.offset < text.count, text[fault.offset] == 0 { return .malformed(detail: "a zero byte") }
        if fault.offset >= text.count { return .malformed(detail: "not valid JSON: it ends early") }
        return .malformed(detail: "not valid JSON at byte \(fault.offset)")
    }

    // MARK: Reading

    private func readValue(_ reader: inout JSONReader, depth: Int, _ maxDepth: Int) throws(JSONReader.Fault) {
        guard let first = reader.peek() else { throw reader.fault }
        switch first {
        case UInt8(ascii: "\""): try readString(&reader)
        case UInt8(ascii: "{"): try readObject(&reader, depth: depth + 1, maxDepth)
        case UInt8(ascii: "["): try readArray(&reader, depth: depth + 1, maxDepth)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): append(.number, try reader.numberRange())
        case UInt8(ascii: "t"): try readWord(.yes, "true", &reader)
        case UInt8(ascii: "f"): try readWord(.no, "false", &reader)
        case UInt8(ascii: "n"): try readWord(.null, "null", &reader)
        default: throw reader.fault
        }
    }

    private func readWord(_ kind: Kind, _ word: StaticString, _ reader: inout JSONReader) throws(JSONReader.Fault) {
        let start = reader.at
        guard reader.takeWord(word) else { throw reader.fault }
        append(kind, start..<reader.at)
    }

    private func readString(_ reader: inout JSONReader) throws(JSONReader.Fault) {
        let (range, hasEscapes) = try reader.stringRange()
        append(.string, range)
        nodes[nodes.count - 1].hasEscapes = hasEscapes
    }

    private func append(_ kind: Kind, _ range: Range<Int>) {
        nodes.append(
            Node(
                kind: kind, start: Int32(truncatingIfNeeded: range.lowerBound), end: Int32(truncatingIfNeeded: range.upperBound),
                next: Int32(nodes.count + 1)))
    }

    private func open(_ kind: Kind, _ reader: JSONReader, _ depth: Int, _ maxDepth: Int) throws(JSONReader.Fault) -> Int {
        guard depth <= maxDepth else {
            failure = .tooDeep(limit: maxDepth)
            throw reader.fault
        }
        append(kind, reader.at..<reader.at)
        return nodes.count - 1
    }

    private func close(_ node: Int, count: Int, _ reader: JSONReader) {
        nodes[node].end = Int32(truncatingIfNeeded: reader.at)
        nodes[node].next = Int32(nodes.count)
        nodes[node].count = Int32(count)
    }

    private func readArray(_ reader: inout JSONReader, depth: Int, _ maxDepth: Int) throws(JSONReader.Fault) {
        let node = try open(.array, reader, depth, maxDepth)
        var isFirst = true
        var count = 0
        while try reader.nextElement(&isFirst) {
            try readValue(&reader, depth: depth, maxDepth)
            count += 1
        }
        close(node, count: count, reader)
    }

    private func readObject(_ reader: inout JSONReader, depth: Int, _ maxDepth: Int) throws(JSONReader.Fault) {
        let node = try open(.object, reader, depth, maxDepth)
        let firstName = names.count
        guard reader.take(UInt8(ascii: "{")) else { throw reader.fault }
        var count = 0
        if !reader.take(UInt8(ascii: "}")) {
            repeat {
                try readString(&reader)
                names.append((hash(nodes.count - 1), nodes.count - 1))
                guard reader.take(UInt8(ascii: ":")) else { throw reader.fault }
                try readValue(&reader, depth: depth, maxDepth)
                count += 1
            } while reader.take(UInt8(ascii: ","))
            guard reader.take(UInt8(ascii: "}")) else { throw reader.fault }
        }
        if let repeated = RepeatedName.find(&names, from: firstName) {
            failure = .malformed(detail: "`\(string(repeated).prefix(80))` occurs twice")
            throw reader.fault
        }
        names.removeSubrange(firstName...)
        close(node, count: count, reader)
    }

    // MARK: What nodes say

    /// The text of a string, unescaped.
    func string(_ node: Int) -> String {
        let node = nodes[node]
        let content = UnsafeBufferPointer(rebasing: text[Int(node.start)..<Int(node.end)])
        return node.hasEscapes
            ? String(decoding: JSONReader.unescaped(content), as: UTF8.self) : String(decoding: content, as: UTF8.self)
    }

    /// Whether a name is this one.
    func isName(_ node: Int, _ name: String) -> Bool {
        let found = nodes[node]
        if found.hasEscapes { return string(node).utf8.elementsEqual(name.utf8) }
        let content = text[Int(found.start)..<Int(found.end)]
        return content.count == name.utf8.count && content.elementsEqual(name.utf8)
    }

    /// FNV-1a of a name, unescaped.
    func hash(_ node: Int) -> UInt64 {
        let node = nodes[node]
        let content = UnsafeBufferPointer(rebasing: text[Int(node.start)..<Int(node.end)])
        return node.hasEscapes ? RepeatedName.hash(JSONReader.unescaped(content)) : RepeatedName.hash(content)
    }

    /// A whole number; nil for one with a fraction, or out of bounds.
    func integer(_ node: Int) -> Int64? {
        let node = nodes[node]
        guard node.kind == .number else { return nil }
        let digits = String(decoding: text[Int(node.start)..<Int(node.end)], as: UTF8.self)
        return Int64(digits) ?? Double(digits).flatMap { abs($0) <= 0x1p53 ? Int64(exactly: $0) : nil }
    }

    /// A number; nil for one that is too large for its type.
    func number(_ node: Int) -> Double? {
        let node = nodes[node]
        guard node.kind == .number else { return nil }
        return Double(String(decoding: text[Int(node.start)..<Int(node.end)], as: UTF8.self)).flatMap { $0.isFinite ? $0 : nil }
    }

    /// Calls `body` with the place of each name of an object, and of its value.
    func forEachField(of object: Int, _ body: (_ name: Int, _ value: Int) throws -> Void) rethrows {
        var name = object + 1
        while name < Int(nodes[object].next) {
            try body(name, name + 1)
            name = Int(nodes[name + 1].next)
        }
    }

    /// Where the last path through a value went on: a name or an element of it, and how many are before that.
    ///
    /// Faults come in the order of the text, and a list may have as many as elements: each look goes on where the last one ended.
    private var lastSteps: [Int: (child: Int, index: Int)] = [:]

    /// The fields on the way to a value, for messages: looked for only when one is at fault.
    func path(to target: Int) -> [any CodingKey] {
        var keys: [any CodingKey] = []
        var here = 0
        while here != target {
            let node = nodes[here]
            var (child, index) = (here + 1, 0)
            if let last = lastSteps[here], last.child <= target { (child, index) = last }
            var isFound = false
            while child < Int(node.next), !isFound {
                let value = node.kind == .object ? child + 1 : child
                if target < Int(nodes[value].next) {
                    keys.append(node.kind == .object ? PathKey(name: string(child)) : PathKey(index: index))
                    lastSteps[here] = (child, index)
                    (here, isFound) = (value, true)
                }
                child = Int(nodes[value].next)
                index += 1
            }
            if !isFound { break }
        }
        return keys
    }
}

/// A step of a path within a document.
struct PathKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(name: String) { (stringValue, intValue) = (name, nil) }
    init(index: Int) { (stringValue, intValue) = ("\(index)", index) }
    init?(stringValue: String) { self.init(name: stringValue) }
    init?(intValue: Int) { self.init(index: intValue) }
}

/// Finds a name that an object has twice.
///
/// Two names of one hash count as one: by chance no document has them, and one that was made to is nobody's loss.
enum RepeatedName {
    /// A name's hash, and where it stands.
    typealias Hashed<Place> = (hash: UInt64, place: Place)

    /// The second of two, among those from `start` on, which may be sorted for it.
    static func find<Place>(_ names: inout [Hashed<Place>], from start: Int) -> Place? {
        guard names.count - start > 1 else { return nil }
        if names.count - start <= 16 {
            for second in start + 1..<names.count {
                for first in start..<second where names[first].hash == names[second].hash { return names[second].place }
            }
            return nil
        }
        names[start...].sort { $0.hash < $1.hash }
        return (start + 1..<names.count).first { names[$0].hash == names[$0 - 1].hash }.map { names[$0].place }
    }

    /// FNV-1a.
    static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return hash
    }
}
