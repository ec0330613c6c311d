import TerminalScreen

/// All keys that a view has, with the plain command that tells the same where there is one.
final class HelpView: ExplorerView {
    let title = "Keys"
    let status = ""
    let keys: [KeyHelp] = []
    private let shown: [KeyHelp]
    private var text: TextPane?
    private var columns = 0

    /// Keys that every view has.
    static let common = [
        KeyHelp("?", "list the keys"), KeyHelp("q", "quit"), KeyHelp("Ctrl-C", "quit with status 130"),
        KeyHelp("Ctrl-L", "draw the screen again"), KeyHelp("Ctrl-Z", "stop; `fg` continues"),
    ]

    init(_ keys: [KeyHelp]) { shown = keys + Self.common }

    func frame(_ size: ScreenSize, _ cells: ScreenCells) -> Frame {
        if columns != size.columns { (text, columns) = (nil, size.columns) }
        var pane = text ?? TextPane(lines(cells, size.columns))
        defer { text = pane }
        return Frame(pane.window(size, cells).lines, cursor: (0, 0))
    }

    /// A key's line goes on below where it is long, its command too.
    private func lines(_ cells: ScreenCells, _ columns: Int) -> [ScreenLine] {
        let width = min(27, (shown.map { cells.width($0.keys) }.max() ?? 0) + 2)
        return shown.flatMap { key in
            var texts = cells.wrapped(sentence: key.meaning, columns - width)
            if let command = key.command {
                texts += cells.wrapped(ScreenLine("$ " + command), columns - width).map { $0.spans.map(\.text).joined() }
            }
            return texts.enumerated().map { number, text in
                ScreenLine([Span(number == 0 ? key.keys : "", .bold, width: width), Span(text)])
            }
        }
    }

    func press(_ key: Key, _ size: ScreenSize) -> [ExplorerAction] {
        switch key {
        case .escape, .backspace, .left, .character("h"), .enter: return [.close]
        default: if let motion = ListMotion.inText(key, height: size.rows) { text?.move(motion) }
        }
        return []
    }

    func start() -> [ExplorerAction] { [] }
}
