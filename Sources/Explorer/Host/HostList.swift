import OCISpec
import Operations

/// The rows of one list in an order, of which a filter shows some and one is selected.
struct HostList {
    /// What rows are ordered by.
    enum Order: String, CaseIterable {
        case bytes, frees, lastUse, name

        /// As the screen names it.
        var words: String {
            switch self {
            case .bytes: "bytes"
            case .frees: "frees"
            case .lastUse: "last use"
            case .name: "name"
            }
        }
    }

    private(set) var all: [HostRow] = []
    /// The rows that the filter shows, in their order, each with those of its names where these are shown.
    private(set) var rows: [HostRow] = []
    /// Whose single names have rows.
    private var unfolded: Set<HostItem> = []
    private(set) var order = Order.bytes
    private(set) var filter = ""
    private var cursor = ListCursor()

    /// How many rows there are without a filter, and how many it leaves; names are not counted.
    var counts: (shown: Int, all: Int) { (rows.count { $0.item.name == nil }, all.count) }

    /// The place of the selected row among those shown.
    var selected: Int { cursor.place }
    /// The selected row; nil where none is shown.
    var row: HostRow? { rows.indices.contains(selected) ? rows[selected] : nil }

    /// Takes new rows; the cursor stays on what it is on, or at its place where that is gone.
    mutating func take(_ rows: [HostRow]) {
        let item = row?.item
        all = rows
        unfolded.formIntersection(rows.filter { !$0.nameRows.isEmpty }.map(\.item))
        arrange(item)
    }

    /// Shows the single names of the selected image, or hides them again; false where it has none to show.
    mutating func toggleNames() -> Bool {
        guard let item = row?.item.whole, let whole = all.first(where: { $0.item == item }), !whole.nameRows.isEmpty else {
            return false
        }
        if unfolded.remove(item) == nil { unfolded.insert(item) }
        arrange(item)
        return true
    }

    /// Hides the single names of the image that the selected row is a name of; false on any other row.
    mutating func foldNames() -> Bool {
        guard let item = row?.item, item.name != nil else { return false }
        unfolded.remove(item.whole)
        arrange(item.whole)
        return true
    }

    /// Goes on to the next order.
    mutating func sort() {
        order = order.next()
        arrange(row?.item)
    }

    /// Shows what has this text in a name; everything for none.
    mutating func filter(_ text: String) {
        filter = text
        arrange(row?.item)
    }

    private mutating func arrange(_ item: HostItem?) {
        rows = all.filter { $0.hasText(filter) }
        switch order {
        case .bytes: sort { ($0.diskBytes, $0.freesBytes ?? 0) }
        case .frees: sort { ($0.freesBytes ?? -1, $0.diskBytes) }
        // What was used longest ago first, and what nothing is known of last.
        case .lastUse: sort { (-($0.lastUse?.seconds ?? .max), $0.diskBytes) }
        case .name: rows.sort { ($0.title, $0.item.id) < ($1.title, $1.item.id) }
        }
        if !unfolded.isEmpty { rows = rows.flatMap { unfolded.contains($0.item) ? [$0] + $0.nameRows : [$0] } }
        let place = item.flatMap { item in
            rows.firstIndex { $0.item == item } ?? rows.firstIndex { $0.item == item.whole }
        }
        select(place ?? selected)
    }

    private mutating func sort(_ key: (HostRow) -> (Int64, Int64)) {
        let keyed = rows.indices.map { (key: key(rows[$0]), name: rows[$0].title, id: rows[$0].item.id, place: $0) }
        let order = keyed.sorted { ($1.key.0, $1.key.1, $0.name, $0.id) < ($0.key.0, $0.key.1, $1.name, $1.id) }
        let old = rows
        rows = order.map { old[$0.place] }
    }

    /// Moves the cursor.
    mutating func move(_ motion: ListMotion) { select(motion.place(from: selected)) }

    /// Moves the cursor to a row of the screen, which has so many.
    mutating func select(onScreen place: Int, of count: Int) {
        if place < count, rows.indices.contains(cursor.first + place) { select(cursor.first + place) }
    }

    private mutating func select(_ place: Int) { cursor.select(place, of: rows.count) }

    /// Moves the cursor to the first row that has the text, from the start or behind the cursor; whether there is one.
    ///
    /// What a filter hides is shown again for it.
    mutating func find(_ text: String, afterCursor: Bool = false, backwards: Bool = false) -> Bool {
        let order = backwards ? Array(rows.indices.reversed()) : Array(rows.indices)
        let behind = order.filter { backwards ? $0 < selected : $0 > selected }
        let candidates = afterCursor ? behind + order : order
        if let place = candidates.first(where: { rows[$0].hasText(text) }) {
            select(place)
            return true
        }
        guard let hidden = all.first(where: { $0.hasText(text) }) else { return false }
        filter = ""
        arrange(hidden.item)
        return true
    }

    /// The rows on a screen of so many lines, with the cursor among them.
    mutating func window(_ count: Int) -> (rows: ArraySlice<HostRow>, cursor: Int?) {
        guard count > 0, !rows.isEmpty else { return ([], nil) }
        let shown = cursor.window(count, of: rows.count)
        return (rows[shown], selected - shown.lowerBound)
    }
}

extension HostRow {
    /// What is shown of its names; without one, the beginning of the ID that `images` and `df` show.
    var title: String { names.first ?? "<none> \((id ?? item.id).suffix(64).prefix(12))" }

    /// Its whole ID, where it has one.
    private var id: String? {
        for case .id(let id) in facts { return id }
        return nil
    }

    /// Whether one of its names, its ID, or what tells it from others, has a text; capitals count as small letters.
    func hasText(_ text: String) -> Bool {
        guard !text.isEmpty else { return true }
        let wanted = Array(text.lowercased().utf8)
        return (names + [item.id, id ?? ""]).contains { Self.has(Array($0.lowercased().utf8), wanted) }
    }

    private static func has(_ bytes: [UInt8], _ wanted: [UInt8]) -> Bool {
        guard wanted.count <= bytes.count else { return false }
        return (0...(bytes.count - wanted.count)).contains { bytes[$0...].starts(with: wanted) }
    }
}
