/// How a piece of a line looks; without anything it has the terminal's own colours.
package struct Style: OptionSet, Hashable, Sendable {
    /// One bit for each.
    package let rawValue: UInt8
    /// A style from its bits.
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Background and foreground exchanged: what is selected.
    package static let reverse = Style(rawValue: 1)
    /// Bold.
    package static let bold = Style(rawValue: 2)
    /// Underlined.
    package static let underline = Style(rawValue: 4)
    /// What was added; green where there are colours.
    package static let added = Style(rawValue: 8)
    /// What was changed; yellow where there are colours.
    package static let changed = Style(rawValue: 16)
    /// What was removed or is wasted; red where there are colours.
    package static let removed = Style(rawValue: 32)
    /// A sign of the program's own, such as a border: a screen without UTF-8 shows its twin in ASCII.
    package static let sign = Style(rawValue: 64)
}

/// A piece of a line in one style.
package struct Span: Hashable, Sendable {
    /// Any text: the screen shows what would act on a terminal as something that does not.
    package var text: String
    /// How it looks.
    package var style: Style
    /// The cells that it takes, cut or filled with blanks; nil for as many as the text has.
    package var width: Int?

    /// A piece of text.
    package init(_ text: String, _ style: Style = [], width: Int? = nil) {
        (self.text, self.style, self.width) = (text, style, width)
    }
}

/// A line of the screen, from the left; the screen cuts what is too wide.
package struct ScreenLine: Hashable, Sendable {
    /// From the left to the right.
    package var spans: [Span]

    /// A line of pieces.
    package init(_ spans: [Span] = []) { self.spans = spans }
    /// A line in one style.
    package init(_ text: String, _ style: Style = []) { spans = [Span(text, style)] }
}

/// How many cells a screen has.
package struct ScreenSize: Hashable, Sendable {
    /// From the top to the bottom.
    package var rows: Int
    /// From the left to the right.
    package var columns: Int

    /// That many.
    package init(rows: Int, columns: Int) { (self.rows, self.columns) = (rows, columns) }
}

/// All that a screen shows at one moment; written at once.
package struct Frame: Hashable, Sendable {
    /// From the top; what is missing is blank.
    package var lines: [ScreenLine]
    /// Where the cursor stands, which screen readers follow: the selected line.
    package var cursor: (row: Int, column: Int)? {
        get { place.map { ($0.rows, $0.columns) } }
        set { place = newValue.map { ScreenSize(rows: $0.row, columns: $0.column) } }
    }
    private var place: ScreenSize?

    /// Lines, and where the cursor stands among them.
    package init(_ lines: [ScreenLine], cursor: (row: Int, column: Int)? = nil) {
        self.lines = lines
        self.cursor = cursor
    }
}
