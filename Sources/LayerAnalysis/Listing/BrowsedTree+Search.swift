package import TextPatterns

/// Which paths somebody looks for.
package struct PathSearch: Sendable {
    private enum Pattern: Sendable {
        /// Part of a name; of a whole path where it has a slash. Without capitals it means either.
        case text([UInt8], isPath: Bool, ignoresCase: Bool)
        /// A glob, which means a whole name, or a whole path.
        case glob(Glob, isPath: Bool)
        /// Paths of at least so many bytes of their own.
        case atLeast(Int64)
    }

    private let pattern: Pattern

    /// Files and what is wasted, of at least so many bytes.
    package init(atLeast bytes: Int64) { pattern = .atLeast(bytes) }

    /// A text, or a glob where it has one of `*?[`.
    package init(_ text: String) throws(GlobError) {
        let isPath = text.utf8.contains(UInt8(ascii: "/"))
        guard text.utf8.contains(where: { "*?[".utf8.contains($0) }) else {
            let ignoresCase = !text.utf8.contains { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
            pattern = .text(Array(text.utf8), isPath: isPath, ignoresCase: ignoresCase)
            return
        }
        let whole = isPath ? String(text.drop { $0 == "/" }) : text
        pattern = .glob(try Glob(whole.utf8, .ignoreFile), isPath: isPath)
    }

    /// Whether a path is meant for what it is itself; `path` spells it.
    func matches(_ name: ArraySlice<UInt8>, _ own: BrowsedTree.Own, path: () -> [UInt8]) -> Bool {
        switch pattern {
        case .text(let text, let isPath, let ignoresCase):
            return isPath
                ? Self.contains(text, in: ([UInt8(ascii: "/")] + path())[...], ignoresCase: ignoresCase)
                : Self.contains(text, in: name, ignoresCase: ignoresCase)
        case .glob(let glob, let isPath): return isPath ? glob.matches(path()[...]) : glob.matches(name)
        case .atLeast(let bytes): return own.first >= bytes || own.second >= bytes
        }
    }

    /// Whether all that a directory holds is meant where it is.
    var takesWhatIsBelow: Bool {
        if case .atLeast = pattern { return false }
        return true
    }

    private static func contains(_ text: [UInt8], in name: ArraySlice<UInt8>, ignoresCase: Bool) -> Bool {
        guard let first = text.first else { return true }
        guard name.count >= text.count else { return false }
        return name.withUnsafeBufferPointer { name in
            text.withUnsafeBufferPointer { text in
                for start in 0...(name.count - text.count)
                where (ignoresCase ? lower(name[start]) : name[start]) == first {
                    var length = 1
                    while length < text.count,
                        (ignoresCase ? lower(name[start + length]) : name[start + length]) == text[length]
                    {
                        length += 1
                    }
                    if length == text.count { return true }
                }
                return false
            }
        }
    }

    private static func lower(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}

extension BrowsedTree {
    /// The first path behind `place`, in an order and round its end, that is looked for; nil where none is.
    package func match(_ search: PathSearch, behind place: Place, _ order: Order) -> Place? {
        var speller = PathSpeller(names)
        var here = place
        for _ in 0...shownCount {
            here = following(here, order)
            if search.matches(name(of: here), own[Int(here.node)], path: { speller.path(of: here.node) }),
                here.node != MergedTree.root
            {
                return here
            }
        }
        return nil
    }

    /// The path that comes next when everything is open; the root behind the last one.
    private func following(_ place: Place, _ order: Order) -> Place {
        if count(of: place) > 0 { return child(0, of: place, order) }
        var here = place
        while let above = parent(of: here) {
            let next = rank(of: here, order) + 1
            if next < count(of: above) { return child(next, of: above, order) }
            here = above
        }
        return root
    }

    /// The tree of the paths that are looked for, all that they hold, and the directories above; its sums are theirs.
    package func filtered(_ search: PathSearch) -> BrowsedTree {
        var speller = PathSpeller(names)
        var kept = own
        var isMeant = Array(repeating: false, count: own.count)
        var order: [Int32] = []
        order.reserveCapacity(shownCount + 1)
        var pending = [MergedTree.root]
        while let node = pending.popLast() {
            order.append(node)
            let number = Int(node)
            let above = names.nodes[number].parent
            isMeant[number] =
                (search.takesWhatIsBelow && above >= 0 && isMeant[Int(above)])
                || (node != MergedTree.root
                    && search.matches(names.name(of: node), own[number], path: { speller.path(of: node) }))
            if !isMeant[number] {
                kept[number].first = 0
                kept[number].second = 0
                kept[number].isShown = false
                if subject != .changes { kept[number].details = 0 }
            }
            let entries = children[Order.name.rawValue][Int(starts[number])..<Int(starts[number] + counts[number])]
            pending.append(contentsOf: entries.reversed())
        }
        return BrowsedTree(subject, names, kept, isFiltered: true, order: order)
    }
}
