import Glibc
package import OCISpec
import TextValues

/// The moment at which an age filter draws its line.
package enum TimeBound: Hashable, Sendable {
    /// So long before the moment of asking.
    case ago(Duration)
    /// That very moment.
    case at(Timestamp)

    /// Parses a span such as `24h` or `7d`, or a date in one of docker's forms; nil for anything else.
    ///
    /// A date without a zone is meant in this process's.
    package init?(parsing text: String) {
        if let span = DurationText.duration(text) {
            self = .ago(span)
        } else if let moment = DateText.moment(text, offset: Self.localOffset) {
            self = .at(moment)
        } else {
            return nil
        }
    }

    /// The line itself.
    package func moment(now: Timestamp) -> Timestamp {
        switch self {
        case .ago(let span): now.earlier(by: span)
        case .at(let moment): moment
        }
    }

    /// Seconds east of Greenwich where the clock on the wall shows `wallSeconds`.
    private static func localOffset(_ wallSeconds: Int64) -> Int64 {
        var wall = time_t(wallSeconds)
        var parts = tm()
        gmtime_r(&wall, &parts)
        parts.tm_isdst = -1
        return wallSeconds - Int64(mktime(&parts))
    }
}
