/// A column of values that are mostly like the one before: each run of equal values is kept once.
///
/// Owners, attributes and devices of a million entries take a few bytes this way; a column in which every value differs takes a
/// third more than an array. A value is found by a binary search among the runs.
package struct RunColumn<Value: Hashable & Sendable>: Hashable, Sendable {
    private var values: [Value] = []
    /// Where each run ends: the place after its last value.
    private var ends: [Int] = []

    /// A column without values.
    package init() {}

    /// A column of one value.
    package init(repeating value: Value, count: Int) { append(value, count: count) }

    /// Adds `value` after the last one, `count` times.
    package mutating func append(_ value: Value, count: Int = 1) {
        guard count > 0 else { return }
        let end = self.count + count
        if values.last == value {
            ends[ends.count - 1] = end
        } else {
            values.append(value)
            ends.append(end)
        }
    }

    /// The runs, in order.
    package var runs: some Sequence<(value: Value, count: Int)> {
        values.indices.lazy.map { run in (value: values[run], count: ends[run] - (run == 0 ? 0 : ends[run - 1])) }
    }

    /// The run that a place is in.
    private func run(at place: Int) -> Int {
        if ends.count == 1 { return 0 }
        var (low, high) = (0, ends.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if place < ends[middle] { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

extension RunColumn: RandomAccessCollection {
    package var startIndex: Int { 0 }
    package var endIndex: Int { ends.last ?? 0 }

    package subscript(place: Int) -> Value {
        precondition(place >= 0 && place < endIndex, "a place beyond the column")
        return values[run(at: place)]
    }

    /// Goes through the values without a search for each.
    package func makeIterator() -> some IteratorProtocol<Value> {
        runs.lazy.flatMap { repeatElement($0.value, count: $0.count) }.makeIterator()
    }
}

extension RunColumn: ExpressibleByArrayLiteral {
    package init(arrayLiteral elements: Value...) {
        for element in elements { append(element) }
    }
}
