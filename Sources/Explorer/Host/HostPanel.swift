import Reports
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
        switch key {
        case .down, .character("j"): first += 1
        case .up, .character("k"): first -= 1
        case .pageDown, .control("d"): first += rows - 2
        case .pageUp, .control("u"): first -= rows - 2
        case .home, .character("g"): first = 0
        case .end, .character("G"): first = lines.count
        case .wheel(let count): first += count
        default: break
        }
    }

    /// What is shown of it.
    mutating func frame(_ size: ScreenSize) -> Frame {
        let wrapped = lines.flatMap { Self.wrap($0, size.columns) }
        let rows = max(1, size.rows - 2)
        first = max(0, min(first, wrapped.count - rows))
        var shown = Array(wrapped[first...].prefix(rows))
        let more = wrapped.count - first - shown.count
        shown += Array(repeating: ScreenLine(), count: rows - shown.count)
        shown.append(ScreenLine(more > 0 ? "\(more) more lines below" : first > 0 ? "the end" : ""))
        shown.append(ScreenLine(question, .bold))
        return Frame(shown, cursor: (shown.count - 1, min(size.columns - 1, TextColumns.width(question))))
    }

    /// Nothing is cut off: what is too wide goes on below.
    private static func wrap(_ line: ScreenLine, _ columns: Int) -> [ScreenLine] {
        var found: [ScreenLine] = []
        var spans: [Span] = []
        var used = 0
        for span in line.spans {
            var rest = PathText.printable(span.text)
            while used + TextColumns.width(rest) > columns {
                let part = TextColumns.prefix(rest, columns - used)
                if part.isEmpty, spans.isEmpty { break }
                spans.append(Span(part, span.style))
                rest.removeFirst(part.count)
                found.append(ScreenLine(spans))
                (spans, used) = ([], 0)
            }
            spans.append(Span(rest, span.style))
            used += TextColumns.width(rest)
        }
        return found + [ScreenLine(spans)]
    }
}
