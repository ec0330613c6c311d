import Foundation

/// Which random stores a test tries: a few with every run of the suite.
///
/// For a long run it tries as many as `STRATA_SEEDS` in the environment says; `STRATA_SEED` asks for one alone.
enum Seeds {
    /// The seeds from 1 to `count`, or to what the environment asks for where that is more, and `others` that failed once.
    static func first(_ count: Int, and others: [Int] = []) -> [Int] {
        if let one = number("STRATA_SEED") { return [one] }
        let last = max(count, number("STRATA_SEEDS") ?? 0)
        return Array(1...last) + others.filter { $0 > last }
    }

    private static func number(_ name: String) -> Int? { ProcessInfo.processInfo.environment[name].flatMap(Int.init) }
}
