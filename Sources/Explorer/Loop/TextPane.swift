import TerminalScreen

/// Lines that scroll; what is too wide goes on in the next line, so that nothing is cut off for good.
struct TextPane {
    private let lines: [ScreenLine]
    /// The place of the first line of the screen among those that fit.
    private var first = 0
    private var fitted: Fitted?

    /// The lines as a screen of some width has them.
    private struct Fitted {
        let columns: Int
        let isUTF8: Bool
        var lines: [ScreenLine] = []
        /// Where each line of the text begins.
        var starts: [Int] = []
    }

    init(_ lines: [ScreenLine]) { self.lines = lines }

    /// Scrolls; the next window keeps it between the ends.
    mutating func move(_ motion: ListMotion) { first = motion.place(from: first) }

    /// What a window of so many lines shows, and how many lines are below it.
    mutating func window(_ size: ScreenSize, _ cells: ScreenCells) -> (lines: [ScreenLine], above: Int, below: Int) {
        let all = fit(size.columns, cells)
        first = max(0, min(first, all.count - size.rows))
        let shown = Array(all[first...].prefix(size.rows))
        return (shown, first, all.count - first - shown.count)
    }

    private mutating func fit(_ columns: Int, _ cells: ScreenCells) -> [ScreenLine] {
        if let fitted, fitted.columns == columns, fitted.isUTF8 == cells.isUTF8 { return fitted.lines }
        var new = Fitted(columns: columns, isUTF8: cells.isUTF8)
        for line in lines {
            new.starts.append(new.lines.count)
            new.lines += cells.wrapped(line, columns)
        }
        // The line that stood first stays there.
        if let old = fitted, let line = old.starts.lastIndex(where: { $0 <= first }) { first = new.starts[line] }
        fitted = new
        return new.lines
    }
}
