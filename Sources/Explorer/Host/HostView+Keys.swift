import Operations
import Reports
package import TerminalScreen

/// What keys do in a host.
extension HostView {
    /// All keys, with the commands that tell the same.
    package var keys: [KeyHelp] {
        let option = settings.options.map { " \($0)" }.joined()
        let isStore = !settings.options.contains("--engine")
        return [
            KeyHelp("Up Down j k", "select a row"), KeyHelp("PgUp Ctrl-u", "a page up"), KeyHelp("PgDn Ctrl-d", "a page down"),
            KeyHelp("g G Home End", "the first, the last row"),
            KeyHelp(
                "Tab 1-5", "another list: images, containers, volumes, build cache, leaked", command: "strata df -v\(option)"),
            KeyHelp("Space", "mark the row, or take the mark away, and step on"),
            KeyHelp("Enter Right l", "open the image", command: "strata analyze IMAGE"),
            KeyHelp("i", "everything about the row", command: isStore ? "strata inspect IMAGE" : "strata df -v\(option)"),
            KeyHelp("s", "sort by bytes, frees, last use, name"), KeyHelp("/", "search; n and N: the next, the previous match"),
            KeyHelp("f", "show only rows with a text", command: "strata images\(option) --filter ref=PATTERN"),
            KeyHelp("r", "look again"), KeyHelp("c", "take all marks away"),
            KeyHelp("d", "the plan of what is marked; y carries it out", command: "strata plan\(option) --only image=NAME"),
            KeyHelp("u", "what can be brought back; y restores it", command: "strata undo"),
            KeyHelp("Esc", "close the plan, the text or the outcome"),
        ]
    }

    /// Does what a key means: to what is typed, in the panel, or in the list.
    package func press(_ key: Key, _ size: ScreenSize) -> [ExplorerAction] {
        if entry != nil { return type(key) }
        if panel != nil { return pressInPanel(key, size) }
        let page = max(1, size.rows - 4)
        switch key {
        case .up, .character("k"): lists[tab]?.move(by: -1)
        case .down, .character("j"): lists[tab]?.move(by: 1)
        case .pageUp, .control("u"): lists[tab]?.move(by: -page)
        case .pageDown, .control("d"): lists[tab]?.move(by: page)
        case .home, .character("g"): lists[tab]?.moveToStart()
        case .end, .character("G"): lists[tab]?.moveToEnd()
        case .wheel(let count): lists[tab]?.move(by: count)
        case .click(let row, let column): click(row, column)
        case .tab: step(1)
        case .backTab: step(-1)
        case .character(let digit) where digit.wholeNumberValue.map(HostTab.allCases.indices.contains(_:)) != nil:
            choose(digit)
        case .character(" "): return mark()
        case .enter, .right, .character("l"): return open()
        case .character("i"): showFacts()
        case .character("s"): lists[tab]?.sort()
        case .character("/"): entry = HostEntry(purpose: .search)
        case .character("f"): entry = HostEntry(purpose: .filter, text: list.filter)
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

    private func step(_ count: Int) {
        let all = HostTab.allCases
        guard let place = all.firstIndex(of: tab) else { return }
        tab = all[(place + count + all.count) % all.count]
    }

    private func click(_ row: Int, _ column: Int) {
        guard row > 0 else {
            var start = 0
            for tab in HostTab.allCases {
                start += " \(tab.title) \(lists[tab]?.all.count ?? 0) ".count
                if column < start { return self.tab = tab }
            }
            return
        }
        if row > 1 { lists[tab]?.select(onScreen: row - 2) }
    }

    private func mark() -> [ExplorerAction] {
        guard let row = list.row, let removal else { return [] }
        if isStale { return [.say("looking again: wait until the rows are new")] }
        defer { recount() }
        if marks.remove(row.item) == nil {
            if let refusal = removal.refusal(of: row.item) { return [.say("cannot remove \(row.title): \(refusal.words)")] }
            marks.insert(row.item)
        }
        lists[tab]?.move(by: 1)
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
        switch key {
        case .character(let letter): entry?.text.append(letter)
        case .backspace: if entry?.text.isEmpty == true { entry = nil } else { entry?.text.removeLast() }
        case .escape:
            if entry?.purpose == .filter { lists[tab]?.filter("") }
            entry = nil
        case .enter:
            guard let entered = entry else { return [] }
            entry = nil
            if entered.purpose == .search {
                searched = entered.text
                return find(entered.text)
            }
        default: break
        }
        if let entry, entry.purpose == .filter { lists[tab]?.filter(entry.text) }
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
