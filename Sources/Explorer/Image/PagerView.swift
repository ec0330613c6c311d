import TerminalScreen

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
    private var text: TextPane

    init(_ title: String, _ text: [ScreenLine], status: String = "Esc closes") {
        (self.title, self.text, self.status) = (title, TextPane(text), status)
    }

    func frame(_ size: ScreenSize, _ cells: ScreenCells) -> Frame { Frame(text.window(size, cells).lines, cursor: (0, 0)) }

    func press(_ key: Key, _ size: ScreenSize) -> [ExplorerAction] {
        switch key {
        case .escape, .backspace, .left, .character("h"), .character("i"), .character("y"): return [.close]
        default: if let motion = ListMotion.inText(key, height: size.rows) { text.move(motion) }
        }
        return []
    }

    func start() -> [ExplorerAction] { [] }
}
