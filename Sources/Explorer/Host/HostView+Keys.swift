import Operations
import Reports
package import TerminalScreen

/// What keys do in a host.
extension HostView {
    /// All keys, with the commands that tell the same.
    package var keys: [KeyHelp] {
        let command = settings.command
        return [
            KeyHelp("Up Down j k", "select a row"), KeyHelp("PgUp PgDn Ctrl-U Ctrl-D", "a page up, a page down"),
            KeyHelp("Home End g G", "the first, the last row"),
            KeyHelp(
                "Tab 1-5", "another list: images, containers, volumes, build cache, leaked", command: command.ofHost("df", "-v")),
            KeyHelp("Space", "mark the row, or take the mark away, and step on"),
            KeyHelp("t", "show the single names of an image, to mark one of them; hide them again"),
            KeyHelp("Enter Right l", "open the image", command: command.ofImage("analyze", "IMAGE")),
            KeyHelp("Left Backspace h", "go from a single name to its image"),
            KeyHelp(
                "i", "everything about the row",
                command: command.engine.isEmpty ? command.ofImage("inspect", "IMAGE") : command.ofHost("df", "-v")),
            KeyHelp("s", "sort by bytes, frees, last use, name"), KeyHelp("/ n N", "search; the next, the previous match"),
            KeyHelp("f", "show only rows with a text", command: command.ofHost("images", "--filter", "ref=PATTERN")),
            KeyHelp("r", "look again"), KeyHelp("c", "take all marks away"),
            KeyHelp("d", "the plan of what is marked; y carries it out", command: command.plan(only: ["image=NAME"])),
            KeyHelp("u", "what can be brought back; y restores it", command: command.ofStore("undo")),
            KeyHelp("Esc", "close the plan, the text, the outcome or a filter"),
            KeyHelp("mouse", "click a row or a list to select it; the wheel scrolls"),
        ]
    }

    /// Does what a key means: to what is typed, in the panel, or in the list.
    package func press(_ key: Key, _ size: ScreenSize) -> [ExplorerAction] {
        if prompt != nil { return type(key) }
        if panel != nil { return pressInPanel(key, size) }
        // `u` and `d` alone are other keys here.
        if let motion = ListMotion(key, page: max(1, size.rows - 4)) {
            lists[tab]?.move(motion)
            return []
        }
        switch key {
        case .click(let row, let column): click(row, column, size)
        case .tab: tab = tab.next()
        case .backTab: tab = tab.next(by: -1)
        case .character(let digit) where digit.isWholeNumber: choose(digit)
        case .character(" "): return mark()
        case .enter, .right, .character("l"): return open()
        case .character("i"): showFacts()
        case .character("s"): lists[tab]?.sort()
        case .character("t"):
            if lists[tab]?.toggleNames() != true { return [.say("only an image with several names has single names to show")] }
        case .left, .backspace, .character("h"): _ = lists[tab]?.foldNames()
        case .character("/"): prompt = TextPrompt(.search)
        case .character("f"): prompt = TextPrompt(.filter, list.filter)
        case .character("n"): return find(searched, afterCursor: true)
        case .character("N"): return find(searched, afterCursor: true, backwards: true)
        case .character("r"): return work == nil ? [look()] : []
        case .character("c"): unmarkAll()
        case .character("d"): return plan()
        case .character("u"): return showUndo()
        case .escape: lists[tab]?.filter("")
        default: break
        }
        return []
    }

    private func choose(_ digit: Character) {
        guard let number = digit.wholeNumberValue, (1...HostTab.allCases.count).contains(number) else { return }
        tab = HostTab.allCases[number - 1]
    }

    private func click(_ row: Int, _ column: Int, _ size: ScreenSize) {
        guard row > 0 else {
            var start = 0
            for (tab, text) in titles(size.columns) {
                start += text.utf8.count
                if column < start { return self.tab = tab }
            }
            return
        }
        if row > 1 { lists[tab]?.select(onScreen: row - 2, of: rowCount(size)) }
    }

    private func mark() -> [ExplorerAction] {
        guard let row = list.row, let removal else { return [] }
        if isStale {
            return [.say(work == nil ? "the rows are old: r looks again" : "looking again: wait until the rows are new")]
        }
        defer { recount() }
        if marks.remove(row.item) == nil {
            if row.item.name != nil, marks.contains(row.item.whole) {
                return [.say("the image is marked, with all its names: take that mark away first")]
            }
            if let refusal = removal.refusal(of: row.item) { return [.say("cannot remove \(row.title): \(refusal.words)")] }
            // With the image all its names go.
            if row.item.name == nil { marks = marks.filter { $0.whole != row.item } }
            marks.insert(row.item)
        }
        lists[tab]?.move(.by(1))
        return []
    }

    private func unmarkAll() {
        marks = []
        recount()
    }

    private func open() -> [ExplorerAction] {
        guard let row = list.row else { return [] }
        if row.item.tab == .images, let view = settings.openImage(row) { return [.open(view)] }
        showFacts()
        return []
    }

    private func showFacts() {
        guard let row = list.row else { return }
        let lines = words.facts(row, removal).map { fact in
            ScreenLine([Span(HostTable.padded(fact.name, 13), .bold), Span(fact.value)])
        }
        panel = HostPanel(row.title, .reading, lines, question: "Esc: back")
    }

    // Typing

    private func type(_ key: Key) -> [ExplorerAction] {
        guard var typed = prompt else { return [] }
        switch typed.press(key) {
        case .typing:
            prompt = typed
            if typed.purpose == .filter { lists[tab]?.filter(typed.text) }
        case .cancelled:
            prompt = nil
            if typed.purpose == .filter { lists[tab]?.filter("") }
        case .done(let text):
            prompt = nil
            guard typed.purpose == .search else { return [] }
            searched = text
            return find(text)
        }
        return []
    }

    private func find(_ text: String, afterCursor: Bool = false, backwards: Bool = false) -> [ExplorerAction] {
        guard !text.isEmpty else { return [] }
        if lists[tab]?.find(text, afterCursor: afterCursor, backwards: backwards) == true { return [] }
        for other in HostTab.allCases where other != tab && !afterCursor {
            if lists[other]?.find(text) == true {
                tab = other
                return []
            }
        }
        return [.say("nothing has `\(text)` in its name")]
    }
}
