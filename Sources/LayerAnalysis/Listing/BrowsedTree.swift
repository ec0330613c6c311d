package import LayerArchive

/// A tree of names with figures, to be looked at a few lines at a time: what a directory holds in any order costs no more than is asked for.
///
/// The figures are those of the listings and diffs that it is made of; a directory's are the sums of what it holds here, so they are true
/// for what is shown. A value; made on a thread that may take its time.
package struct BrowsedTree: Sendable {
    /// What the figures are about.
    package enum Subject: Hashable, Sendable {
        /// All that an image shows, and what is wasted: visible and wasted bytes.
        case image
        /// What one layer stores: those bytes, and of them the wasted ones.
        case layer(Int)
        /// What differs between two trees: bytes after, and bytes before.
        case changes
    }

    /// What became of a path.
    package enum Mark: UInt8, Sendable {
        case none
        case added
        case changed
        case removed
    }

    /// In which order a directory's entries stand.
    package enum Order: Int, Sendable, CaseIterable {
        /// Most bytes first; of changes those with the largest difference.
        case bytes
        /// Most of the second figure first: wasted bytes, or the bytes before.
        case second
        /// By name, byte by byte.
        case name
    }

    /// A line's place in the tree; the same in a filtered tree of the same names.
    package struct Place: Hashable, Sendable {
        let node: Int32
    }

    /// What one path has of its own.
    struct Own: Sendable {
        var first: Int64 = 0
        var second: Int64 = 0
        /// nil for what does not show any more.
        var kind: EntryKind?
        var layer: Int32 = -1
        var entry: Int32 = -1
        var mark = Mark.none
        /// Causes of waste, a bit each; of changes the fields that differ.
        var details: UInt16 = 0
        var isShown = false
    }

    /// What the figures are about.
    package let subject: Subject
    /// Whether a filter left paths out, so that sums are those of the rest.
    package let isFiltered: Bool
    /// The names; nothing else of it is used.
    let names: MergedTree
    let own: [Own]
    /// Sums over each path and all below it.
    let sums: [(first: Int64, second: Int64)]
    let details: [UInt16]
    /// Where the entries of each directory begin in `children`, and how many they are.
    let starts: [Int32]
    let counts: [Int32]
    /// For each order the entries of all directories, and the place of each among those of its directory.
    let children: [[Int32]]
    let ranks: [[Int32]]
    /// How many paths are shown.
    package let shownCount: Int
    /// Paths with a second figure of their own, the largest first; of changes those that differ most.
    let notable: [Int32]

    /// The root.
    package var root: Place { Place(node: MergedTree.root) }

    // MARK: Lines

    /// How many entries a directory shows.
    package func count(of place: Place) -> Int { Int(counts[Int(place.node)]) }

    /// One of the entries of a directory.
    package func child(_ number: Int, of place: Place, _ order: Order) -> Place {
        Place(node: children[order.rawValue][Int(starts[Int(place.node)]) + number])
    }

    /// The directory that holds a path; nil for the root.
    package func parent(of place: Place) -> Place? {
        let parent = names.nodes[Int(place.node)].parent
        return parent < 0 ? nil : Place(node: parent)
    }

    /// The place of a path among the entries of its directory.
    package func rank(of place: Place, _ order: Order) -> Int { Int(ranks[order.rawValue][Int(place.node)]) }

    /// Whether a path is shown: a filter may have left it out.
    package func shows(_ place: Place) -> Bool { place.node == MergedTree.root || isShown(place.node) }

    func isShown(_ node: Int32) -> Bool { ranks[0][Int(node)] >= 0 }

    /// The path's last part as raw bytes; empty for the root.
    package func name(of place: Place) -> ArraySlice<UInt8> { names.name(of: place.node) }

    /// The path as raw bytes, without a leading slash.
    package func path(of place: Place) -> [UInt8] { names.path(of: place.node) }

    /// Where a path stands; nil where it is not shown.
    package func place(of path: [UInt8]) -> Place? {
        guard let node = names.existingNode(at: path), node == MergedTree.root || isShown(node) else { return nil }
        return Place(node: node)
    }

    // MARK: Figures

    /// Visible bytes, stored bytes, or bytes after.
    package func first(_ place: Place) -> Int64 { sums[Int(place.node)].first }
    /// Wasted bytes, or bytes before.
    package func second(_ place: Place) -> Int64 { sums[Int(place.node)].second }
    /// What it is; nil for what does not show any more.
    package func kind(_ place: Place) -> EntryKind? {
        // A directory that only holds what is listed may itself be on no list.
        own[Int(place.node)].kind ?? (subject != .image && counts[Int(place.node)] > 0 ? .directory : nil)
    }
    /// Whether it holds entries.
    package func isDirectory(_ place: Place) -> Bool {
        counts[Int(place.node)] > 0 || kind(place) == .directory
    }
    /// Whether it does not show any more, and is there for its wasted bytes.
    package func isGone(_ place: Place) -> Bool { subject == .image && own[Int(place.node)].kind == nil }
    /// Whether a filter left it only for what it holds.
    package func isOnlyAbove(_ place: Place) -> Bool { !own[Int(place.node)].isShown }
    /// The layer that stores it, of changes that of the tree after, where it shows there; nil for a directory.
    package func layer(_ place: Place) -> Int? { own[Int(place.node)].layer < 0 ? nil : Int(own[Int(place.node)].layer) }
    /// What became of it.
    package func mark(_ place: Place) -> Mark { own[Int(place.node)].mark }

    /// The layer and the entry that store what shows, or of what is gone what was stored last; nil for a directory.
    package func source(_ place: Place) -> EntrySource? {
        let own = own[Int(place.node)]
        return own.layer < 0 || own.entry < 0 ? nil : EntrySource(layer: Int(own.layer), entry: Int(own.entry))
    }

    /// Why bytes at and below a path are wasted.
    package func causes(_ place: Place) -> [WasteCause] {
        if subject == .changes { return [] }
        return WasteCause.allCases.filter { details[Int(place.node)] & 1 << $0.rawValue != 0 }
    }

    /// What differs of a path that both trees show.
    package func fields(_ place: Place) -> PathChange.Fields {
        subject == .changes ? PathChange.Fields(rawValue: own[Int(place.node)].details) : []
    }

    /// The paths with a second figure of their own, the largest first: wasted paths; of changes, those that differ most.
    package var notableCount: Int { notable.count }
    /// One of them.
    package func notable(_ number: Int) -> Place { Place(node: notable[number]) }
}
