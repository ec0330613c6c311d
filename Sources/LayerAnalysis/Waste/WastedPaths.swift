extension MergedTree {
    /// The wasted inodes, grouped by the path at which their content was stored; most bytes first, then by path.
    ///
    /// Paths whose content is empty are left out.
    func wastedPaths() -> [WastedPath] {
        let byNode = wasted.indices.sorted { node(ofWasted: $0) < node(ofWasted: $1) }
        var paths: [WastedPath] = []
        var rest = byNode[...]
        while let first = rest.first {
            let group = rest.prefix { node(ofWasted: $0) == node(ofWasted: first) }
            rest = rest[group.endIndex...]
            guard group.contains(where: { wasted[$0].bytes > 0 }) else { continue }
            paths.append(wastedPath(at: node(ofWasted: first), group.map { wasted[$0] }))
        }
        paths.sort { $0.wastedBytes != $1.wastedBytes ? $0.wastedBytes > $1.wastedBytes : $0.path.precedes($1.path) }
        return paths
    }

    /// Where the content of a wasted inode was stored.
    private func node(ofWasted place: Int) -> Int32 { inodes[Int(wasted[place].inode)].node }

    private func wastedPath(at node: Int32, _ group: [WastedInode]) -> WastedPath {
        let causes = WasteCause.allCases.compactMap { cause -> CauseBytes? in
            let bytes = group.reduce(0) { $1.cause == cause ? $0 + $1.bytes : $0 }
            return bytes == 0 ? nil : CauseBytes(cause: cause, bytes: bytes)
        }
        return WastedPath(
            path: path(of: node), wastedBytes: group.reduce(0) { $0 + $1.bytes }, copies: group.count, causes: causes,
            layers: Set(group.map(\.storedBy)).sorted(), hiddenBy: Set(group.map(\.hiddenBy)).sorted())
    }
}
