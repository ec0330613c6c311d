// https://www.rfc-editor.org/rfc/rfc3339#appendix-C (leap years)

/// Days of the Gregorian calendar, extended to all years.
enum Calendar {
    /// The number of days in a month, 1 to 12.
    static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days from 1970-01-01 to the date; negative before it.
    static func daysSinceEpoch(year: Int, month: Int, day: Int) -> Int {
        let monthDays = (1..<month).reduce(0) { $0 + days(inMonth: $1, of: year) }
        return daysBefore(year: year) - daysBefore(year: 1970) + monthDays + day - 1
    }

    /// The date of a day counted from 1970-01-01.
    static func date(daysSinceEpoch: Int) -> (year: Int, month: Int, day: Int) {
        let target = daysSinceEpoch + daysBefore(year: 1970)
        // 400 years have 146,097 days; the guess is at most one year off.
        var year = Int((Int64(target) * 400).floorDivided(by: 146_097).quotient) + 1
        while daysBefore(year: year) > target { year -= 1 }
        while daysBefore(year: year + 1) <= target { year += 1 }
        var day = target - daysBefore(year: year)
        var month = 1
        while day >= days(inMonth: month, of: year) {
            day -= days(inMonth: month, of: year)
            month += 1
        }
        return (year, month, day + 1)
    }

    private static func isLeap(_ year: Int) -> Bool {
        year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
    }

    /// Days from 0001-01-01 to the first day of the year.
    private static func daysBefore(year: Int) -> Int {
        let past = Int64(year - 1)
        return Int(
            past * 365 + past.floorDivided(by: 4).quotient - past.floorDivided(by: 100).quotient
                + past.floorDivided(by: 400).quotient)
    }
}

extension Int64 {
    /// Division that rounds down, so that the remainder is never negative; for a positive divisor.
    func floorDivided(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
