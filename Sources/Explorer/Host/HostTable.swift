import Operations
import Reports
import TerminalScreen

/// The columns of a list, as wide as its rows need and the screen has.
struct HostTable {
    private let words: HostWords
    private let cells: ScreenCells
    private let columns: Int
    private let need: Need
    private let usersWidth: Int
    /// What each adds given what is marked has a column where there is room.
    private let showsAdded: Bool
    private static let gap = 2
    private static let leastName = 24
    /// So many columns have room for what each adds.
    static let wide = 100

    /// How wide the columns of all rows want to be; found once for each look.
    struct Need {
        fileprivate(set) var bytes = 5
        fileprivate(set) var frees = 5
        fileprivate(set) var age = 9
        fileprivate(set) var evidence = 0
        fileprivate(set) var users = 0

        init(_ rows: [HostRow], _ words: HostWords, _ cells: ScreenCells) {
            for row in rows {
                bytes = max(bytes, words.bytes(row.diskBytes).utf8.count)
                frees = max(frees, words.bytes(row.freesBytes).utf8.count)
                evidence = max(evidence, row.evidence?.word.utf8.count ?? 0)
                if !row.users.isEmpty { users = max(users, 7, cells.width(HostTable.users(row))) }
            }
            grow(rows[...], words)
        }

        /// Makes room for what ages are by now.
        mutating func grow(_ rows: ArraySlice<HostRow>, _ words: HostWords) {
            age = rows.reduce(age) { max($0, words.age($1.lastUse).utf8.count) }
        }
    }

    init(_ need: Need, _ words: HostWords, _ cells: ScreenCells, columns: Int) {
        self.words = words
        self.cells = cells
        self.columns = columns
        self.need = need
        showsAdded = columns >= Self.wide
        let fixed = 2 + need.bytes + need.frees + (showsAdded ? need.frees + Self.gap : 0) + need.age + 3 * Self.gap
        let left = columns - fixed - need.evidence - Self.gap
        usersWidth = need.users == 0 ? 0 : min(need.users, max(7, (left - Self.leastName) / 3))
    }

    fileprivate static func users(_ row: HostRow) -> String {
        row.users.count > 1 ? "\(row.users[0]) +\(row.users.count - 1)" : row.users.first ?? ""
    }

    /// The line with the columns' names.
    func header() -> ScreenLine {
        line(
            mark: " ", bytes: "BYTES", frees: "FREES", added: "ADDS", age: "LAST USED", evidence: "BY", users: "USED BY",
            name: [Span("NAME", .bold)], .bold)
    }

    /// The line of a row; `mark` is `*` for one that is marked and `-` for one that cannot be.
    func line(_ row: HostRow, mark: String, added: Int64?, isSelected: Bool) -> ScreenLine {
        let style: Style = isSelected ? .reverse : mark == "*" ? .bold : []
        let sign = row.item.name == nil ? [] : [Span("└", style.union(.sign)), Span(" ", style)]
        let more = row.names.count > 1 ? " (+\(row.names.count - 1))" : ""
        return line(
            mark: mark, bytes: words.bytes(row.diskBytes), frees: words.bytes(row.freesBytes),
            added: added.map { words.bytes($0) } ?? "", age: row.item.name == nil ? words.age(row.lastUse) : "",
            evidence: row.evidence?.word ?? "", users: Self.users(row), name: sign + [Span(row.title, style), Span(more, style)],
            style)
    }

    private func line(
        mark: String, bytes: String, frees: String, added: String, age: String, evidence: String, users: String, name: [Span],
        _ style: Style
    ) -> ScreenLine {
        let gap = String(repeating: " ", count: Self.gap)
        var spans = [Span(mark + " " + Self.right(bytes, need.bytes) + gap + Self.right(frees, need.frees), style)]
        if showsAdded { spans.append(Span(gap + Self.right(added, need.frees), style)) }
        spans += [Span(gap, style), Span(age, style, width: need.age)]
        if need.evidence > 0 { spans += [Span(" ", style), Span(evidence, style, width: max(2, need.evidence))] }
        if usersWidth > 0 { spans += [Span(gap, style), Span(users, style, width: usersWidth)] }
        spans.append(Span(gap, style))
        let used = spans.reduce(0) { $0 + ($1.width ?? $1.text.utf8.count) }
        return ScreenLine(spans + fitted(name, max(0, columns - used)) + [Span("", style, width: columns)])
    }

    /// Pieces of a name in so many columns: the longest is cut, so that all others are seen.
    private func fitted(_ name: [Span], _ room: Int) -> [Span] {
        let widths = name.map { cells.width($0.text) }
        guard let longest = widths.indices.max(by: { widths[$0] < widths[$1] }) else { return [] }
        let excess = widths.reduce(0, +) - room
        guard excess > 0 else { return name }
        var name = name
        name[longest].width = max(0, widths[longest] - excess)
        return name
    }

    private static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.utf8.count)) + text
    }

    /// ASCII with blanks up to a width.
    static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.utf8.count))
    }
}
