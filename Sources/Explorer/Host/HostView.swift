package import Operations
import Reclamation
import Reports
package import TerminalScreen

/// A store or an engine's root: what is there, what it takes, and what exactly the marked things free together.
package final class HostView: ExplorerView {
    let host: any Host
    let settings: HostViewSettings
    /// What the last look saw; nil before the first one is over.
    private(set) var picture: (any HostPicture)?
    /// What is marked, by what tells it from look to look.
    var marks: Set<HostItem> = []
    /// What these come to.
    private(set) var removal: (any HostRemoval)?
    var lists: [HostTab: HostList] = [:]
    var tab: HostTab
    /// What rows were found to add to what is marked.
    private var added: [HostItem: Int64] = [:]
    /// How wide the columns want to be, since the last look.
    private var needs: [HostTab: HostTable.Need] = [:]
    /// What lies over the list.
    var panel: HostPanel?
    /// What is being typed.
    var prompt: TextPrompt?
    /// The text that was looked for last.
    var searched = ""
    /// Whether something went or came since the last look, so that rows may stand for what is gone.
    var isStale = false
    /// The names of what was marked and was gone at the last look.
    private(set) var gone: [String] = []
    /// What is under way, in words.
    private(set) var work: String?

    /// A view of a host.
    package init(_ host: any Host, _ settings: HostViewSettings) {
        self.host = host
        self.settings = settings
        tab = settings.tab
        for tab in HostTab.allCases { lists[tab] = HostList() }
    }

    /// The host, and what lies over the list.
    package var title: String { panel.map { "\(settings.title): \($0.title)" } ?? settings.title }

    /// The search or the filter that is typed.
    package var typed: String? { prompt?.shown }
    /// What is marked, and frees, is always told.
    package var keepsStatus: Bool { true }

    var words: HostWords { HostWords(now: settings.now(), settings: settings.explorer) }

    /// The list that is shown.
    var list: HostList { lists[tab] ?? HostList() }

    // Looking

    /// Looks for the first time.
    package func start() -> [ExplorerAction] { [look()] }

    /// A look whose rows take the place of those that are shown; marks and cursors keep to what they are on.
    func look(_ then: @escaping () -> [ExplorerAction] = { [] }) -> ExplorerAction {
        work = "loading"
        let host = host
        return .run(
            Job { report -> HostLook in
                do {
                    return .seen(try host.look { report($0.words, nil) })
                } catch {
                    return .failed(error)
                }
            } progress: { [weak self] words, _ in
                self?.work = "loading: \(words)"
                return []
            } then: { [weak self] look in
                self?.take(look, then) ?? []
            })
    }

    private func take(_ look: HostLook, _ then: () -> [ExplorerAction]) -> [ExplorerAction] {
        work = nil
        switch look {
        case .failed(let error):
            // What an earlier look saw is still good to look at.
            return [picture == nil ? .fail(error) : .say(settings.describe(error))]
        case .seen(let picture):
            self.picture = picture
            (needs, isStale) = ([:], false)
            dropGone(picture)
            for tab in HostTab.allCases { lists[tab]?.take(picture.rows[tab] ?? []) }
            recount()
            let actions = then()
            if gone.isEmpty || panel != nil { return actions }
            return actions + [.say("no longer there, and not marked any more: \(gone.joined(separator: ", "))")]
        }
    }

    /// Takes the marks from what the new look did not see any more.
    private func dropGone(_ picture: any HostPicture) {
        let old = lists.values.flatMap(\.all).flatMap { [$0] + $0.nameRows }
        let names = Dictionary(old.map { ($0.item, $0.title) }) { first, _ in first }
        let seen = Set(picture.rows.values.joined().flatMap { [$0] + $0.nameRows }.map(\.item))
        gone = marks.subtracting(seen).map { names[$0] ?? $0.id }.sorted()
        marks.formIntersection(seen)
    }

    /// Counts anew what is marked.
    func recount() {
        added = [:]
        removal = picture?.removal(of: marks)
    }

    /// Begins work of which the status line tells.
    func begin<Value: Sendable>(
        _ words: String, _ body: @escaping @Sendable () -> Value, then: @escaping (Value) -> [ExplorerAction]
    ) -> ExplorerAction {
        work = words
        return .run(
            Job { report -> Value in
                report(words, nil)
                return body()
            } progress: { [weak self] words, _ in
                self?.work = words
                return []
            } then: { [weak self] value in
                self?.work = nil
                return then(value)
            })
    }

    /// Leaves, unless something is being removed: what was begun is brought to its end.
    package func leave() -> [ExplorerAction] {
        if case .working = panel?.purpose { return [.say("still removing: q works once that is done; Ctrl-C ends it at once")] }
        return [.quit]
    }

    // The screen

    /// How many are marked and what they free together, and what is under way.
    package var status: String {
        let count = marks.count
        let frees = words.bytes(removal?.freesBytes ?? 0)
        var text = "\(count) marked, free \(frees)"
        let left = removal?.left.count ?? 0
        if left > 0 { text += left == 1 ? "; 1 of them stays" : "; \(left) of them stay" }
        if !list.filter.isEmpty { text += "   filter `\(list.filter)`: \(list.counts.shown) of \(list.counts.all)" }
        return work.map { "\(text)   \($0)…" } ?? text
    }

    /// The list, or what lies over it.
    package func frame(_ size: ScreenSize, _ cells: ScreenCells) -> Frame {
        if panel != nil { return panel?.frame(size, cells) ?? Frame([]) }
        if picture == nil { return Frame([ScreenLine("Loading; rows come as soon as they are known.")], cursor: (0, 0)) }
        var need = needs[tab] ?? HostTable.Need(list.all, words, cells)
        needs[tab] = need
        let (rows, cursor) = lists[tab]?.window(rowCount(size)) ?? ([], nil)
        // Ages grow while they are shown.
        need.grow(rows, words)
        let table = HostTable(need, words, cells, columns: size.columns)
        var lines = [tabs(size.columns), table.header()]
        for (place, row) in rows.enumerated() {
            let isMarked = marks.contains(row.item)
            let isRefused = removal?.refusal(of: row.item) != nil
            let added = tellsAdded(size) && !isRefused ? addedBytes(by: row.item) : nil
            lines.append(
                table.line(row, mark: isMarked ? "*" : isRefused ? "-" : " ", added: added, isSelected: place == cursor))
        }
        if rows.isEmpty { lines.append(ScreenLine(list.filter.isEmpty ? "  nothing here" : "  nothing has `\(list.filter)`")) }
        while lines.count < size.rows - 1 { lines.append(ScreenLine()) }
        lines.append(ScreenLine(detail()))
        return Frame(lines, cursor: cursor.map { ($0 + 2, 0) } ?? (size.rows - 1, 0))
    }

    /// Whether each row tells what it adds: of images that is known at once, of all else it takes a plan for each.
    private func tellsAdded(_ size: ScreenSize) -> Bool {
        size.columns >= HostTable.wide && !marks.isEmpty && (tab == .images || marks.count <= 100)
    }

    private func addedBytes(by item: HostItem) -> Int64? {
        if let known = added[item] { return known }
        added[item] = removal?.addedBytes(by: item)
        return added[item]
    }

    /// How many rows a screen shows: above them stand the lists and the columns' names, below a line about the selected one.
    func rowCount(_ size: ScreenSize) -> Int { max(1, size.rows - 3) }

    private var order: String { " by \(list.order.words)" }

    /// The lists with how much is in each; where these and the order do not fit, that of the one that is shown.
    func titles(_ columns: Int) -> [(tab: HostTab, text: String)] {
        let whole = HostTab.allCases.map { (tab: $0, text: " \($0.title) \(lists[$0]?.all.count ?? 0) ") }
        if whole.reduce(order.utf8.count, { $0 + $1.text.utf8.count }) <= columns { return whole }
        return whole.map { $0.tab == tab ? $0 : (tab: $0.tab, text: "\($0.tab.title) ") }
    }

    /// The lists, and the order of the one that is shown.
    private func tabs(_ columns: Int) -> ScreenLine {
        ScreenLine(titles(columns).map { Span($0.text, $0.tab == tab ? [.reverse, .bold] : []) } + [Span(order)])
    }

    /// What the columns have no room for, of the selected row.
    private func detail() -> String {
        guard let row = list.row else { return "" }
        if let refusal = removal?.refusal(of: row.item) { return "stays: \(refusal.words)" }
        let added = words.bytes(addedBytes(by: row.item))
        let names = row.names.count > 1 ? row.names.joined(separator: ", ") : row.title
        return (marks.isEmpty ? "" : marks.contains(row.item) ? "adds \(added): " : "would add \(added): ") + names
    }
}

/// What became of a look.
enum HostLook: Sendable {
    /// What it saw.
    case seen(any HostPicture)
    /// Why it saw nothing.
    case failed(any Error)
}
