import TerminalScreen

/// Lines over a host's list that scroll, with a line below them that says what keys do.
struct HostPanel {
    /// What the panel is there for.
    enum Purpose {
        /// To be read.
        case reading
        /// A plan that waits for a yes.
        case plan(HostPlan)
        /// Something that is under way and cannot be left.
        case working
        /// What can be brought back, that waits for a yes; the plan's ID.
        case undo(plan: String)
    }

    let title: String
    let purpose: Purpose
    private var text: TextPane
    private let question: String

    init(_ title: String, _ purpose: Purpose, _ lines: [ScreenLine], question: String) {
        self.title = title
        self.purpose = purpose
        text = TextPane(lines)
        self.question = question
    }

    /// Scrolls; what is not a key for that is left alone.
    mutating func scroll(_ key: Key, _ rows: Int) {
        if let motion = ListMotion(key, page: rows - 2) { text.move(motion) }
    }

    /// What is shown of it; nothing is cut off: what is too wide goes on below.
    mutating func frame(_ size: ScreenSize, _ cells: ScreenCells) -> Frame {
        let rows = max(1, size.rows - 2)
        let window = text.window(ScreenSize(rows: rows, columns: size.columns), cells)
        var shown = window.lines
        shown += Array(repeating: ScreenLine(), count: rows - shown.count)
        shown.append(ScreenLine(window.below > 0 ? "\(window.below) more lines below" : window.above > 0 ? "the end" : ""))
        shown.append(ScreenLine(question, .bold))
        return Frame(shown, cursor: (shown.count - 1, min(size.columns - 1, cells.width(question))))
    }
}
