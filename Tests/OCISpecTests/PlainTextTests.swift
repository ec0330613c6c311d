import OCISpec
import TestSupport
import Testing

struct PlainTextTests {
    private func isPlain(_ byte: UInt8) -> Bool { (0x20...0x7E).contains(byte) && !"\"#:<\\".utf8.contains(byte) }

    @Test func nothingThatIsSpecialIsPassedOver() {
        var random = SplitMix64(seed: 1)
        for _ in 0..<20_000 {
            var bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in UInt8.random(in: 0x61...0x7A, using: &random) }
            for _ in 0..<Int.random(in: 0...2, using: &random) where !bytes.isEmpty {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let start = bytes.isEmpty ? 0 : Int.random(in: bytes.indices, using: &random)
            let length = bytes.withUnsafeBufferPointer { PlainText.length($0, from: start) }
            let plain = bytes[start...].prefix(while: isPlain).count
            #expect(length == plain / 8 * 8, "\(bytes) from \(start)")
        }
    }

    @Test func everyByteIsToldFromEveryPlace() {
        for byte in UInt8.min...UInt8.max {
            for place in 0..<8 {
                var bytes = Array(repeating: UInt8(ascii: "a"), count: 8)
                bytes[place] = byte
                #expect(bytes.withUnsafeBufferPointer { PlainText.length($0, from: 0) } == (isPlain(byte) ? 8 : 0))
            }
        }
    }
}
