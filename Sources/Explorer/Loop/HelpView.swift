import TerminalScreen

/// All keys that a view has, with the plain command that tells the same where there is one.
final class HelpView: ExplorerView {
    let title = "Keys"
    let status = ""
    let keys: [KeyHelp] = []
    private let shown: [KeyHelp]
    private var first = 0

    /// Keys that every view has.
    static let common = [
        KeyHelp("?", "list the keys"), KeyHelp("q", "quit"), KeyHelp("Ctrl-C", "quit with status 130"),
        KeyHelp("Ctrl-L", "draw the screen again"), KeyHelp("Ctrl-Z", "stop; `fg` continues"),
    ]

    init(_ keys: [KeyHelp]) { shown = keys + Self.common }

    func frame(_ size: ScreenSize) -> Frame {
        let lines = lines(size.columns)
        first = max(0, min(first, lines.count - size.rows))
        return Frame(Array(lines[first...].prefix(size.rows)), cursor: (0, 0))
    }

    /// A key's line goes on below where it is long.
    private func lines(_ columns: Int) -> [ScreenLine] {
        let width = min(27, (shown.map(\.keys.count).max() ?? 0) + 2)
        return shown.flatMap { key in
            let texts = Self.wrapped(key.meaning, columns - width) + (key.command.map { ["$ " + $0] } ?? [])
            return texts.enumerated().map { number, text in
                ScreenLine([Span(number == 0 ? key.keys : "", .bold, width: width), Span(text)])
            }
        }
    }

    /// A text in lines, broken between words.
    private static func wrapped(_ text: String, _ columns: Int) -> [String] {
        var lines = [""]
        for word in text.split(separator: " ") {
            if !lines[lines.count - 1].isEmpty, lines[lines.count - 1].count + 1 + word.count > columns { lines.append("") }
            lines[lines.count - 1] += (lines[lines.count - 1].isEmpty ? "" : " ") + word
        }
        return lines
    }

    func press(_ key: Key, _ size: ScreenSize) -> [ExplorerAction] {
        switch key {
        case .escape, .backspace, .left, .character("h"), .enter: return [.close]
        default: if let motion = ListMotion.inText(key, height: size.rows) { first = motion.place(from: first) }
        }
        return []
    }

    func start() -> [ExplorerAction] { [] }
}
