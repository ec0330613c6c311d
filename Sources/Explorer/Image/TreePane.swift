import LayerAnalysis

/// A tree with a line that is selected and directories that are open: moving costs what is on the screen, however large the tree is.
struct TreePane {
    /// What is shown; places that a filter or another order leaves stay as they are.
    private(set) var tree: BrowsedTree
    private(set) var order = BrowsedTree.Order.bytes
    private(set) var open: Set<BrowsedTree.Place>
    /// Directories that were open in trees shown before, and that this one does not have.
    private var openElsewhere: Set<[UInt8]> = []
    private(set) var cursor: BrowsedTree.Place
    /// The line that stands first.
    private var top: BrowsedTree.Place
    /// Where the selected line stood last, from the first one.
    private var offset = 0
    /// The place among the largest that was jumped to last.
    private var notable = -1
    /// Directories that a filter opens by itself, at most.
    private static let mostOpened = 5_000

    init(_ tree: BrowsedTree, _ order: BrowsedTree.Order = .bytes) {
        self.tree = tree
        self.order = order
        open = [tree.root]
        cursor = tree.root
        top = tree.root
        if tree.isFiltered { openFiltered() }
    }

    // MARK: Walking

    /// The line below; nil for the last one.
    func next(_ place: BrowsedTree.Place) -> BrowsedTree.Place? {
        if open.contains(place), tree.count(of: place) > 0 { return tree.child(0, of: place, order) }
        var here = place
        while let above = tree.parent(of: here) {
            let number = tree.rank(of: here, order) + 1
            if number < tree.count(of: above) { return tree.child(number, of: above, order) }
            here = above
        }
        return nil
    }

    /// The line above; nil for the first one.
    func previous(_ place: BrowsedTree.Place) -> BrowsedTree.Place? {
        guard let above = tree.parent(of: place) else { return nil }
        let number = tree.rank(of: place, order)
        return number == 0 ? above : last(tree.child(number - 1, of: above, order))
    }

    /// The last line at and below a place.
    private func last(_ place: BrowsedTree.Place) -> BrowsedTree.Place {
        var here = place
        while open.contains(here), tree.count(of: here) > 0 { here = tree.child(tree.count(of: here) - 1, of: here, order) }
        return here
    }

    /// How many directories are above.
    func depth(_ place: BrowsedTree.Place) -> Int {
        var (depth, here) = (0, place)
        while let above = tree.parent(of: here) { (depth, here) = (depth + 1, above) }
        return depth
    }

    /// The lines of a window, the selected one among them.
    mutating func window(_ height: Int) -> [BrowsedTree.Place] {
        guard height > 0 else { return [] }
        var shown = lines(from: top, height) ?? []
        if !shown.contains(cursor) {
            // As little as possible is moved: the selected line becomes the first or the last one.
            top = precedes(cursor, top) ? cursor : back(from: cursor, height - 1)
            shown = lines(from: top, height) ?? [cursor]
        }
        top = shown[0]
        offset = shown.firstIndex(of: cursor) ?? 0
        return shown
    }

    private func lines(from first: BrowsedTree.Place, _ height: Int) -> [BrowsedTree.Place]? {
        guard tree.shows(first) else { return nil }
        var lines = [first]
        while lines.count < height, let line = next(lines[lines.count - 1]) { lines.append(line) }
        // Nothing is left empty below while there is something above.
        while lines.count < height, let line = previous(lines[0]) { lines.insert(line, at: 0) }
        return lines
    }

    private func back(from place: BrowsedTree.Place, _ count: Int) -> BrowsedTree.Place {
        var here = place
        for _ in 0..<max(0, count) {
            guard let above = previous(here) else { break }
            here = above
        }
        return here
    }

    private func precedes(_ left: BrowsedTree.Place, _ right: BrowsedTree.Place) -> Bool {
        let (one, other) = (ranks(left), ranks(right))
        return one.lexicographicallyPrecedes(other)
    }

    private func ranks(_ place: BrowsedTree.Place) -> [Int] {
        var ranks: [Int] = []
        var here = place
        while let above = tree.parent(of: here) {
            ranks.append(tree.rank(of: here, order))
            here = above
        }
        return ranks.reversed()
    }

    // MARK: Moving

    mutating func move(_ motion: ListMotion) {
        switch motion {
        case .toFirst: cursor = tree.root
        case .toLast: cursor = last(tree.root)
        case .by(let count):
            for _ in 0..<abs(count) {
                guard let line = count > 0 ? next(cursor) : previous(cursor) else { return }
                cursor = line
            }
        }
    }

    /// Selects a place, and opens what hides it.
    mutating func reveal(_ place: BrowsedTree.Place) {
        var here = place
        while let above = tree.parent(of: here) {
            open.insert(above)
            here = above
        }
        cursor = place
    }

    mutating func select(_ place: BrowsedTree.Place) { cursor = place }

    /// The next of the largest: of what is wasted, or of what differs; false where there is none.
    mutating func revealNextNotable() -> Bool {
        guard tree.notableCount > 0 else { return false }
        notable = (notable + 1) % tree.notableCount
        reveal(tree.notable(notable))
        return true
    }

    /// Which of the largest is selected, from 1.
    var notableNumber: Int { notable + 1 }

    // MARK: Folding

    var isOpen: Bool { open.contains(cursor) }

    mutating func unfold() { if tree.count(of: cursor) > 0 { open.insert(cursor) } }

    mutating func fold() {
        open.remove(cursor)
        // The first line may have been folded away.
        var here = top
        while let above = tree.parent(of: here) {
            if above == cursor { top = cursor }
            here = above
        }
    }

    /// Folds the selected directory, or goes to the one that holds the selected line.
    mutating func foldOrGoUp() {
        if isOpen, tree.count(of: cursor) > 0, cursor != tree.root { return fold() }
        if let above = tree.parent(of: cursor) { cursor = above }
    }

    // MARK: What is shown

    mutating func sort(_ order: BrowsedTree.Order) {
        self.order = order
        top = back(from: cursor, offset)
    }

    /// Shows another tree of the same names.
    mutating func show(_ other: BrowsedTree) {
        tree = other
        notable = -1
        while !tree.shows(cursor), let above = tree.parent(of: cursor) { cursor = above }
        if !tree.shows(top) { top = cursor }
        if tree.isFiltered { openFiltered() }
    }

    /// Takes over what was selected and open in a pane of another tree, by its paths.
    mutating func resume(_ other: TreePane) {
        order = other.order
        for path in other.openElsewhere.union(other.open.map(other.tree.path(of:))) {
            if let same = tree.place(of: path) { open.insert(same) } else { openElsewhere.insert(path) }
        }
        var path = other.tree.path(of: other.cursor)
        while tree.place(of: path) == nil { path = Array(path.prefix(upTo: path.lastIndex(of: UInt8(ascii: "/")) ?? 0)) }
        reveal(tree.place(of: path) ?? tree.root)
        top = back(from: cursor, other.offset)
    }

    /// Opens the directories that only lead to what a filter keeps.
    private mutating func openFiltered() {
        var pending = [tree.root]
        while let place = pending.popLast(), open.count < Self.mostOpened {
            guard tree.isOnlyAbove(place) || place == tree.root else { continue }
            open.insert(place)
            for number in 0..<min(tree.count(of: place), Self.mostOpened) { pending.append(tree.child(number, of: place, order)) }
        }
    }
}
