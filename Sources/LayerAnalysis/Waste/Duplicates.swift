import LayerArchive

extension MergedTree {
    /// Bytes: smaller files are not worth a word.
    private static let smallestDuplicate: Int64 = 4096

    /// Visible inodes with equal content; most extra bytes first, then by path.
    func duplicates(among visible: [Int32]) -> [DuplicateGroup] {
        let (copies, isCopy) = copies()
        var paths: [ContentKey: [[UInt8]]] = [:]
        for node in visible {
            let number = nodes[Int(node)].below.inode
            guard number >= 0, isCopy[Int(number)] else { continue }
            paths[key(of: inodes[Int(number)]), default: []].append(path(of: node))
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

    /// How many visible inodes have a content, and which inodes are not alone with theirs.
    private func copies() -> (counts: [ContentKey: Int], isCopy: [Bool]) {
        var firsts: [ContentKey: Int] = [:]
        var counts: [ContentKey: Int] = [:]
        var isCopy = Array(repeating: false, count: inodes.count)
        for (number, inode) in inodes.enumerated()
        where inode.size >= Self.smallestDuplicate && inode.nameCount > 0 && inode.kind == .file {
            let key = key(of: inode)
            if let first = firsts[key] {
                isCopy[first] = true
                isCopy[number] = true
                counts[key, default: 1] += 1
            } else {
                firsts[key] = number
            }
        }
        return (counts, isCopy)
    }

    private func key(of inode: TreeInode) -> ContentKey {
        ContentKey(size: inode.size, content: inode.content)
    }
}
