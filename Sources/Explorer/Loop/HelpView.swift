import TerminalScreen

/// All keys that a view has, with the plain command that tells the same where there is one.
final class HelpView: ExplorerView {
    let title = "Keys"
    let status = ""
    let keys: [KeyHelp] = []
    private let lines: [ScreenLine]
    private var first = 0

    /// Keys that every view has.
    static let common = [
        KeyHelp("?", "list the keys"), KeyHelp("q", "quit"), KeyHelp("Ctrl-C", "quit with status 130"),
        KeyHelp("Ctrl-L", "draw the screen again"), KeyHelp("Ctrl-Z", "stop; `fg` continues"),
    ]

    init(_ keys: [KeyHelp]) {
        let keys = keys + Self.common
        let width = min(22, (keys.map(\.keys.count).max() ?? 0) + 2)
        var lines: [ScreenLine] = []
        for key in keys {
            lines.append(ScreenLine([Span(key.keys, .bold, width: width), Span(key.meaning)]))
            if let command = key.command {
                lines.append(ScreenLine([Span("", width: width), Span("$ " + command)]))
            }
        }
        self.lines = lines
    }

    func frame(_ size: ScreenSize) -> Frame {
        first = max(0, min(first, lines.count - size.rows))
        return Frame(Array(lines[first...].prefix(size.rows)), cursor: (0, 0))
    }

    func press(_ key: Key, _ size: ScreenSize) -> [ExplorerAction] {
        switch key {
        case .escape, .backspace, .left, .character("h"), .enter: return [.close]
        case .down, .character("j"): first += 1
        case .up, .character("k"): first -= 1
        case .pageDown, .control("d"), .character(" "): first += size.rows - 1
        case .pageUp, .control("u"): first -= size.rows - 1
        case .home, .character("g"): first = 0
        case .end, .character("G"): first = lines.count
        case .wheel(let lines): first += lines
        default: break
        }
        return []
    }

    func start() -> [ExplorerAction] { [] }
}
