import TerminalScreen
import TextValues

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
    private let lines: [ScreenLine]
    private let question: String
    private var first = 0

    init(_ title: String, _ purpose: Purpose, _ lines: [ScreenLine], question: String) {
        self.title = title
        self.purpose = purpose
        self.lines = lines
        self.question = question
    }

    /// Scrolls; what is not a key for that is left alone.
    mutating func scroll(_ key: Key, _ rows: Int) {
        if let motion = ListMotion(key, page: rows - 2) { first = motion.place(from: first) }
    }

    /// What is shown of it; nothing is cut off: what is too wide goes on below.
    mutating func frame(_ size: ScreenSize) -> Frame {
        let wrapped = lines.flatMap { $0.wrapped(size.columns) }
        let rows = max(1, size.rows - 2)
        first = max(0, min(first, wrapped.count - rows))
        var shown = Array(wrapped[first...].prefix(rows))
        let more = wrapped.count - first - shown.count
        shown += Array(repeating: ScreenLine(), count: rows - shown.count)
        shown.append(ScreenLine(more > 0 ? "\(more) more lines below" : first > 0 ? "the end" : ""))
        shown.append(ScreenLine(question, .bold))
        return Frame(shown, cursor: (shown.count - 1, min(size.columns - 1, TextColumns.width(question))))
    }
}
