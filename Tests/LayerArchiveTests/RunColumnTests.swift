import LayerArchive
import TestSupport
import Testing

/// A column of runs is the array of its values.
struct RunColumnTests {
    @Test(arguments: 0..<200) func aColumnIsTheArrayOfItsValues(_ seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        var column = RunColumn<Int>()
        var values: [Int] = []
        for _ in 0..<Int.random(in: 0...30, using: &random) {
            let value = Int.random(in: 0...2, using: &random)
            let count = Int.random(in: 0...3, using: &random)
            column.append(value, count: count)
            values += Array(repeating: value, count: count)
        }
        #expect(Array(column) == values)
        #expect(column.indices.map { column[$0] } == values)
        #expect(column.count == values.count)
        #expect(column.runs.flatMap { Array(repeating: $0.value, count: $0.count) } == values)
        var again = RunColumn<Int>()
        for value in values { again.append(value) }
        #expect(again == column)
    }
}
