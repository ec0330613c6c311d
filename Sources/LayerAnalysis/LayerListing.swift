package import LayerArchive

/// What one layer stores, entry by entry, as a listing.
package struct LayerListing: Sendable {
    private let layer: LayerIndex

    /// A listing of `layer`.
    package init(_ layer: LayerIndex) {
        self.layer = layer
    }

    /// The entries at and below `start`, directories with the bytes of what the layer stores in them.
    ///
    /// `nil` when there is none; markers are listed at the path they act on. A path stored twice is listed once, with the
    /// bytes of all its entries: that is what the layer weighs.
    package func entries(under start: [UInt8], _ options: ListingOptions) -> [ListedEntry]? {
        var found: [[UInt8]: ListedEntry] = [:]
        for number in 0..<layer.count {
            let path = Array(layer.pathBytes[layer.pathRange(number)])
            guard let depth = Self.depth(of: path, below: start) else { continue }
            var entry =
                found[path] ?? ListedEntry(path: path, kind: nil, visibleBytes: 0, wastedBytes: 0, layer: nil, depth: depth)
            entry.kind = layer.kinds[number]
            entry.visibleBytes += layer.sizes[number]
            found[path] = entry
            if layer.sizes[number] > 0 { Self.add(layer.sizes[number], toParentsOf: path, from: start, in: &found) }
        }
        guard !found.isEmpty else { return nil }
        let limit = options.maximumDepth ?? .max
        let listed = found.values.filter { $0.depth <= limit }
        switch options.order {
        case .name: return listed.sorted { $0.path.precedes($1.path) }
        case .size:
            return listed.sorted {
                $0.visibleBytes != $1.visibleBytes ? $0.visibleBytes > $1.visibleBytes : $0.path.precedes($1.path)
            }
        }
    }

    private static func add(
        _ bytes: Int64, toParentsOf path: [UInt8], from start: [UInt8], in found: inout [[UInt8]: ListedEntry]
    ) {
        var parent = path
        while parent.count > start.count {
            parent = Array(parent[..<(parent.lastIndex(of: UInt8(ascii: "/")) ?? 0)])
            guard let depth = depth(of: parent, below: start) else { return }
            found[
                parent,
                default: ListedEntry(
                    path: parent, kind: .directory, visibleBytes: 0, wastedBytes: 0, layer: nil, depth: depth)
            ].visibleBytes += bytes
        }
    }

    /// How many parts `path` is below `start`; `nil` when it is elsewhere.
    private static func depth(of path: [UInt8], below start: [UInt8]) -> Int? {
        let slash = UInt8(ascii: "/")
        if start.isEmpty { return path.isEmpty ? 0 : path.reduce(1) { $1 == slash ? $0 + 1 : $0 } }
        guard path.starts(with: start) else { return nil }
        if path.count == start.count { return 0 }
        guard path[start.count] == slash else { return nil }
        return path[start.count...].reduce(0) { $1 == slash ? $0 + 1 : $0 }
    }
}
