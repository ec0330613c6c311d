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
        var text = text
        guard let moment = text.withUTF8({ Self.parse(Reader(bytes: $0)) }) else { return nil }
        self = moment
    }

    private static func parse(_ reader: consuming Reader) -> Timestamp? {
        var reader = reader
        guard let year = reader.number(4), reader.take("-"), let month = reader.number(2), reader.take("-"),
            let day = reader.number(2), reader.take("T") || reader.take("t"),
            let hour = reader.number(2), reader.take(":"), let minute = reader.number(2), reader.take(":"),
            let second = reader.number(2), let nanoseconds = reader.fraction(), let offset = reader.offset(), reader.isAtEnd
        else { return nil }
        guard (1...12).contains(month), day >= 1, day <= Calendar.days(inMonth: month, of: year), hour < 24, minute < 60,
            second <= 60
        else { return nil }
        let days = Calendar.daysSinceEpoch(year: year, month: month, day: day)
        return Timestamp(
            seconds: Int64(days * 86_400 + hour * 3600 + minute * 60 + second - offset), nanoseconds: nanoseconds)
    }

    /// The moment that an optional text names, or nil when it is absent, malformed or not known at `now` (see `isKnown`).
    package static func known(_ text: String?, now: Timestamp) -> Timestamp? {
        text.flatMap { Timestamp(parsing: $0) }?.known(now: now)
    }

    /// The moment, or nil where it tells nothing at `now`.
    package func known(now: Timestamp) -> Timestamp? { isKnown(now: now) ? self : nil }

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
        var text: [UInt8] = []
        func append(_ number: Int, _ width: Int, _ mark: Unicode.Scalar) {
            let digits = Array(String(number).utf8)
            text.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: max(0, width - digits.count)))
            text.append(contentsOf: digits)
            text.append(UInt8(ascii: mark))
        }
        append(year, 4, "-")
        append(month, 2, "-")
        append(day, 2, "T")
        append(Int(time / 3600), 2, ":")
        append(Int(time / 60 % 60), 2, ":")
        append(Int(time % 60), 2, nanoseconds > 0 ? "." : "Z")
        if nanoseconds > 0 {
            append(nanoseconds, 9, "Z")
            text.removeLast()
            while text.last == UInt8(ascii: "0") { text.removeLast() }
            text.append(UInt8(ascii: "Z"))
        }
        return String(decoding: text, as: UTF8.self)
    }
}

extension Timestamp {
    private struct Reader {
        private let bytes: UnsafeBufferPointer<UInt8>
        private var at = 0

        init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

        var isAtEnd: Bool { at == bytes.count }

        mutating func take(_ mark: Unicode.Scalar) -> Bool {
            guard at < bytes.count, bytes[at] == UInt8(ascii: mark) else { return false }
            at += 1
            return true
        }

        private mutating func digit() -> Int? {
            guard at < bytes.count, bytes[at].isASCIIDigit else { return nil }
            defer { at += 1 }
            return Int(bytes[at] - UInt8(ascii: "0"))
        }

        mutating func number(_ width: Int) -> Int? {
            var value = 0
            for _ in 0..<width {
                guard let digit = digit() else { return nil }
                value = value * 10 + digit
            }
            return value
        }

        /// Nanoseconds: 0 when there is no fraction; digits after the ninth are dropped.
        mutating func fraction() -> Int? {
            guard take(".") else { return 0 }
            guard var value = digit() else { return nil }
            var width = 1
            while let digit = digit() {
                if width < 9 { value = value * 10 + digit }
                width += 1
            }
            for _ in min(width, 9)..<9 { value *= 10 }
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
