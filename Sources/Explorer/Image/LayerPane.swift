import LayerAnalysis
import Operations
import Reports

/// The layers of an image, or those of two, with a line for all of them together.
struct LayerPane {
    /// One line.
    struct Row {
        /// Its place among the lines of the image's own order.
        var id: Int
        /// Its place in the image; nil for all layers together.
        var number: Int?
        /// Of two images who has it: A, D, or both.
        var mark = BrowsedTree.Mark.none
        /// Bytes that it stores; before it was read those of its blob.
        var bytes: Int64?
        /// Bytes of these that are wasted; of two images those that the other stores too.
        var second: Int64?
        /// What made it, in one line.
        var instruction: String
    }

    /// In which order they stand.
    enum Order: CaseIterable {
        case place
        case bytes
        case second
    }

    /// What the two columns of figures are called.
    var headings = (first: "BLOB", second: "WASTE")
    private(set) var rows: [Row] = []
    private(set) var order = Order.place
    private var place = ListCursor()
    /// The selected line among `rows`.
    var cursor: Int { place.place }
    /// The layer at which a range begins.
    var anchor: Int?

    /// The selected line.
    var selected: Row? { rows.indices.contains(cursor) ? rows[cursor] : nil }
    /// The layers from the beginning of the range to the selected one.
    var range: ClosedRange<Int>? {
        guard let anchor, let number = selected?.number else { return nil }
        return min(anchor, number)...max(anchor, number)
    }

    /// Shows other lines, the one of the same layer selected.
    mutating func show(_ rows: [Row], headings: (first: String, second: String)) {
        self.headings = headings
        arrange(rows)
    }

    mutating func sortNext() {
        order = order.next()
        arrange(rows)
    }

    private mutating func arrange(_ rows: [Row]) {
        let id = selected?.id
        self.rows = Self.sorted(rows, order)
        move(to: self.rows.firstIndex { $0.id == id } ?? 0)
    }

    /// The line for all of them stays the first.
    private static func sorted(_ rows: [Row], _ order: Order) -> [Row] {
        let layers = rows.filter { $0.number != nil }.sorted { $0.id < $1.id }
        let sorted =
            switch order {
            case .place: layers
            case .bytes: layers.sorted { ($0.bytes ?? -1) > ($1.bytes ?? -1) }
            case .second: layers.sorted { ($0.second ?? -1) > ($1.second ?? -1) }
            }
        return rows.filter { $0.number == nil } + sorted
    }

    mutating func move(_ motion: ListMotion) { move(to: motion.place(from: cursor)) }
    mutating func move(to place: Int) { self.place.select(place, of: rows.count) }

    /// The lines of a window, the selected one among them, and the number of the first.
    mutating func window(_ height: Int) -> (first: Int, rows: ArraySlice<Row>) {
        let shown = place.window(height, of: rows.count)
        return (shown.lowerBound, rows[shown])
    }
}
