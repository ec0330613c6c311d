import TextValues

/// Sizes and percentages of budgets, read so that a slip never empties a store: `20` for 20 GB, `0.85` for 85 %.
package enum BudgetValues {
    /// The bytes that a text names with their unit; nil for anything else.
    package static func bytes(_ text: String) -> Int64? {
        guard let last = text.utf8.last, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(last), last != UInt8(ascii: ".")
        else { return nil }
        return ByteCountText.bytes(text)
    }

    /// The same for an argument, where scripts also compute a number of bytes; a small one without a unit is a slip.
    package static func argumentBytes(_ text: String) -> Int64? {
        if let bytes = bytes(text) { return bytes }
        guard let bytes = ByteCountText.bytes(text), bytes >= leastPlainBytes else { return nil }
        return bytes
    }

    private static let leastPlainBytes: Int64 = 1_000_000

    /// The percentage that a text names, from 1 to 100; nil for anything else, and for what may be a share.
    package static func percentage(_ text: String) -> Double? {
        guard let value = number(text), (1...100).contains(value), value > 1 || text.hasSuffix("%") else { return nil }
        return value
    }

    /// What a percentage looks like, for somebody who wrote `text`.
    package static func percentageExpected(insteadOf text: String) -> String {
        guard !text.hasSuffix("%"), let value = number(text), value > 0, value <= 1 else {
            return "a percentage from 1% to 100%, such as 85%"
        }
        let percent = (value * 100_000).rounded() / 1000
        let digits = percent == percent.rounded() ? "\(Int64(percent))" : "\(percent)"
        return "a percentage from 1% to 100%: write \(digits)% for \(text)"
    }

    private static func number(_ text: String) -> Double? {
        let digits = text.hasSuffix("%") ? text.dropLast() : text[...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ $0 == UInt8(ascii: ".") || (48...57).contains($0) }) else { return nil }
        return Double(digits)
    }
}
