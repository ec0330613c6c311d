import TerminalScreen
import TextValues

/// Text that is read and closed: what is known of a line, why a path is there.
///
/// Long lines go on in the next one.
final class PagerView: ExplorerView {
    let title: String
    let status: String
    let keys = [
        KeyHelp("Up Down j k", "scroll"), KeyHelp("PgUp PgDn Ctrl-U Ctrl-D", "scroll by a page"),
        KeyHelp("Home End g G", "go to an end"), KeyHelp("Esc h", "close"),
    ]
    private let text: [ScreenLine]
    private var first = 0

    init(_ title: String, _ text: [ScreenLine], status: String = "Esc closes") {
        (self.title, self.text, self.status) = (title, text, status)
    }

    func frame(_ size: ScreenSize) -> Frame {
        let lines = text.flatMap { $0.wrapped(size.columns) }
        first = max(0, min(first, lines.count - size.rows))
        return Frame(Array(lines[min(first, lines.count)...].prefix(size.rows)), cursor: (0, 0))
    }

    func press(_ key: Key, _ size: ScreenSize) -> [ExplorerAction] {
        switch key {
        case .escape, .backspace, .left, .character("h"), .character("i"), .character("y"): return [.close]
        default: if let motion = ListMotion.inText(key, height: size.rows) { first = motion.place(from: first) }
        }
        return []
    }

    func start() -> [ExplorerAction] { [] }
}

extension ScreenLine {
    /// The line in pieces of a width, each of whole characters.
    func wrapped(_ columns: Int) -> [ScreenLine] {
        guard columns > 0 else { return [] }
        var lines = [ScreenLine()]
        var width = 0
        for span in spans {
            var piece = ""
            for scalar in span.text.unicodeScalars {
                // What is written out takes ten columns at most.
                let columnsOfScalar = ActingText.written(scalar).map(\.utf8.count) ?? TextColumns.width(String(Character(scalar)))
                if width + columnsOfScalar > columns {
                    lines[lines.count - 1].spans.append(Span(piece, span.style))
                    lines.append(ScreenLine())
                    (piece, width) = ("", 0)
                }
                piece.unicodeScalars.append(scalar)
                width += columnsOfScalar
            }
            lines[lines.count - 1].spans.append(Span(piece, span.style))
        }
        return lines
    }
}
