/// Numbers that a seed decides, so that a failure can be had again.
package struct SeededNumbers: RandomNumberGenerator, Sendable {
    private var numbers: SplitMix64

    /// Numbers for a seed; those of seeds in a row have nothing in common.
    package init(seed: Int) { numbers = SplitMix64(seed: UInt64(truncatingIfNeeded: seed) &* 0x9e37_79b9_7f4a_7c15) }

    package mutating func next() -> UInt64 { numbers.next() }

    /// Whether something happens that does so in that many of a hundred cases.
    package mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
    package mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }
    package mutating func one<T>(of values: [T]) -> T { values[Int.random(in: 0..<values.count, using: &self)] }

    /// Each value with this chance, in a new order.
    package mutating func some<T>(of values: [T], percent: Int) -> [T] {
        var chosen: [T] = []
        for value in values where chance(percent) { chosen.append(value) }
        return chosen.shuffled(using: &self)
    }
}
