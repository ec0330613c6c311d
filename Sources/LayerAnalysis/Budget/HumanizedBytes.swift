// https://pkg.go.dev/github.com/dustin/go-humanize#ParseBytes

/// Numbers of bytes as dive reads them: `20Mb`, `1,000MB`, `1.5 GiB`, `2G`.
///
/// Our own files take fewer forms (`ByteCountText`): there a lone `M` is refused, since programs disagree on it.
enum HumanizedBytes {
    /// The bytes that `text` names; nil for what is no such number, or is 2^64 and more.
    ///
    /// Parts of a byte are dropped. What is more than 2^63 is as good as that.
    static func bytes(_ text: String) -> Int64? {
        let digits = text.unicodeScalars.prefix { ("0"..."9").contains($0) || $0 == "." || $0 == "," }
        let number = String(digits.filter { $0 != "," })
        let unit = trimmed(String(text.unicodeScalars.dropFirst(digits.count))).lowercased()
        guard let value = Double(number), let factor = units[unit] else { return nil }
        let product = value * factor
        guard product < 0x1p64 else { return nil }
        return Int64(clamping: UInt64(product))
    }

    /// `text` without the blanks around it.
    static func trimmed(_ text: String) -> String {
        var scalars = text.unicodeScalars[...]
        while scalars.first?.properties.isWhitespace == true { scalars.removeFirst() }
        while scalars.last?.properties.isWhitespace == true { scalars.removeLast() }
        return String(scalars)
    }

    /// Powers of 1000 by their letter, with or without `b`; of 1024 with an `i` behind it.
    private static let units: [String: Double] = {
        var units: [String: Double] = ["": 1, "b": 1]
        var (decimal, binary) = (1.0, 1.0)
        for letter in "kmgtpe" {
            decimal *= 1000
            binary *= 1024
            units["\(letter)"] = decimal
            units["\(letter)b"] = decimal
            units["\(letter)i"] = binary
            units["\(letter)ib"] = binary
        }
        return units
    }()
}
