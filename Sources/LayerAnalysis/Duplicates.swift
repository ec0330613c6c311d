import LayerArchive

extension MergedTree {
    /// Bytes: smaller files are not worth a word.
    private static let smallestDuplicate: Int64 = 4096

    private struct ContentKey: Hashable {
        var size: Int64
        var content: ContentHash

        /// The content hash is as good as random, so half of it is enough to find a place in a table.
        func hash(into hasher: inout Hasher) { hasher.combine(content.low) }
    }

    /// Visible inodes with equal content; most extra bytes first, then by path.
    func duplicates(among visible: [Int32]) -> [DuplicateGroup] {
        var copies: [ContentKey: Int] = [:]
        copies.reserveCapacity(inodes.count)
        for inode in inodes where inode.nameCount > 0 && inode.kind == .file && inode.size >= Self.smallestDuplicate {
            copies[ContentKey(size: inode.size, content: inode.content), default: 0] += 1
        }
        var paths: [ContentKey: [[UInt8]]] = [:]
        for node in visible {
            guard let key = duplicateKey(of: node), (copies[key] ?? 0) > 1 else { continue }
            paths[key, default: []].append(path(of: node))
        }
        return paths.map { key, paths in
            DuplicateGroup(
                bytes: key.size, copies: copies[key] ?? 0, paths: paths.sorted { $0.precedes($1) })
        }.sorted { left, right in
            left.extraBytes != right.extraBytes
                ? left.extraBytes > right.extraBytes
                : left.paths.lexicographicallyPrecedes(right.paths) { $0.precedes($1) }
        }
    }

    private func duplicateKey(of node: Int32) -> ContentKey? {
        let number = nodes[Int(node)].below.inode
        guard number >= 0 else { return nil }
        let inode = inodes[Int(number)]
        guard inode.kind == .file, inode.size >= Self.smallestDuplicate else { return nil }
        return ContentKey(size: inode.size, content: inode.content)
    }
}
