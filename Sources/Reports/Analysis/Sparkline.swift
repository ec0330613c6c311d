/// A row of figures as a line of small bars.
enum Sparkline {
    /// How a bar is drawn.
    enum Marks: Sendable {
        /// Block elements, for terminals that show Unicode.
        case blocks
        /// Characters of ASCII.
        case ascii

        fileprivate var characters: [Character] {
            switch self {
            case .blocks: Array("▁▂▃▄▅▆▇█")
            case .ascii: Array("_.:-=+*#")
            }
        }
    }

    /// A character for each figure, from the least to the largest; a blank for what is not known.
    ///
    /// More than `width` figures are drawn as that many, each the largest of its share.
    static func text(_ values: [Int64?], _ marks: Marks, width: Int) -> String {
        let shares = shares(values, width)
        guard let least = shares.compactMap(\.self).min(), let most = shares.compactMap(\.self).max() else { return "" }
        let characters = marks.characters
        return String(
            shares.map { value -> Character in
                guard let value else { return " " }
                // Of figures that are all one, each is the largest.
                guard most > least else { return characters[characters.count - 1] }
                let part = Double(value - least) / Double(most - least)
                return characters[Int((part * Double(characters.count - 1)).rounded())]
            })
    }

    private static func shares(_ values: [Int64?], _ width: Int) -> [Int64?] {
        guard values.count > width, width > 0 else { return values }
        return (0..<width).map { share in
            values[share * values.count / width..<(share + 1) * values.count / width].compactMap(\.self).max()
        }
    }
}
