// https://pkg.go.dev/time#ParseDuration

/// Spans of time as people and Go write them: `24h`, `1h30m`, `90s`, `1.5h`, and also `7d` and `2w`.
package enum DurationText {
    /// The span that `text` names; nil for what is none, has a number without a unit (other than `0`), or is longer than 292 years.
    ///
    /// A day has 24 hours; with `hasDays` false there are hours and less, as in Go. Spans are not negative. What is below a nanosecond
    /// is dropped.
    package static func duration(_ text: String, hasDays: Bool = true) -> Duration? {
        nanoseconds(text, hasDays: hasDays).map { .nanoseconds($0) }
    }

    /// The same in nanoseconds.
    package static func nanoseconds(_ text: String, hasDays: Bool = true) -> Int64? {
        if text == "0" { return 0 }
        var rest = text.utf8[...]
        var sum: Int64 = 0
        repeat {
            guard let number = DecimalText(from: &rest), let unit = unit(from: &rest, hasDays: hasDays),
                let part = number.times(unit)
            else { return nil }
            let (total, isTooLong) = sum.addingReportingOverflow(part)
            guard !isTooLong else { return nil }
            sum = total
        } while !rest.isEmpty
        return sum
    }

    /// Nanoseconds of the unit at the beginning of `rest`.
    private static func unit(from rest: inout Substring.UTF8View, hasDays: Bool) -> Int64? {
        let name = rest.prefix { !DecimalText.isDigit($0) && $0 != UInt8(ascii: ".") }
        rest = rest.dropFirst(name.count)
        switch String(Substring(name)) {
        case "ns": return 1
        case "us", "µs", "μs": return 1_000
        case "ms": return 1_000_000
        case "s": return 1_000_000_000
        case "m": return 60_000_000_000
        case "h": return 3_600_000_000_000
        case "d" where hasDays: return 86_400_000_000_000
        case "w" where hasDays: return 604_800_000_000_000
        default: return nil
        }
    }
}
