/// Numbers of bytes as people write them: `500MB`, `1.5GiB`, `4096`.
package enum ByteCountText {
    /// The bytes that `text` names; nil for what is no such number, or does not fit.
    ///
    /// `kB`, `MB`, `GB`, `TB` are powers of 1000, `KiB`, `MiB`, `GiB`, `TiB` of 1024, in letters of either case; without a unit, or
    /// with `B`, bytes. A lone `k`, `M` or `G` is refused, because programs disagree on what it means.
    package static func bytes(_ text: String) -> Int64? {
        var rest = text.utf8[...]
        guard let number = DecimalText(from: &rest) else { return nil }
        if rest.first == UInt8(ascii: " ") { rest.removeFirst() }
        guard let unit = units[Substring(rest).lowercased()] else { return nil }
        return number.times(unit)
    }

    private static let units: [String: Int64] = [
        "": 1, "b": 1,
        "kb": 1_000, "mb": 1_000_000, "gb": 1_000_000_000, "tb": 1_000_000_000_000, "pb": 1_000_000_000_000_000,
        "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40, "pib": 1 << 50,
    ]
}
