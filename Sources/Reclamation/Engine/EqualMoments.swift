package import OCISpec

/// Moments of which many are one: those of files that were copied, or of a database that was made anew, say when that was done.
package enum EqualMoments {
    /// So many in one second are no coincidence, where they are more than half of all.
    private static let fewest = 5

    /// The moments that tell something of what they are the moments of.
    package static func removed(from moments: [Digest: Timestamp]) -> [Digest: Timestamp] {
        let counts = Dictionary(moments.values.map { ($0.seconds, 1) }, uniquingKeysWith: +)
        return moments.filter { moment in
            let count = counts[moment.value.seconds] ?? 0
            return count < fewest || count * 2 <= moments.count
        }
    }
}
