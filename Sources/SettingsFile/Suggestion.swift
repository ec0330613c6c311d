/// What a misspelt word may have been meant to be.
package enum Suggestion {
    /// The nearest of `words`, when it is near enough: at most a third of its letters differ.
    package static func nearest(to text: String, among words: [String]) -> String? {
        let best = words.map { (word: $0, distance: distance(text, $0)) }.min { ($0.distance, $0.word) < ($1.distance, $1.word) }
        guard let best, best.distance * 3 <= max(best.word.count, text.count) else { return nil }
        return best.word
    }

    /// How many letters must be added, left out or changed (Levenshtein).
    private static func distance(_ left: String, _ right: String) -> Int {
        let right = Array(right.lowercased())
        var row = Array(0...right.count)
        for (line, letter) in left.lowercased().enumerated() {
            var diagonal = row[0]
            row[0] = line + 1
            for column in right.indices {
                let cost = letter == right[column] ? diagonal : diagonal + 1
                diagonal = row[column + 1]
                row[column + 1] = min(cost, diagonal + 1, row[column] + 1)
            }
        }
        return row[right.count]
    }
}
