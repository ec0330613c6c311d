// https://graphics.stanford.edu/~seander/bithacks.html#HasLessInWord

/// A quick look at text, eight bytes at a time: listings go through gigabytes of paths of which hardly a byte needs any care.
package enum PlainText {
    /// How many bytes from `start` on are printable ASCII and none of `"#:<\`, which mean something to one of our formats.
    ///
    /// Whole words of eight bytes are counted, so what follows need not be special.
    package static func length(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        let raw = UnsafeRawBufferPointer(bytes)
        var end = start
        while end + 8 <= raw.count, isPlain(raw.loadUnaligned(fromByteOffset: end, as: UInt64.self)) { end += 8 }
        return end - start
    }

    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highBits: UInt64 = 0x8080_8080_8080_8080

    @inline(__always)
    private static func isPlain(_ word: UInt64) -> Bool {
        var special = (word &- ones &* 0x20) & ~word
        special |= word
        special |= zeros(word ^ (ones &* 0x7F))
        special |= zeros(word ^ (ones &* UInt64(UInt8(ascii: "\""))))
        special |= zeros(word ^ (ones &* UInt64(UInt8(ascii: "#"))))
        special |= zeros(word ^ (ones &* UInt64(UInt8(ascii: ":"))))
        special |= zeros(word ^ (ones &* UInt64(UInt8(ascii: "<"))))
        special |= zeros(word ^ (ones &* UInt64(UInt8(ascii: "\\"))))
        return special & highBits == 0
    }

    /// The high bit of each byte that is zero; of a byte above such a one it may be set too.
    @inline(__always)
    private static func zeros(_ word: UInt64) -> UInt64 { (word &- ones) & ~word }
}
