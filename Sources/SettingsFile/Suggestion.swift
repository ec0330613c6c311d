/// What a misspelt word may have been meant to be.
package enum Suggestion {
    /// The nearest of `words`, when it is near enough: at most a third of its letters differ.
    package static func nearest(to text: String, among words: [String]) -> String? {
        let best = words.map { (word: $0, distance: distance(text, $0)) }.min { ($0.distance, $0.word) < ($1.distance, $1.word) }
        guard let best, best.distance * 3 <= max(best.word.count, text.count) else { return nil }
        return best.word
    }

    /// How many letters must be added, left out, changed, or exchanged with their neighbour (Damerau, Levenshtein).
    private static func distance(_ left: String, _ right: String) -> Int {
        let (left, right) = (Array(left.lowercased()), Array(right.lowercased()))
        var rows = [Array(0...right.count)]
        for (line, letter) in left.enumerated() {
            var row = [line + 1]
            for column in right.indices {
                let change = rows[line][column] + (letter == right[column] ? 0 : 1)
                var best = min(change, rows[line][column + 1] + 1, row[column] + 1)
                if line > 0, column > 0, letter == right[column - 1], left[line - 1] == right[column] {
                    best = min(best, rows[line - 1][column - 1] + 1)
                }
                row.append(best)
            }
            rows.append(row)
        }
        return rows[left.count][right.count]
    }
}
