import Operations
import Reports
import TerminalScreen
import TextValues

/// The columns of a list, as wide as its rows need and the screen has.
struct HostTable {
    private let words: HostWords
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

        init(_ rows: [HostRow], _ words: HostWords) {
            for row in rows {
                bytes = max(bytes, words.bytes(row.diskBytes).utf8.count)
                frees = max(frees, words.bytes(row.freesBytes).utf8.count)
                age = max(age, words.age(row.lastUse).utf8.count)
                evidence = max(evidence, row.evidence?.word.utf8.count ?? 0)
                if !row.users.isEmpty { users = max(users, 7, TextColumns.width(HostTable.users(row))) }
            }
        }
    }

    init(_ need: Need, _ words: HostWords, columns: Int) {
        self.words = words
        self.columns = columns
        self.need = need
        showsAdded = columns >= Self.wide
        let fixed = 2 + need.bytes + need.frees + (showsAdded ? need.frees + Self.gap : 0) + need.age + 3 * Self.gap
        let left = columns - fixed - need.evidence - Self.gap
        usersWidth = need.users == 0 ? 0 : min(need.users, max(7, (left - Self.leastName) / 3))
    }

    fileprivate static func users(_ row: HostRow) -> String {
        let names = row.users.map { PathText.printable($0) }
        return names.count > 1 ? "\(names[0]) +\(names.count - 1)" : names.first ?? ""
    }

    /// The line with the columns' names.
    func header() -> ScreenLine {
        ScreenLine(
            line(
                mark: " ", bytes: "BYTES", frees: "FREES", added: "ADDS", age: "LAST USED", evidence: "BY", users: "USED BY",
                name: "NAME"), .bold)
    }

    /// The line of a row; `mark` is `*` for one that is marked and `-` for one that cannot be.
    func line(_ row: HostRow, mark: String, added: Int64?, isSelected: Bool) -> ScreenLine {
        let name = PathText.printable(row.title)
        let more = row.names.count > 1 ? " (+\(row.names.count - 1))" : ""
        let text = line(
            mark: mark, bytes: words.bytes(row.diskBytes), frees: words.bytes(row.freesBytes),
            added: added.map { words.bytes($0) } ?? "", age: words.age(row.lastUse), evidence: row.evidence?.word ?? "",
            users: Self.users(row), name: name + more)
        let style: Style = isSelected ? .reverse : mark == "*" ? .bold : []
        return ScreenLine(isSelected ? Self.padded(text, columns) : text, style)
    }

    private func line(
        mark: String, bytes: String, frees: String, added: String, age: String, evidence: String, users: String, name: String
    ) -> String {
        let gap = String(repeating: " ", count: Self.gap)
        var text = mark + " " + Self.right(bytes, need.bytes) + gap + Self.right(frees, need.frees)
        if showsAdded { text += gap + Self.right(added, need.frees) }
        text += gap + Self.padded(age, need.age)
        if need.evidence > 0 { text += " " + Self.padded(evidence, max(2, need.evidence)) }
        if usersWidth > 0 { text += gap + Self.padded(TextColumns.cut(users, to: usersWidth), usersWidth) }
        return text + gap + TextColumns.cut(name, to: max(0, columns - TextColumns.width(text) - Self.gap))
    }

    private static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - TextColumns.width(text))) + text
    }

    static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - TextColumns.width(text)))
    }
}
