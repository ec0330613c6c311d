import EngineStores

/// What somebody who marks images is shown of those that are left.
extension LeavingEngineImages {
    /// What goes with which images, of all that are left.
    func graph() -> MarkGraph {
        var graph = MarkGraph()
        var reach: [Int: Set<Int>] = [:]
        for (place, member) in holdings.members.enumerated() {
            var image = MarkGraph.Image(id: member.image.mark, ownBytes: member.ownBytes)
            image.after = member.children
            image.refusal = member.users.isEmpty ? nil : .usedBy(member.users.map { holdings.users[$0].container.label })
            graph.images.append(image)
            for item in member.items { reach[item, default: []].insert(place) }
        }
        for (item, images) in reach.sorted(by: { $0.key < $1.key })
        where !holdings.items[item].isUsed && !holdings.items[item].isCached {
            graph.add(holdings.items[item].bytes, of: images)
        }
        return graph
    }

    /// Of what gone images reach and what is still there: who keeps it, with bytes of that.
    func keepings() -> [MarkKeeping] {
        var isKept = Array(repeating: false, count: holdings.items.count)
        for member in holdings.members where member.isGone {
            for item in member.items {
                isKept[item] = holdings.items[item].imageCount > 0 || holdings.items[item].isUsed || holdings.items[item].isCached
            }
        }
        func bytes(_ places: some Sequence<Int>, _ isCounted: (EngineHoldings.Item) -> Bool = { _ in true }) -> Int64 {
            places.reduce(0) { isKept[$1] && isCounted(holdings.items[$1]) ? $0 + holdings.items[$1].bytes : $0 }
        }
        var found = holdings.members.filter { !$0.isGone }.map {
            MarkKeeping(keeper: .image($0.image.label), bytes: bytes($0.items))
        }
        found.append(MarkKeeping(keeper: .containers, bytes: bytes(holdings.items.indices) { $0.isUsed }))
        found.append(MarkKeeping(keeper: .buildCache, bytes: bytes(holdings.items.indices) { $0.isCached }))
        return found.filter { $0.bytes > 0 }
    }
}
