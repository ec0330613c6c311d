import TextValues

/// How lines become cells: what acts is written out, what is too wide is cut, and each character stands where it is measured to.
package struct ScreenCells: Sendable {
    /// Whether the terminal writes UTF-8; else all that is not ASCII is written out.
    package let isUTF8: Bool
    /// Whether the system has a width for a character; one that is newer than it has none.
    let isMeasured: @Sendable (Unicode.Scalar) -> Bool

    /// Cells of a terminal.
    package init(isUTF8: Bool = true, isMeasured: @escaping @Sendable (Unicode.Scalar) -> Bool = { _ in true }) {
        self.isUTF8 = isUTF8
        self.isMeasured = isMeasured
    }

    /// Characters in one style, from a column on.
    struct Run {
        var column: Int
        var scalars: [Unicode.Scalar]
        var style: Style
    }

    /// A line in so many columns.
    func runs(of line: ScreenLine, columns: Int) -> [Run] {
        var runs: [Run] = []
        var column = 0
        for span in line.spans where column < columns {
            let room = min(span.width ?? columns, columns - column)
            var (scalars, width) = fitted(span, room)
            if let wanted = span.width, width < min(wanted, room) {
                scalars += Array(repeating: " ", count: min(wanted, room) - width)
                width = min(wanted, room)
            }
            if !scalars.isEmpty { runs.append(Run(column: column, scalars: scalars, style: span.style)) }
            column += width
        }
        return runs
    }

    /// The columns that a text takes.
    package func width(_ text: String) -> Int {
        if Self.isPlain(text) { return text.utf8.count }
        var (width, isFirst) = (0, true)
        for scalar in text.unicodeScalars {
            width += shown(scalar, isFirst: isFirst, []).1
            isFirst = false
        }
        return width
    }

    /// Whether each byte is a character of one column.
    private static func isPlain(_ text: String) -> Bool { text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } }

    /// What a screen of that size shows, line by line, for who cannot see it.
    package func text(of frame: Frame, _ size: ScreenSize) -> [String] {
        (0..<size.rows).map { row in
            guard frame.lines.indices.contains(row) else { return "" }
            var text = String.UnicodeScalarView()
            for run in runs(of: frame.lines[row], columns: size.columns) { text.append(contentsOf: run.scalars) }
            while text.last == " " { text.removeLast() }
            return String(text)
        }
    }

    /// The beginning of a text that fits, with a sign for what is missing.
    private func fitted(_ span: Span, _ room: Int) -> ([Unicode.Scalar], Int) {
        var scalars: [Unicode.Scalar] = []
        // What stood before the last column was used, should the text go on.
        var (kept, keptWidth) = (0, 0)
        var width = 0
        for scalar in span.text.unicodeScalars {
            let (piece, columns) = shown(scalar, isFirst: scalars.isEmpty, span.style)
            guard width + columns <= room else {
                guard room > 0 else { return ([], 0) }
                scalars.removeSubrange(kept...)
                return (scalars + [isUTF8 ? "…" : "~"], keptWidth + 1)
            }
            scalars += piece
            width += columns
            if width < room { (kept, keptWidth) = (scalars.count, width) }
        }
        return (scalars, width)
    }

    /// A scalar as it is seen, and its columns.
    func shown(_ scalar: Unicode.Scalar, isFirst: Bool, _ style: Style) -> ([Unicode.Scalar], Int) {
        if scalar.value >= 0x20, scalar.value < 0x7F { return ([scalar], 1) }
        if !isUTF8, style.contains(.sign), let twin = Self.twins[scalar] { return ([twin], 1) }
        let columns = TextColumns.width(String(Character(scalar)))
        let isSeen = ActingText.written(scalar) == nil && !Self.looksLikeNothing(scalar) && isMeasured(scalar)
        guard !isSeen || !isUTF8 || (isFirst && columns == 0) else { return ([scalar], columns) }
        let text = ActingText.written(scalar) ?? ActingText.code(scalar)
        return (Array(text.unicodeScalars), text.unicodeScalars.count)
    }

    /// Whether a screen that writes UTF-8 shows something else in the scalar's place.
    package static func isWrittenOut(_ scalar: Unicode.Scalar) -> Bool {
        ActingText.written(scalar) != nil || looksLikeNothing(scalar)
    }

    /// Whether a name with the scalar looks like the name without it, or with a blank in its place.
    static func looksLikeNothing(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B...0x180F, 0x2800, 0x3164, 0xFE00...0xFE0F, 0xFFA0, 0xE0000...0xE0FFF:
            return true
        default: break
        }
        switch scalar.properties.generalCategory {
        case .format, .unassigned: return true
        case .spaceSeparator: return scalar != " "
        default: return false
        }
    }

    /// Signs of the program's own, in ASCII.
    private static let twins: [Unicode.Scalar: Unicode.Scalar] = [
        "│": "|", "─": "-", "┬": "+", "┴": "+", "┼": "+", "├": "+", "└": "+", "▸": ">", "▾": "v", "…": "~", "→": ">", "█": "#",
        "·": ".",
    ]
}
