import Foundation

/// How often a test by chance is tried, and with which seeds.
///
/// `STRATA_HOSTS` says how many seeds, and `STRATA_SEED` the first of them; then each is told as it begins, so that a run that was ended has
/// a number.
package struct Chances: Sequence {
    private let seeds: Range<Int>
    private let name: String
    private let isTold: Bool

    /// The seeds of a test of this name, `usual` of them unless the environment says otherwise.
    package init(_ name: String, usual: Int) {
        let variables = ProcessInfo.processInfo.environment
        let first = variables["STRATA_SEED"].flatMap(Int.init) ?? 0
        let count = variables["STRATA_HOSTS"].flatMap(Int.init)
        seeds = first..<first + Swift.max(count ?? usual, 1)
        self.name = name
        isTold = count != nil
    }

    /// How many there are.
    package var count: Int { seeds.count }

    /// Says something about a seed, where each is told.
    package func tell(_ text: String) {
        if isTold { FileHandle.standardError.write(Data("\(name): \(text)\n".utf8)) }
    }

    package func makeIterator() -> AnyIterator<Int> {
        var left = seeds.makeIterator()
        return AnyIterator {
            let seed = left.next()
            if let seed { tell("seed \(seed), \(seed - seeds.lowerBound) of \(seeds.count) done") }
            return seed
        }
    }
}
