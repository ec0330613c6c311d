import LayerAnalysis
import LayerArchive
import OCISpec
import Operations
import Reports
package import TerminalScreen
import TextValues

extension ImageView {
    /// The image with its platform and ID, or both images.
    package var title: String {
        switch subject {
        case .image(let image):
            return "\(sources[0])  \(image.analysis.image.platform ?? "")  \(image.analysis.image.imageID?.short ?? "")"
        case .pair: return "\(sources[0]) → \(sources[1])"
        case nil: return sources.joined(separator: " → ")
        }
    }

    /// What is going on, else the figures of the whole.
    package var status: String {
        let facts = [
            // First what the figures are worth: of a long name the rest may not fit.
            filter.map { "filter \($0.text), totals are partial: Esc removes it" } ?? partial.map { _ in "totals are partial" },
            activity,
        ].compactMap(\.self)
        return facts.isEmpty ? summary : facts.joined(separator: "  ")
    }

    /// The figures of the whole.
    private var summary: String {
        switch subject {
        case .image(let image):
            let totals = image.analysis.totals
            let layers = AnalysisText.counted(totals.layerCount, "layer")
            if totals.isPartial, let remark = AnalysisText.partialRemark(totals) { return "\(layers), \(remark)" }
            return "\(layers), \(settings.text(totals.visibleBytes)) visible, \(settings.text(totals.wastedBytes)) wasted"
        case .pair(let pair):
            let totals = pair.diff.totals
            guard let paths = totals.paths, let delta = totals.visibleDelta else { return "partial: not all layers are known" }
            return "\(paths.addedCount) added, \(paths.modifiedCount + paths.metadataCount) changed, "
                + "\(paths.removedCount) removed: \(settings.signed(delta)) visible"
        case nil: return "reading"
        }
    }

    /// Both panes, side by side.
    package func frame(_ size: ScreenSize, _ cells: ScreenCells) -> Frame {
        let layout = Layout(size)
        let left = layerLines(layout)
        let right = treeLines(layout)
        let lines = (0..<size.rows).map { row in
            ScreenLine(
                (left.lines.indices.contains(row) ? left.lines[row] : [Span("", width: layout.left)]) + [Span("│", .sign)]
                    + (right.lines.indices.contains(row) ? right.lines[row] : []))
        }
        let cursor = focus == .layers ? (left.cursor, 0) : (right.cursor, layout.left + 1)
        return Frame(lines, cursor: cursor)
    }

    /// How the screen is shared.
    struct Layout {
        /// Lines above those of the panes: what they show, and what their columns are.
        static let headingRows = 2
        let size: ScreenSize
        /// Columns of the layers.
        let left: Int
        var right: Int { size.columns - left - 1 }
        var rows: Int { max(0, size.rows - Self.headingRows) }

        init(_ size: ScreenSize) {
            self.size = size
            left = min(max(30, size.columns * 9 / 20), 100)
        }
    }

    private func heading(_ text: String, isFocused: Bool, width: Int) -> [Span] {
        [Span(text, isFocused ? [.bold, .underline] : .bold, width: width)]
    }

    // MARK: Layers

    private func layerLines(_ layout: Layout) -> (lines: [[Span]], cursor: Int) {
        let width = settings.columns(upTo: layers.rows.compactMap(\.bytes).max() ?? 0)
        let order =
            switch layers.order {
            case .place: "in the order of the image"
            case .bytes: "by bytes"
            case .second: "by \(layers.headings.second.lowercased())"
            }
        let range = layers.range.map { "\($0.lowerBound)-\($0.upperBound) as one" }
        var lines = [
            heading("Layers, \(range ?? order)", isFocused: focus == .layers, width: layout.left),
            [
                Span(
                    Self.right("#", layerColumns - 1) + " " + Self.right(layers.headings.first, width) + " "
                        + Self.right(layers.headings.second, width)
                        + " INSTRUCTION", width: layout.left)
            ],
        ]
        let window = layers.window(layout.rows)
        for (offset, row) in window.rows.enumerated() {
            let isSelected = window.first + offset == layers.cursor
            let isInRange = row.number.map { layers.range?.contains($0) == true } ?? false
            lines.append(line(row, layout, width, isSelected: isSelected, isInRange: isInRange))
        }
        return (lines, Layout.headingRows + layers.cursor - window.first)
    }

    /// Columns of a layer's signs and its number, with a blank behind them.
    private var layerColumns: Int {
        let digits = layers.rows.compactMap(\.number).max().map { "\($0)".utf8.count } ?? 1
        return (isPair ? 2 : 1) + max(2, digits) + 1
    }

    private var isPair: Bool { sources.count == 2 }

    private func line(_ row: LayerPane.Row, _ layout: Layout, _ width: Int, isSelected: Bool, isInRange: Bool) -> [Span] {
        let base: Style = isSelected ? (focus == .layers ? .reverse : .bold) : []
        let sign = (isInRange ? "*" : isSelected ? ">" : " ") + (isPair ? row.mark.letter : "")
        let style = isSelected ? base : row.mark.style
        let second = settings.text(row.second)
        return [
            Span(
                sign + Self.right(row.number.map(String.init) ?? "", layerColumns - 1 - sign.utf8.count) + " ", style,
                width: layerColumns),
            Span(Self.right(settings.text(row.bytes), width) + " ", base),
            Span(Self.right(second, width) + " ", isSelected ? base : (row.second ?? 0) > 0 ? wasteStyle : base),
            Span(row.instruction, base, width: layout.left - layerColumns - 2 * (width + 1)),
        ]
    }

    private var wasteStyle: Style {
        if case .pair = subject { return [] }
        return .removed
    }

    // MARK: Files

    private func treeLines(_ layout: Layout) -> (lines: [[Span]], cursor: Int) {
        guard var pane = tree else {
            return ([heading("Files", isFocused: focus == .files, width: layout.right), [], [Span(" " + (activity ?? ""))]], 2)
        }
        let places = pane.window(layout.rows)
        tree = pane
        let root = pane.tree.root
        let width = settings.columns(upTo: max(pane.tree.first(root), pane.tree.second(root)))
        let columns = pane.tree.subject == .changes ? ("AFTER", "BEFORE") : ("BYTES", "WASTE")
        let name = awaited.map { "reading \(Self.title($0))" } ?? "\(treeTitle), \(Self.words(pane.order, pane.tree.subject))"
        var lines = [
            heading((pane.tree.isFiltered ? "Filtered: " : "") + name, isFocused: focus == .files, width: layout.right),
            [Span(Self.right(columns.0, width) + " " + Self.right(columns.1, width) + "   PATH", width: layout.right)],
        ]
        for place in places {
            lines.append(line(place, pane, layout, width))
        }
        return (lines, Layout.headingRows + (places.firstIndex(of: pane.cursor) ?? 0))
    }

    var treeTitle: String {
        if case .pair = subject { return "Changes" }
        switch shown {
        case .all: return partial.map { "\($0.known) of \(AnalysisText.counted($0.of, "layer")) so far" } ?? "All layers merged"
        case .layer(let number): return "Stored by layer \(number)"
        case .changes: return Self.title(shown).prefix(1).uppercased() + Self.title(shown).dropFirst()
        }
    }

    static func words(_ order: BrowsedTree.Order, _ subject: BrowsedTree.Subject) -> String {
        switch (order, subject) {
        case (.bytes, .changes): "by difference"
        case (.bytes, _): "by bytes"
        case (.second, .changes): "by bytes before"
        case (.second, _): "by waste"
        case (.name, _): "by name"
        }
    }

    private func line(_ place: BrowsedTree.Place, _ pane: TreePane, _ layout: Layout, _ width: Int) -> [Span] {
        let tree = pane.tree
        let isSelected = place == pane.cursor
        let base: Style = isSelected ? (focus == .files ? .reverse : .bold) : []
        let mark = tree.mark(place)
        let figures = figures(place, tree)
        let first = Self.right(figures.first, width) + " "
        let second = Self.right(figures.second, width) + " "
        let isWaste = tree.subject != .changes && tree.second(place) > 0
        let indent = String(repeating: " ", count: min(pane.depth(place), layout.right / 4))
        let isFolder = tree.isDirectory(place)
        let sign = isFolder ? (pane.open.contains(place) && tree.count(of: place) > 0 ? "▾" : "▸") : " "
        let cause = note(place, tree)
        let used = 2 * (width + 1) + 2 + indent.utf8.count + 2
        let room = max(0, layout.right - used)
        // The name keeps most of the line.
        let name = name(place, tree)
        let noteWidth = min(cause.utf8.count, max(room / 2, room - TextColumns.width(name) - 1))
        return [
            Span(first, base), Span(second, isSelected || !isWaste ? base : .removed),
            Span(mark.letter + " ", isSelected ? base : mark.style),
            Span(indent + sign, base.union(.sign)), Span(" ", base),
            Span(name, isSelected ? base : mark == .removed ? .removed : [], width: noteWidth == 0 ? room : room - noteWidth - 1),
            Span(noteWidth == 0 ? "" : " ", base), Span(cause, isSelected ? base : .removed, width: noteWidth),
        ]
    }

    /// What stands in the two columns of figures; `-` for what is not known.
    func figures(_ place: BrowsedTree.Place, _ tree: BrowsedTree) -> (first: String, second: String) {
        guard tree.subject != .changes else { return (settings.text(tree.first(place)), settings.text(tree.second(place))) }
        let knowledge = image?.knowledge
        let isWhole = knowledge?.isWhole != false
        var isKnown = isWhole
        if !isWhole, tree.subject == .image, let layer = tree.layer(place) { isKnown = knowledge?.isShown(layer: layer) == true }
        if case .layer = tree.subject { isKnown = true }
        let second = tree.second(place)
        return (
            isKnown ? settings.text(tree.first(place)) : "-", isWhole ? (second > 0 ? settings.text(second) : "-") : "-"
        )
    }

    /// A name with a sign for what it is, as in listings.
    private func name(_ place: BrowsedTree.Place, _ tree: BrowsedTree) -> String {
        if place == tree.root { return "/" }
        let name = NameText.shown(tree.name(of: place))
        if tree.isDirectory(place) { return name + "/" }
        switch tree.kind(place) {
        case .symlink: return name + "@"
        case .fifo: return name + "|"
        case .socket: return name + "="
        default: return name
        }
    }

    /// What became of a path, in a word or two.
    func note(_ place: BrowsedTree.Place, _ tree: BrowsedTree) -> String {
        if tree.subject == .changes { return tree.fields(place).names.joined(separator: ",") }
        switch tree.kind(place) {
        case .whiteout: return "whiteout"
        case .opaque: return "opaque"
        default: return place == tree.root ? "" : tree.causes(place).map(\.name).joined(separator: ",")
        }
    }

    /// A text at the right end of a column.
    static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.utf8.count)) + text
    }
}

extension BrowsedTree.Mark {
    /// A letter, which colour only repeats.
    var letter: String {
        switch self {
        case .none: " "
        case .added: "A"
        case .changed: "C"
        case .removed: "D"
        }
    }

    var style: Style {
        switch self {
        case .none: []
        case .added: .added
        case .changed: .changed
        case .removed: .removed
        }
    }
}
