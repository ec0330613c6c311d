// https://pkg.go.dev/github.com/docker/go-units#RAMInBytes
// https://pkg.go.dev/github.com/dustin/go-humanize#ParseBytes

/// Numbers of bytes as people write them: `500MB`, `1.5GiB`, `4096`.
package enum ByteCountText {
    /// Whose rules a number is read by.
    package enum Rules: Sendable {
        /// Our own: `kB`, `MB`, `GB`, `TB`, `PB` are powers of 1000, `KiB` to `PiB` of 1024.
        ///
        /// A lone `k`, `M` or `G` is refused, because programs disagree on what it means.
        case own
        /// Docker's, for its options and the Dockerfile's: `k`, `kb` and `kib` up to `p` are all powers of 1024.
        case docker
        /// Dive's, for its files: `k` and `kb` are powers of 1000, `ki` and `kib` of 1024, up to `e`; commas do not count.
        case dive
    }

    /// The bytes that `text` names; nil for what is no such number, or does not fit.
    ///
    /// A decimal number, one blank where there is one, and a unit in letters of either case; without a unit, or with `B`, bytes. What is
    /// below a byte is dropped.
    package static func bytes(_ text: String, _ rules: Rules = .own) -> Int64? {
        guard rules != .dive else { return diveBytes(text) }
        var rest = text.utf8[...]
        guard let number = DecimalText(from: &rest) else { return nil }
        if rest.first == UInt8(ascii: " ") { rest.removeFirst() }
        return (rules == .own ? ownUnits : dockerUnits)[Substring(rest).lowercased()].flatMap(number.times)
    }

    /// The least whole number of MiB that is `bytes` or more, as our own rules read it: `9MiB`.
    package static func roundedUp(_ bytes: Int64) -> String {
        let (mebibytes, rest) = max(0, bytes).quotientAndRemainder(dividingBy: 1 << 20)
        return "\(rest == 0 ? mebibytes : mebibytes + 1)MiB"
    }

    /// By dive's rules: what is more than 2^63, and less than 2^64, is as good as that.
    private static func diveBytes(_ text: String) -> Int64? {
        let digits = text.unicodeScalars.prefix { ("0"..."9").contains($0) || $0 == "." || $0 == "," }
        let unit = String(text.unicodeScalars.dropFirst(digits.count)).withoutBlanks.lowercased()
        guard let value = Double(String(digits.filter { $0 != "," })), let factor = diveUnits[unit] else { return nil }
        let product = value * factor
        return product < 0x1p64 ? Int64(clamping: UInt64(product)) : nil
    }

    private static let ownUnits: [String: Int64] = [
        "": 1, "b": 1,
        "kb": 1_000, "mb": 1_000_000, "gb": 1_000_000_000, "tb": 1_000_000_000_000, "pb": 1_000_000_000_000_000,
        "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40, "pib": 1 << 50,
    ]

    private static let dockerUnits: [String: Int64] = {
        var units: [String: Int64] = ["": 1, "b": 1]
        for (power, letter) in "kmgtp".enumerated() {
            for end in ["", "b", "ib"] { units["\(letter)\(end)"] = 1 << (10 * Int64(power + 1)) }
        }
        return units
    }()

    private static let diveUnits: [String: Double] = {
        var units: [String: Double] = ["": 1, "b": 1]
        var (decimal, binary) = (1.0, 1.0)
        for letter in "kmgtpe" {
            decimal *= 1000
            binary *= 1024
            for end in ["", "b"] {
                units["\(letter)\(end)"] = decimal
                units["\(letter)i\(end)"] = binary
            }
        }
        return units
    }()
}
