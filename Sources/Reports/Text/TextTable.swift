import TextValues

/// A table of a listing: columns as wide as their widest cell, the last one cut to the line's width where it must be.
package struct TextTable: Sendable {
    /// One column.
    package struct Column: Sendable {
        /// Where the text stands in a column that is wider than it; numbers stand right.
        package enum Alignment: Sendable { case left, right }
        /// The heading, with nothing in it that acts on a terminal.
        package var title: String
        /// For the heading and the cells alike.
        package var alignment: Alignment
        /// The fewest columns the text may be cut to; `nil` for text that is never cut.
        package var shrinksTo: Int?
        /// Whether the end of a text that is cut stays, and not its beginning.
        package var keepsEnd: Bool

        /// A column from its parts.
        package init(_ title: String, _ alignment: Alignment = .left, shrinksTo: Int? = nil, keepsEnd: Bool = false) {
            self.keepsEnd = keepsEnd
            self.title = PathText.printable(title)
            self.alignment = alignment
            self.shrinksTo = shrinksTo
        }
    }

    /// One cell: text in which nothing acts on a terminal, nor breaks the line.
    package struct Cell: Sendable, ExpressibleByStringLiteral {
        /// What is shown, with nothing in it that acts on a terminal.
        package private(set) var text: String
        /// What the text means, for its colour; nil for plain text.
        package var role: TextStyle.Role?

        /// A cell of a text, whatever is in it, and what it means.
        package init(_ text: String, _ role: TextStyle.Role? = nil) {
            self.text = PathText.printable(text)
            self.role = role
        }

        /// A plain cell.
        package init(stringLiteral value: String) { self.init(value) }
    }

    private let columns: [Column]
    private var rows: [[Cell]] = []
    private let gap: Int

    /// A table without rows; `gap` blanks stand between columns.
    package init(_ columns: [Column], gap: Int = 2) {
        self.columns = columns
        self.gap = gap
    }

    /// Adds a row; cells it lacks are empty.
    package mutating func add(_ row: [Cell]) {
        rows.append(row + Array(repeating: "", count: max(0, columns.count - row.count)))
    }

    /// The lines, a heading first, each ended by a newline.
    package func text(_ style: TextStyle, indent: Int = 0) -> String {
        let widths = widths(within: style.width - indent)
        let heading = columns.map { Cell($0.title, .heading) }
        return ([heading] + rows).map { String(repeating: " ", count: indent) + line($0, widths, style) + "\n" }.joined()
    }

    private func widths(within limit: Int) -> [Int] {
        var widths = columns.indices.map { column in
            rows.reduce(TextColumns.width(columns[column].title)) { max($0, TextColumns.width($1[column].text)) }
        }
        var excess = widths.reduce(0, +) + gap * (columns.count - 1) - limit
        for column in columns.indices.reversed() where excess > 0 {
            guard let least = columns[column].shrinksTo else { continue }
            let cut = min(excess, max(0, widths[column] - least))
            widths[column] -= cut
            excess -= cut
        }
        return widths
    }

    /// One line, without a newline, its cells cut to the widths.
    func line(_ row: [Cell], _ widths: [Int], _ style: TextStyle) -> String {
        var line = ""
        var pending = 0
        for (column, cell) in row.enumerated() {
            let text = columns[column].cut(cell.text, to: widths[column])
            let blanks = max(0, widths[column] - TextColumns.width(text))
            let isLeft = columns[column].alignment == .left
            line += String(repeating: " ", count: pending + (isLeft ? 0 : blanks)) + style.paint(text, cell.role)
            pending = gap + (isLeft ? blanks : 0)
        }
        // Empty cells at the end leave blanks behind.
        while line.utf8.last == UInt8(ascii: " ") { line.unicodeScalars.removeLast() }
        return line
    }
}

extension TextTable.Column {
    /// `text` in at most `limit` columns, with an ellipsis where some of it is missing.
    fileprivate func cut(_ text: String, to limit: Int) -> String {
        guard keepsEnd, limit > 0, TextColumns.width(text) > limit else { return TextColumns.cut(text, to: limit) }
        var used = 1
        var start = text.endIndex
        for (place, letter) in zip(text.indices, text).reversed() {
            used += TextColumns.width(String(letter))
            if used > limit { break }
            start = place
        }
        return "…" + text[start...]
    }
}
