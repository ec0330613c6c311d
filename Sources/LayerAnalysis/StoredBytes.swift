/// Bytes that one layer stores at one path: those that show, or those that are wasted.
package struct StoredBytes: Hashable, Sendable {
    /// Raw bytes without a leading slash: the first of the names of what shows, else where it was stored.
    package var path: [UInt8]
    package var bytes: Int64
    /// The layer that stores them.
    package var layer: Int
    package var isWasted: Bool
}

extension MergedTree {
    /// Every byte of content that the layers store, by path; the sums are those of the analysis.
    package func storedBytes() -> [StoredBytes] {
        var found: [StoredBytes] = []
        let firstNames = firstNames()
        for node in visibleNodes() {
            let number = nodes[Int(node)].below.inode
            guard number >= 0, inodes[Int(number)].size > 0, firstNames[number] ?? node == node else { continue }
            let inode = inodes[Int(number)]
            found.append(StoredBytes(path: path(of: node), bytes: inode.size, layer: Int(inode.layer), isWasted: false))
        }
        for inode in wasted where inode.bytes > 0 {
            found.append(
                StoredBytes(path: storedPath(ofInode: inode.inode), bytes: inode.bytes, layer: inode.storedBy, isWasted: true))
        }
        return found.sorted { $0.path.precedes($1.path) }
    }
}
