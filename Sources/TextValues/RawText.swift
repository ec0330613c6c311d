/// How raw bytes of a name become text: what is not UTF-8 is written `\xNN`, so that it can be read back.
///
/// The one rule for reports and listings; `docs/semantics.md` tells it.
package enum RawText {
    /// The text, and whether every byte was UTF-8.
    package static func text(_ bytes: [UInt8]) -> (text: String, isExact: Bool) {
        if let exact = String(validating: bytes, as: UTF8.self) { return (exact, true) }
        var text = ""
        var rest = bytes[...]
        while !rest.isEmpty {
            let length = validLength(of: rest)
            if length > 0 {
                text += String(decoding: rest.prefix(length), as: UTF8.self)
            } else {
                text += ActingText.escaped(rest[rest.startIndex])
            }
            rest = rest.dropFirst(max(length, 1))
        }
        return (text, false)
    }

    /// How many bytes at the start are one valid UTF-8 scalar; 0 when they are not.
    private static func validLength(of bytes: ArraySlice<UInt8>) -> Int {
        for length in 1...4 where length <= bytes.count {
            if String(validating: bytes.prefix(length), as: UTF8.self) != nil { return length }
        }
        return 0
    }
}
