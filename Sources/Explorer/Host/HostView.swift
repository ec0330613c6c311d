package import Operations
import Reclamation
import Reports
package import TerminalScreen
import TextValues

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
    /// Why there is nothing to see.
    private var failure: String?

    /// A view of a host.
    package init(_ host: any Host, _ settings: HostViewSettings) {
        self.host = host
        self.settings = settings
        tab = settings.tab
        for tab in HostTab.allCases { lists[tab] = HostList() }
    }

    /// The host, and what lies over the list.
    package var title: String { panel.map { "\(settings.title): \($0.title)" } ?? settings.title }

    /// Whether letters are typed into a search or a filter.
    package var takesText: Bool { prompt != nil }

    var words: HostWords { HostWords(now: settings.now(), settings: settings.explorer) }

    /// The list that is shown.
    var list: HostList { lists[tab] ?? HostList() }

    // Looking

    /// Looks for the first time.
    package func start() -> [ExplorerAction] { [look()] }

    /// A look whose rows take the place of those that are shown; marks and cursors keep to what they are on.
    func look(_ then: @escaping () -> [ExplorerAction] = { [] }) -> ExplorerAction {
        work = "loading"
        let (host, describe) = (host, settings.describe)
        return .run(
            Job { report -> HostLook in
                do {
                    return .seen(try host.look { report($0.words, nil) })
                } catch {
                    return .failed(describe(error))
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
        case .failed(let words):
            if picture == nil { failure = words }
            return [.say(words)]
        case .seen(let picture):
            self.picture = picture
            (failure, needs, isStale) = (nil, [:], false)
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
        let names = Dictionary(lists.values.flatMap(\.all).map { ($0.item, $0.title) }) { first, _ in first }
        let seen = picture.rows.values.reduce(into: Set<HostItem>()) { $0.formUnion($1.map(\.item)) }
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
        if !list.filter.isEmpty { text += "   filter `\(list.filter)`: \(list.rows.count) of \(list.all.count)" }
        if let prompt { text = prompt.words }
        if prompt?.purpose == .filter { text += "   \(list.rows.count) of \(list.all.count)" }
        return work.map { "\(text)   \($0)…" } ?? text
    }

    /// The list, or what lies over it.
    package func frame(_ size: ScreenSize) -> Frame {
        if panel != nil { return panel?.frame(size) ?? Frame([]) }
        if picture == nil {
            return Frame([ScreenLine(failure ?? "Loading; rows come as soon as they are known.")], cursor: (0, 0))
        }
        let rowCount = max(1, size.rows - 3)
        let need = needs[tab] ?? HostTable.Need(list.all, words)
        needs[tab] = need
        let table = HostTable(need, words, columns: size.columns)
        let (rows, cursor) = lists[tab]?.window(rowCount) ?? ([], nil)
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

    /// The lists with how much is in each, and the order.
    private func tabs(_ columns: Int) -> ScreenLine {
        var spans: [Span] = []
        for tab in HostTab.allCases {
            let text = " \(tab.title) \(lists[tab]?.all.count ?? 0) "
            spans.append(Span(text, tab == self.tab ? [.reverse, .bold] : []))
        }
        let order = "by \(list.order.words)"
        let used = spans.reduce(0) { $0 + TextColumns.width($1.text) }
        let room = columns - used - 1
        spans.append(Span(" " + TextColumns.cut(order, to: max(0, room))))
        return ScreenLine(spans)
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
    case failed(String)
}
