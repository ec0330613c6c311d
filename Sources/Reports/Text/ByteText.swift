/// How numbers of bytes read to people: powers of 1000, three digits, as docker writes them.
package enum ByteText {
    private static let units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"]

    /// `4.26MB`, `100kB`, `0B`.
    package static func text(_ bytes: Int64) -> String {
        var value = Double(bytes)
        var unit = 0
        while abs(value) >= 1000, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        // 999.6 kB has three digits only as 1 MB.
        if threeDigits(value) == "1000", unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        return threeDigits(value) + units[unit]
    }

    /// What stands for a figure that is not known.
    static let unknown = "-"

    /// The same; `-` for what is not known.
    static func known(_ bytes: Int64?) -> String { bytes.map { text($0) } ?? unknown }

    /// `2MB (6%)`, as docker has it: the share is rounded down, and 0 of nothing.
    static func part(_ bytes: Int64, of whole: Int64) -> String {
        let share = whole > 0 ? Int((Double(bytes) * 100 / Double(whole)).rounded(.down)) : 0
        return "\(text(bytes)) (\(share)%)"
    }

    /// `+4.26MB`, `-100kB`, `0B`.
    package static func signed(_ bytes: Int64) -> String { (bytes > 0 ? "+" : "") + text(bytes) }

    /// `50.0%`; `n/a` where there is nothing to divide by.
    package static func percent(_ ratio: Double?) -> String {
        guard let ratio else { return "n/a" }
        return fixed(ratio * 100, digits: 1) + "%"
    }

    private static func threeDigits(_ value: Double) -> String {
        let size = abs(value)
        let digits = size < 9.995 ? 2 : size < 99.95 ? 1 : 0
        var text = fixed(value, digits: digits)
        if text.contains(".") {
            while text.hasSuffix("0") { text.removeLast() }
            if text.hasSuffix(".") { text.removeLast() }
        }
        return text
    }

    private static func fixed(_ value: Double, digits: Int) -> String {
        var scale = 1
        for _ in 0..<digits { scale *= 10 }
        // What is too large for a number of that many digits shows as the largest.
        let scaled = Int64(min(abs(value) * Double(scale), 9e18).rounded())
        let whole = "\(value < 0 && scaled > 0 ? "-" : "")\(scaled / Int64(scale))"
        guard digits > 0 else { return whole }
        let fraction = String(scaled % Int64(scale))
        return whole + "." + String(repeating: "0", count: digits - fraction.count) + fraction
    }
}
