import Distribution
import Testing

@Suite struct ByteQueueTests {
    /// A queue that is filled and emptied at random holds what an array holds.
    @Test func aQueueIsAnArray() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let limit = Int.random(in: 1...100_000, using: &random)
            var queue = ByteQueue(limit: limit)
            var model: [UInt8] = []
            for step in 0..<60 {
                if Bool.random(using: &random) {
                    let bytes = (0..<Int.random(in: 0...60_000, using: &random)).map {
                        UInt8(truncatingIfNeeded: $0 &* 7 &+ step)
                    }
                    let isTaken = bytes.withUnsafeBytes { queue.append($0) }
                    // Room that is there may be used beyond the limit, which bounds growth.
                    if model.isEmpty || model.count + bytes.count <= limit { #expect(isTaken) }
                    if isTaken { model += bytes }
                } else {
                    var out = [UInt8](repeating: 0, count: Int.random(in: 0...80_000, using: &random))
                    let count = out.withUnsafeMutableBytes { queue.take(into: $0) }
                    #expect(count == min(out.count, model.count))
                    #expect(Array(out[..<count]) == Array(model[..<count]))
                    model.removeFirst(count)
                }
                #expect(queue.count == model.count)
            }
        }
    }

    @Test func whatDoesNotFitIsRefusedWhole() {
        var queue = ByteQueue(limit: 1 << 20)
        let bytes = [UInt8](repeating: 1, count: 700_000)
        #expect(bytes.withUnsafeBytes { queue.append($0) })
        #expect(!bytes.withUnsafeBytes { queue.append($0) })
        #expect(queue.count == bytes.count)
    }
}
