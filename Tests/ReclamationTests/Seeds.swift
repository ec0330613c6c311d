import Foundation

/// How many random stores a test tries: a few with every run of the suite, and as many as `STRATA_SEEDS` in the environment says
/// for a long run.
enum Seeds {
    /// The seeds from 1 to `count`, or to what the environment asks for where that is more.
    static func first(_ count: Int) -> ClosedRange<Int> {
        1...max(count, ProcessInfo.processInfo.environment["STRATA_SEEDS"].flatMap(Int.init) ?? 0)
    }
}
