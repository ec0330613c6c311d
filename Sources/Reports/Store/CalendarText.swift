// https://www.freedesktop.org/software/systemd/man/latest/systemd.time.html#Calendar%20Events

/// Calendar expressions as systemd's timers have them: `daily`, `Mon..Fri 03:00`, `*-*-1 4:00:00 Europe/Berlin`.
///
/// The check for machines where systemd cannot be asked. It takes what the manual describes; what it takes, systemd takes.
package enum CalendarText {
    /// Whether the text is a calendar expression; `isZone` says whether a word is the name of a time zone.
    package static func isValid(_ text: String, isZone: (Substring) -> Bool) -> Bool {
        var words = text.split(separator: " ", omittingEmptySubsequences: true)[...]
        guard text.first != " ", text.last != " " else { return false }
        if words.count > 1, let last = words.last, isZone(last) { words = words.dropLast() }
        guard let first = words.first else { return false }
        if words.count == 1, shorthands.contains(first.lowercased()) { return true }
        let hasDays = areWeekdays(first)
        if hasDays { words = words.dropFirst() }
        var hasDate = false
        if let word = words.first, isDate(word) {
            hasDate = true
            words = words.dropFirst()
        }
        guard let time = words.first else { return hasDays || hasDate }
        return words.count == 1 && isTime(time)
    }

    private static let shorthands: Set = [
        "minutely", "hourly", "daily", "weekly", "monthly", "quarterly", "semiannually", "semi-annually", "biannually",
        "bi-annually", "annually", "yearly",
    ]
    private static let weekdays = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

    /// Days and ranges of days, with commas between.
    private static func areWeekdays(_ text: Substring) -> Bool {
        text.split(separator: ",", omittingEmptySubsequences: false).allSatisfy { part in
            let ends = part.contains("..") ? part.split(separator: "..", omittingEmptySubsequences: false) : [part]
            let days = ends.compactMap { end in
                weekdays.firstIndex { $0 == end.lowercased() || $0.prefix(3) == end.lowercased() }
            }
            return days.count == ends.count && days.count <= 2 && days == days.sorted()
        }
    }

    /// Year, month and day, or the last two; `~` before the day counts from the month's end.
    private static func isDate(_ text: Substring) -> Bool {
        var parts = text.split(separator: "-", omittingEmptySubsequences: false)
        var lastDay = 31
        if let last = parts.last, last.contains("~") {
            let ends = last.split(separator: "~", omittingEmptySubsequences: false)
            guard ends.count == 2 else { return false }
            parts = parts.dropLast() + ends
            lastDay = 28
        }
        guard parts.count == 2 || parts.count == 3 else { return false }
        if parts.count == 3, !isList(parts.removeFirst(), in: 1970...2199) { return false }
        return isList(parts[0], in: 1...12) && isList(parts[1], in: 1...lastDay)
    }

    /// Hours, minutes and perhaps seconds.
    private static func isTime(_ text: Substring) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2 || parts.count == 3 else { return false }
        return zip(parts, [0...23, 0...59, 0...59]).allSatisfy { isList($0, in: $1) }
    }

    /// `*`, or numbers, ranges `1..5` and steps `0/15` with commas between.
    private static func isList(_ text: Substring, in range: ClosedRange<Int>) -> Bool {
        text == "*" || text.split(separator: ",", omittingEmptySubsequences: false).allSatisfy { isElement($0, in: range) }
    }

    private static func isElement(_ text: Substring, in range: ClosedRange<Int>) -> Bool {
        let halves = text.split(separator: "/", omittingEmptySubsequences: false)
        let ends = halves[0].contains("..") ? halves[0].split(separator: "..", omittingEmptySubsequences: false) : [halves[0]]
        let numbers = ends.compactMap(number)
        guard halves.count <= 2, numbers.count == ends.count, numbers.count <= 2, numbers.allSatisfy(range.contains),
            numbers == numbers.sorted()
        else { return false }
        guard halves.count == 2 else { return true }
        guard let step = number(halves[1]), step > 0 else { return false }
        return numbers[0] + step <= (numbers.count == 2 ? numbers[1] : range.upperBound)
    }

    private static func number(_ text: Substring) -> Int? {
        text.utf8.count <= 4 && text.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 } ? Int(text) : nil
    }
}
