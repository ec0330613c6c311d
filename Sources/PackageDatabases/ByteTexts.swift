/// Many byte strings in one piece of memory: what each takes beside its own bytes are four.
package struct ByteTexts: Hashable, Sendable {
    private var bytes: [UInt8] = []
    private var ends: [UInt32] = []

    /// How many there are.
    package var count: Int { ends.count }

    /// The text at a place, counted from 0.
    package subscript(number: Int) -> ArraySlice<UInt8> {
        bytes[(number == 0 ? 0 : Int(ends[number - 1]))..<Int(ends[number])]
    }

    /// Adds a text, and returns its place; texts come from one record, which is far shorter than 4 GiB.
    @discardableResult
    mutating func append(_ text: some Sequence<UInt8>) -> Int {
        bytes.append(contentsOf: text)
        ends.append(UInt32(bytes.count))
        return ends.count - 1
    }
}
