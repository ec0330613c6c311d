import LayerAnalysis
import Operations
package import TerminalScreen
import TextPatterns
import TextValues

extension ImageView {
    /// The keys of both panes.
    package var keys: [KeyHelp] {
        let name = sources.first ?? "IMAGE"
        let isPair = sources.count == 2
        let command = settings.command
        let pair = isPair ? command.ofImage("diff", sources[0], sources[1]) : nil
        return [
            KeyHelp("Up Down j k", "move", command: pair ?? command.ofImage("analyze", name)),
            KeyHelp("PgUp PgDn Ctrl-U Ctrl-D", "move by a page"), KeyHelp("Home End g G", "go to the first or last line"),
            KeyHelp("Tab", "go to the other pane"),
            KeyHelp(
                "Enter Right l", "open a directory; show a file; go from a layer to its files",
                command: isPair ? nil : command.ofImage("files", name, "--layer", "N")),
            KeyHelp("Left Backspace h", "fold, or go up"),
            KeyHelp(
                "Space", "fold or open a directory; on a layer, begin or end a range that counts as one change",
                command: isPair ? nil : command.ofImage("diff", name, "--layer", "N")),
            KeyHelp("c", "switch a layer between what it stores and what it changes"),
            KeyHelp(
                "s", "change the order: bytes, waste, name",
                command: isPair ? nil : command.ofImage("files", name, "--sort", "size")),
            KeyHelp("/ n", "jump to a path: a part of its name, or a pattern; to the next one"),
            KeyHelp("f", "show only paths that match; >10MB means paths of at least that size"),
            KeyHelp(
                "w", isPair ? "go to the next largest difference" : "go to the next largest waste",
                command: isPair ? nil : command.ofImage("files", name, "--wasted")),
            KeyHelp(
                "y", "tell why: which layers stored, replaced or removed a path, and its duplicates",
                command: command.ofImage("why", "PATH", isPair ? "IMAGE" : name)),
            KeyHelp("i", "show all that is known of the line"), KeyHelp("v", "show a file as any layer stores it"),
            KeyHelp("e", "save a file in the current directory"), KeyHelp("r", "read again"),
            KeyHelp("Esc", "close what is open: a range, a filter, an image over a list"),
            KeyHelp("mouse", "click a line to select it, again to fold or open it; the wheel scrolls"),
        ]
    }

    /// Does what a key means in the pane that has the keys, or in a text that is typed.
    package func press(_ key: Key, _ size: ScreenSize) -> [ExplorerAction] {
        if prompt != nil { return type(key) }
        switch key {
        case .tab, .backTab: focus = focus == .layers ? .files : .layers
        case .character("r"): return activity == nil ? [.run(load())] : [.say("still reading")]
        case .character("c"):
            showsChanges.toggle()
            return chooseTree()
        case .character("w"): return jumpToNotable()
        case .character("/"): if tree != nil { prompt = TextPrompt(.search) }
        case .character("f"): if tree != nil { prompt = TextPrompt(.filter) }
        case .character("n"): return jump()
        case .escape: return closeSomething()
        case .character("d"), .character("u"), .delete: return [.say("nothing can be removed from an image here")]
        case .click(let row, let column): return click(row, column, size)
        default: return focus == .layers ? pressInLayers(key, size) : pressInFiles(key, size)
        }
        return []
    }

    /// Escape: a range, else a filter.
    private func closeSomething() -> [ExplorerAction] {
        if layers.anchor != nil {
            layers.anchor = nil
            return chooseTree()
        }
        if let whole = filter?.whole {
            filter = nil
            tree?.show(whole)
            return []
        }
        return isAboveAnother ? [.close] : []
    }

    private func click(_ row: Int, _ column: Int, _ size: ScreenSize) -> [ExplorerAction] {
        let layout = Layout(size)
        let line = row - Layout.headingRows
        guard line >= 0, line < layout.rows else { return [] }
        if column < layout.left {
            focus = .layers
            let window = layers.window(layout.rows)
            guard line < window.rows.count else { return [] }
            layers.move(to: window.first + line)
            return chooseTree()
        }
        focus = .files
        guard var pane = tree else { return [] }
        let places = pane.window(layout.rows)
        guard places.indices.contains(line) else { return [] }
        let isAgain = pane.cursor == places[line]
        pane.select(places[line])
        tree = pane
        return isAgain ? toggle() : []
    }

    private func motion(_ key: Key, _ size: ScreenSize) -> ListMotion? {
        ListMotion(key, page: max(1, Layout(size).rows - 1))
    }

    // MARK: Layers

    private func pressInLayers(_ key: Key, _ size: ScreenSize) -> [ExplorerAction] {
        if let motion = motion(key, size) {
            layers.move(motion)
            return chooseTree()
        }
        switch key {
        case .enter, .right, .character("l"): focus = .files
        case .left, .backspace, .character("h"): return isAboveAnother ? [.close] : []
        case .character(" "): toggleRange()
        case .character("s"): layers.sortNext()
        case .character("i"): return showLayer()
        case .character("v"), .character("e"), .character("y"): return [.say("Tab goes to the files first")]
        default: return []
        }
        return chooseTree()
    }

    private func toggleRange() {
        guard image != nil else { return }
        layers.anchor = layers.anchor == nil ? layers.selected?.number : nil
    }

    // MARK: Files

    private func pressInFiles(_ key: Key, _ size: ScreenSize) -> [ExplorerAction] {
        guard tree != nil else { return [] }
        if let motion = motion(key, size) {
            tree?.move(motion)
            return []
        }
        switch key {
        case .enter, .right, .character("l"): return open()
        case .left, .backspace, .character("h"): tree?.foldOrGoUp()
        case .character(" "): return toggle()
        case .character("s"): sortNext()
        case .character("y"): return why(size)
        case .character("i"): return showPath()
        case .character("v"): return view()
        case .character("e"): return save()
        default: break
        }
        return []
    }

    private func open() -> [ExplorerAction] {
        guard let pane = tree else { return [] }
        if !pane.tree.isDirectory(pane.cursor) { return view() }
        if pane.isOpen { tree?.move(.by(1)) } else { tree?.unfold() }
        return []
    }

    private func toggle() -> [ExplorerAction] {
        guard let pane = tree, pane.tree.isDirectory(pane.cursor) else { return [] }
        if pane.isOpen { tree?.fold() } else { tree?.unfold() }
        return []
    }

    private func sortNext() {
        guard let order = tree?.order else { return }
        tree?.sort(order.next())
    }

    private func jumpToNotable() -> [ExplorerAction] {
        guard var pane = tree else { return [] }
        guard pane.revealNextNotable() else {
            return [.say(pane.tree.subject == .changes ? "nothing differs in bytes" : "nothing is wasted here")]
        }
        tree = pane
        focus = .files
        let what = pane.tree.subject == .changes ? "difference" : "waste"
        let (first, second) = figures(pane.cursor, pane.tree)
        let amount = pane.tree.subject == .changes ? "\(second) before, \(first) after" : second
        let causes = note(pane.cursor, pane.tree)
        return [
            .say("\(what) \(pane.notableNumber) of \(pane.tree.notableCount): \(amount)\(causes.isEmpty ? "" : ", \(causes)")")
        ]
    }

    // MARK: Search and filter

    private func type(_ key: Key) -> [ExplorerAction] {
        guard var typed = prompt else { return [] }
        switch typed.press(key) {
        case .typing: prompt = typed
        case .cancelled: prompt = nil
        case .done(let text):
            prompt = nil
            return typed.purpose == .search ? look(for: text) : keepOnly(text)
        }
        return []
    }

    private func look(for text: String) -> [ExplorerAction] {
        guard !text.isEmpty else { return [] }
        do throws(GlobError) { search = try PathSearch(text) } catch { return [.say("`\(text)` is not a valid pattern")] }
        return jump(isFirst: true)
    }

    /// Jumps to the first path that is looked for, or to the next one.
    private func jump(isFirst: Bool = false) -> [ExplorerAction] {
        guard let search, let pane = tree else { return [.say("/ begins a search")] }
        let place = treeTitle
        let (tree, start, order) = (pane.tree, isFirst ? pane.tree.root : pane.cursor, pane.order)
        let generation = generation
        return [
            .run(
                Job { _ in
                    tree.match(search, behind: start, order)
                } then: { [weak self] found in
                    guard let self, let found else { return [.say("no path matches in: \(place)")] }
                    // Another tree may be shown by now.
                    guard self.generation == generation, self.tree?.tree.shows(found) == true else { return [] }
                    self.tree?.reveal(found)
                    self.focus = .files
                    return []
                })
        ]
    }

    /// Shows only what matches; an empty text shows all again.
    func keepOnly(_ text: String) -> [ExplorerAction] {
        guard let pane = tree else { return [] }
        let whole = filter?.whole ?? pane.tree
        guard !text.isEmpty else {
            filter = nil
            tree?.show(whole)
            return []
        }
        guard let search = Self.filter(text) else { return [.say("`\(text)` is not a valid filter")] }
        activity = "filtering"
        let generation = generation
        return [
            .run(
                Job { _ in
                    whole.filtered(search)
                } then: { [weak self] filtered in
                    guard let self else { return [] }
                    self.activity = nil
                    guard self.generation == generation else { return [] }
                    self.filter = (text, whole)
                    self.tree?.show(filtered)
                    self.focus = .files
                    return filtered.shownCount == 0 ? [.say("no path matches; Esc removes the filter")] : []
                })
        ]
    }

    /// A text, a pattern, or `>10MB`.
    private static func filter(_ text: String) -> PathSearch? {
        if text.utf8.first == UInt8(ascii: ">") {
            let size = String(text.dropFirst().drop { $0 == " " || $0 == "=" })
            return ByteCountText.bytes(size).map { PathSearch(atLeast: $0) }
        }
        // What it is not is told by who asks.
        do throws(GlobError) { return try PathSearch(text) } catch { return nil }
    }
}
