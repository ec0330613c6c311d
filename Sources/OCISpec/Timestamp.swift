// https://www.rfc-editor.org/rfc/rfc3339#section-5.6

/// A moment, as documents write it in RFC 3339.
package struct Timestamp: Hashable, Sendable {
    /// Whole seconds since 1970 began, UTC.
    package let seconds: Int64
    /// The rest, 0 to 999,999,999 nanoseconds.
    package let nanoseconds: Int

    /// A moment from its parts.
    package init(seconds: Int64, nanoseconds: Int = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// Parses `2024-05-06T07:08:09.123456789+02:00` or the same with `Z`; nil when the text is anything else.
    package init?(parsing text: String) {
        var reader = Reader(rest: text.utf8[...])
        guard let year = reader.number(4), reader.take("-"), let month = reader.number(2), reader.take("-"),
            let day = reader.number(2), reader.take("T") || reader.take("t"),
            let hour = reader.number(2), reader.take(":"), let minute = reader.number(2), reader.take(":"),
            let second = reader.number(2), let nanoseconds = reader.fraction(), let offset = reader.offset(), reader.rest.isEmpty
        else { return nil }
        guard (1...12).contains(month), day >= 1, day <= Calendar.days(inMonth: month, of: year), hour < 24, minute < 60,
            second <= 60
        else { return nil }
        let days = Calendar.daysSinceEpoch(year: year, month: month, day: day)
        self.seconds = Int64(days * 86_400 + hour * 3600 + minute * 60 + second - offset)
        self.nanoseconds = nanoseconds
    }

    /// The moment that an optional text names, or nil when it is absent, malformed or not known at `now` (see `isKnown`).
    package static func known(_ text: String?, now: Timestamp) -> Timestamp? {
        guard let text, let moment = Timestamp(parsing: text), moment.isKnown(now: now) else { return nil }
        return moment
    }

    /// Whether the moment, asked for at `now`, tells when something happened.
    ///
    /// Builders that want the same image from the same source invent a date: Go's zero time, the first day of 1970, or that of
    /// 1980, before which zip knows none. What has not happened yet is as wrong; another machine's clock may run ahead a little.
    package func isKnown(now: Timestamp) -> Bool {
        seconds >= Self.day && !Self.dosEpoch.contains(seconds) && seconds <= now.seconds.addingClamped(Self.clockSkew)
    }

    private static let day: Int64 = 86_400
    /// 1980-01-01, in whatever zone: zip's times are those of a clock on the wall.
    private static let dosEpoch = (315_532_800 - day)..<(315_532_800 + 2 * day)
    /// By which clocks of machines differ.
    private static let clockSkew: Int64 = 300
}

extension Int64 {
    fileprivate func addingClamped(_ other: Int64) -> Int64 {
        let (sum, isTooMuch) = addingReportingOverflow(other)
        return isTooMuch ? .max : sum
    }
}

extension Timestamp: Comparable {
    /// Earlier comes first.
    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }
}

extension Timestamp: CustomStringConvertible {
    /// RFC 3339 in UTC, with a fraction only where there is one.
    package var description: String {
        let (days, time) = seconds.floorDivided(by: 86_400)
        let (year, month, day) = Calendar.date(daysSinceEpoch: Int(days))
        let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
        let clock = "\(padded(Int(time / 3600), 2)):\(padded(Int(time / 60 % 60), 2)):\(padded(Int(time % 60), 2))"
        var fraction = ""
        if nanoseconds > 0 {
            fraction = ".\(padded(nanoseconds, 9))"
            while fraction.last == "0" { fraction.removeLast() }
        }
        return "\(date)T\(clock)\(fraction)Z"
    }

    private func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

extension Timestamp {
    private struct Reader {
        var rest: Substring.UTF8View

        mutating func take(_ mark: Unicode.Scalar) -> Bool {
            guard rest.first == UInt8(ascii: mark) else { return false }
            rest.removeFirst()
            return true
        }

        mutating func number(_ width: Int) -> Int? {
            let digits = rest.prefix(width)
            guard digits.count == width, digits.allSatisfy(\.isASCIIDigit) else { return nil }
            rest = rest.dropFirst(width)
            return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        }

        /// Nanoseconds: 0 when there is no fraction; digits after the ninth are dropped.
        mutating func fraction() -> Int? {
            guard take(".") else { return 0 }
            let digits = rest.prefix(while: \.isASCIIDigit)
            guard !digits.isEmpty else { return nil }
            rest = rest.dropFirst(digits.count)
            var value = 0
            for place in 0..<9 {
                let digit = digits.dropFirst(place).first.map { Int($0 - UInt8(ascii: "0")) } ?? 0
                value = value * 10 + digit
            }
            return value
        }

        /// Seconds east of Greenwich.
        mutating func offset() -> Int? {
            if take("Z") || take("z") { return 0 }
            let isEast = take("+")
            guard isEast || take("-"), let hours = number(2), take(":"), let minutes = number(2), hours < 24, minutes < 60
            else { return nil }
            return (hours * 3600 + minutes * 60) * (isEast ? 1 : -1)
        }
    }
}
