package import OCISpec

/// How long ago something was, in docker's words.
package enum AgeText {
    /// `3 weeks ago`; `N/A` when the time is not known.
    package static func text(_ moment: Timestamp?, now: Timestamp) -> String {
        guard let moment else { return "N/A" }
        return duration(now.seconds - moment.seconds) + " ago"
    }

    /// `5 minutes`.
    package static func duration(_ seconds: Int64) -> String {
        let minutes = seconds / 60
        let hours = (seconds + 1800) / 3600
        switch seconds {
        case ..<1: return "Less than a second"
        case 1: return "1 second"
        case ..<60: return "\(seconds) seconds"
        default: break
        }
        if minutes == 1 { return "About a minute" }
        if minutes < 60 { return "\(minutes) minutes" }
        if hours == 1 { return "About an hour" }
        if hours < 48 { return "\(hours) hours" }
        if hours < 24 * 7 * 2 { return "\(hours / 24) days" }
        if hours < 24 * 30 * 2 { return "\(hours / 24 / 7) weeks" }
        if hours < 24 * 365 * 2 { return "\(hours / 24 / 30) months" }
        return "\(hours / 24 / 365) years"
    }
}
