// https://docs.docker.com/reference/cli/docker/system/prune/#filter

import TextValues

/// Dates as docker's filters take them: RFC 3339, the same cut off after the day, the hour or the minute, with a zone or
/// without, and seconds since 1970 with a fraction or without.
package enum DateText {
    /// The moment that `text` names; nil for what is no date.
    ///
    /// Without a zone the clock on the wall is meant: `offset` says how many seconds east of Greenwich it stands when it shows
    /// the given seconds.
    package static func moment(_ text: String, offset: (_ wallSeconds: Int64) -> Int64) -> Timestamp? {
        if let moment = unixTime(text) { return moment }
        let day = text.prefix(10)
        guard day.utf8.count == 10 else { return nil }
        var clock = text.dropFirst(10)
        let zone = clock.drop { !"Zz+-".contains($0) }
        clock = clock.prefix(upTo: zone.startIndex)
        guard let time = time(clock) else { return nil }
        guard zone.isEmpty else { return Timestamp(parsing: "\(day)T\(time)\(zone)") }
        return Timestamp(parsing: "\(day)T\(time)Z").map { wall in
            Timestamp(seconds: wall.seconds - offset(wall.seconds), nanoseconds: wall.nanoseconds)
        }
    }

    /// `T15:04` as `15:04:00`; malformed digits are left for the parser of the whole.
    private static func time(_ text: Substring) -> String? {
        guard let mark = text.first else { return "00:00:00" }
        guard mark == "T" || mark == "t" else { return nil }
        let clock = text.dropFirst()
        switch clock.utf8.count {
        case 2: return clock + ":00:00"
        case 5: return clock + ":00"
        default: return String(clock)
        }
    }

    private static func unixTime(_ text: String) -> Timestamp? {
        var rest = text.utf8[...]
        guard rest.first?.isASCIIDigit == true, let number = DecimalText(from: &rest), rest.isEmpty,
            let nanoseconds = number.times(1_000_000_000)
        else { return nil }
        let (seconds, fraction) = nanoseconds.floorDivided(by: 1_000_000_000)
        return Timestamp(seconds: seconds, nanoseconds: Int(fraction))
    }
}
