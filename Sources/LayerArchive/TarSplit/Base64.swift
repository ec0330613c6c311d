// https://www.rfc-editor.org/rfc/rfc4648#section-4

/// Base64 of the standard alphabet, with its padding.
enum Base64 {
    private static let invalid: UInt8 = 0xFF

    /// The value of each letter; `invalid` for what is none.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: invalid, count: 256)
        let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
        for (value, letter) in letters.enumerated() { values[Int(letter)] = UInt8(value) }
        return values
    }()

    /// The bytes that `text` stands for; nil where it is no base64.
    static func decode(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        guard text.count % 4 == 0 else { return nil }
        let padding = text.suffix(2).reversed().prefix { $0 == UInt8(ascii: "=") }.count
        let count = text.count / 4 * 3 - padding
        guard text.count > 0 else { return [] }
        var isValid = true
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { target, filled in
            values.withUnsafeBufferPointer { values in
                var word: UInt32 = 0
                for place in 0..<text.count - padding {
                    let value = values[Int(text[place])]
                    if value == invalid {
                        isValid = false
                        return
                    }
                    word = word << 6 | UInt32(value)
                    guard place % 4 > 0 else { continue }
                    // Each letter but the first of four completes a byte.
                    let left = UInt32(6 - 2 * (place % 4))
                    target[filled] = UInt8(truncatingIfNeeded: word >> left)
                    filled += 1
                }
            }
        }
        return isValid ? bytes : nil
    }
}
