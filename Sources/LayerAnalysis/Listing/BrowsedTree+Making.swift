extension BrowsedTree {
    /// A tree of these names, of which each has what `own` says; directories that only hold what is shown are shown too.
    init(_ subject: Subject, _ names: MergedTree, _ own: [Own], isFiltered: Bool = false, order known: [Int32]? = nil) {
        let order = known ?? names.nodesInNameOrder(from: MergedTree.root)
        var sums = own.map { (first: $0.first, second: $0.second) }
        var details = own.map(\.details)
        var isShown = own.map(\.isShown)
        for node in order.reversed() where node != MergedTree.root {
            let (number, parent) = (Int(node), Int(names.nodes[Int(node)].parent))
            guard isShown[number] else { continue }
            isShown[parent] = true
            sums[parent].first += sums[number].first
            sums[parent].second += sums[number].second
            if subject != .changes { details[parent] |= details[number] }
        }
        var counts = Array(repeating: Int32(0), count: names.nodes.count)
        let shown = order.filter { $0 != MergedTree.root && isShown[Int($0)] }
        for node in shown { counts[Int(names.nodes[Int(node)].parent)] += 1 }
        var starts = Array(repeating: Int32(0), count: names.nodes.count)
        var end: Int32 = 0
        for node in starts.indices {
            starts[node] = end
            end += counts[node]
        }
        var filled = starts
        var byName = Array(repeating: Int32(0), count: shown.count)
        // Within each directory the nodes come by name.
        for node in shown {
            let parent = Int(names.nodes[Int(node)].parent)
            byName[Int(filled[parent])] = node
            filled[parent] += 1
        }
        self.subject = subject
        self.isFiltered = isFiltered
        self.names = names
        self.own = own
        self.sums = sums
        self.details = details
        self.starts = starts
        self.counts = counts
        shownCount = shown.count
        let weight: (Int32) -> Int64 = { node in
            let sum = sums[Int(node)]
            return subject == .changes ? abs(sum.first - sum.second) : sum.first
        }
        let bySecond: (Int32) -> Int64 = { sums[Int($0)].second }
        let orders = [
            Self.sorted(byName, starts, counts, by: weight), Self.sorted(byName, starts, counts, by: bySecond), byName,
        ]
        children = orders
        ranks = orders.map { order in
            var ranks = Array(repeating: Int32(-1), count: names.nodes.count)
            for directory in starts.indices where counts[directory] > 0 {
                for number in 0..<counts[directory] { ranks[Int(order[Int(starts[directory] + number)])] = number }
            }
            return ranks
        }
        notable = Self.notable(subject, shown, own)
    }

    /// The entries of each directory by a figure, the largest first; equals stay in the order of their names.
    private static func sorted(
        _ byName: [Int32], _ starts: [Int32], _ counts: [Int32], by figure: (Int32) -> Int64
    ) -> [Int32] {
        var sorted = byName
        for directory in starts.indices where counts[directory] > 1 {
            let range = Int(starts[directory])..<Int(starts[directory] + counts[directory])
            let keyed = byName[range].map { (figure: figure($0), node: $0) }
            sorted.replaceSubrange(range, with: keyed.sorted { $0.figure > $1.figure }.map(\.node))
        }
        return sorted
    }

    private static func notable(_ subject: Subject, _ shown: [Int32], _ own: [Own]) -> [Int32] {
        let weighed = shown.lazy.map { node -> (weight: Int64, node: Int32) in
            let own = own[Int(node)]
            return (subject == .changes ? abs(own.first - own.second) : own.second, node)
        }
        return weighed.filter { $0.weight > 0 }.sorted { $0.weight > $1.weight }.map(\.node)
    }
}
