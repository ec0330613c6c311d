extension MergedTree {
    /// The wasted inodes, grouped by the path at which their content was stored; most bytes first, then by path.
    ///
    /// Paths whose content is empty are left out.
    func wastedPaths() -> [WastedPath] {
        var byNode: [Int32: [WastedInode]] = [:]
        for inode in wasted { byNode[inodes[Int(inode.inode)].node, default: []].append(inode) }
        return byNode.map { wastedPath(at: $0, $1) }.filter { $0.wastedBytes > 0 }.sorted {
            $0.wastedBytes != $1.wastedBytes ? $0.wastedBytes > $1.wastedBytes : $0.path.precedes($1.path)
        }
    }

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
