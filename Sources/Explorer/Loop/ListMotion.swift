import TerminalScreen

/// Where a key leads in lines that are walked or scrolled.
enum ListMotion {
    /// By so many lines; below 0 towards the first.
    case by(Int)
    case toFirst
    case toLast

    /// What a key means where a page has so many lines; nil for one that leads nowhere.
    init?(_ key: Key, page: Int) {
        switch key {
        case .down, .character("j"): self = .by(1)
        case .up, .character("k"): self = .by(-1)
        case .pageDown, .control("d"): self = .by(page)
        case .pageUp, .control("u"): self = .by(-page)
        case .home, .character("g"): self = .toFirst
        case .end, .character("G"): self = .toLast
        case .wheel(let lines): self = .by(lines)
        default: return nil
        }
    }

    /// What a key means in a text, where Return and the space bar go on, as in other pagers.
    static func inText(_ key: Key, height: Int) -> ListMotion? {
        switch key {
        case .enter: .by(1)
        case .character(" "): .by(height - 1)
        default: ListMotion(key, page: height - 1)
        }
    }

    /// The place that it leads to from another one; whoever knows the ends keeps it between them.
    func place(from here: Int) -> Int {
        switch self {
        case .by(let count): here + count
        case .toFirst: 0
        // Far from where a step more would overflow.
        case .toLast: Int.max / 2
        }
    }
}

/// The selected one of some lines, and which of them stand on the screen.
struct ListCursor {
    /// The place of the selected line.
    private(set) var place = 0
    /// The place of the first line on the screen.
    private(set) var first = 0

    /// Selects a line of so many, or the nearest one.
    mutating func select(_ place: Int, of count: Int) { self.place = max(0, min(place, count - 1)) }

    /// The places that a window of this height shows, the selected one among them.
    mutating func window(_ height: Int, of count: Int) -> Range<Int> {
        first = max(0, min(first, count - height))
        if place < first { first = place }
        if place >= first + height { first = place - height + 1 }
        return first..<min(count, first + max(0, height))
    }
}

extension CaseIterable where Self: Equatable, AllCases == [Self] {
    /// The case so many behind this one, in a circle.
    func next(by count: Int = 1) -> Self {
        let all = Self.allCases
        guard let place = all.firstIndex(of: self) else { return self }
        return all[(place + count % all.count + all.count) % all.count]
    }
}
