/// An entry of one of the layers that a tree was made of.
package struct EntrySource: Hashable, Sendable {
    /// The layer's number, from 0.
    package var layer: Int
    /// The entry's place in the layer's index.
    package var entry: Int

    /// A source from its parts.
    package init(layer: Int, entry: Int) {
        self.layer = layer
        self.entry = entry
    }
}

/// The merged tree as one tar would hold it, and where everything in it comes from.
package struct TreeExport: Hashable, Sendable {
    /// A directory that shows.
    package struct Directory: Hashable, Sendable {
        /// Raw bytes without a leading slash; empty for the root.
        package var path: [UInt8]
        /// The entry that describes it; `nil` for one that came to be as a missing parent.
        package var source: EntrySource?
    }

    /// Something else that shows, under each of its names.
    package struct File: Hashable, Sendable {
        /// The entry's place in its layer's index.
        package var entry: Int
        /// Raw bytes without a leading slash, sorted; the first is the one that holds the content, the others are hard links to it.
        package var paths: [[UInt8]]
    }

    /// Every directory, each before what it holds; the root only where some layer stored it.
    package var directories: [Directory]
    /// For each layer what it stores of what shows, in the order of its entries.
    package var layers: [[File]]
}

extension MergedTree {
    /// What shows, by the entries that hold it.
    ///
    /// Equal trees of equal layers give equal exports.
    package func export() -> TreeExport {
        var directories: [TreeExport.Directory] = []
        var paths: [Int32: [[UInt8]]] = [:]
        for number in visibleNodes() {
            let node = nodes[Int(number)]
            if node.below.isInode {
                paths[node.below.inode, default: []].append(path(of: number))
                continue
            }
            let source =
                node.directoryLayer < 0
                ? nil : EntrySource(layer: Int(node.directoryLayer), entry: Int(node.directoryEntry))
            if number == Self.root, source == nil { continue }
            directories.append(TreeExport.Directory(path: path(of: number), source: source))
        }
        var files: [[TreeExport.File]] = Array(repeating: [], count: layers.count)
        for (number, names) in paths {
            let inode = inodes[Int(number)]
            files[Int(inode.layer)].append(
                TreeExport.File(entry: Int(inode.entry), paths: names.sorted { $0.precedes($1) }))
        }
        return TreeExport(
            directories: directories.sorted { $0.path.precedes($1.path) },
            layers: files.map { $0.sorted { $0.entry < $1.entry } })
    }
}
