import LayerArchive

/// What the trees of several images hold, as numbers: equal numbers are the same paths with the same content and metadata.
///
/// A unit is a file with all its names, a directory, or a whiteout. Each node of each tree is looked up once.
struct UnitTable {
    /// What a number stands for.
    struct Unit {
        let kind: EntryKind
        /// Where the first tree that has it stores it; nil for a whiteout, and a directory that no entry describes.
        let source: EntrySource?
        /// The nodes of its names, the first of which has the content.
        let names: [Int32]
        /// Bytes in a tar, headers and all.
        let bytes: Int64
        /// Bytes of content.
        let size: Int64
        let content: ContentHash
    }

    /// What one tree holds.
    struct Tree {
        /// Files, by unit, and directories that entries describe.
        var units: [Int32] = []
        /// For each unit where this tree has it from.
        var sources: [EntrySource] = []
        /// By node, the unit of every directory; that of a directory that no entry describes is among no units.
        var directories: [Int32: Int32] = [:]
        /// Directories that no entry describes and nothing is in.
        var bare: [Int32] = []
    }

    private struct Key: Hashable {
        let kind: EntryKind
        let names: [Int32]
        let metadata: FileMetadata
        let xattrs: UInt64
        let size: Int64
        let content: ContentHash
        let target: [UInt8]

        /// Contents and names tell most things apart.
        func hash(into hasher: inout Hasher) {
            hasher.combine(names)
            hasher.combine(content.low)
            hasher.combine(metadata.mtimeSeconds)
        }
    }

    private(set) var units: [Unit] = []
    /// The nodes of all trees, by path.
    private(set) var paths = MergedTree()
    private var numbers: [Key: Int32] = [:]
    /// Of all layers, by the numbers that sources have.
    let indexes: [LayerIndex]

    init(_ indexes: [LayerIndex]) { self.indexes = indexes }

    // Trees

    /// The units of a tree whose layers have these numbers.
    mutating func read(_ tree: MergedTree, layers: [Int]) -> Tree {
        var result = Tree()
        var linked: [Int32: [Int32]] = [:]
        var order: [Int32] = []
        guard tree.nodes[0].below != .absent else { return result }
        var pending: [(local: Int32, node: Int32)] = [(MergedTree.root, MergedTree.root)]
        while let (local, node) = pending.popLast() {
            let state = tree.nodes[Int(local)]
            if state.below.isInode {
                let inode = state.below.inode
                if tree.inodes[Int(inode)].nameCount > 1 {
                    if linked[inode] == nil { order.append(inode) }
                    linked[inode, default: []].append(node)
                } else {
                    addFile(tree, inode, [node], layers, &result)
                }
                continue
            }
            var isBare = true
            var child = state.firstChild
            while child >= 0 {
                if tree.nodes[Int(child)].below != .absent {
                    isBare = false
                    pending.append((child, self.child(of: node, named: tree.name(of: child))))
                }
                child = tree.nodes[Int(child)].nextSibling
            }
            addDirectory(tree, local, node, layers, isBare: isBare, &result)
        }
        for inode in order { addFile(tree, inode, (linked[inode] ?? []).sorted(), layers, &result) }
        return result
    }

    private mutating func child(of node: Int32, named name: ArraySlice<UInt8>) -> Int32 {
        name.withUnsafeBufferPointer { paths.names.child($0, of: node, in: &paths.nodes) }
    }

    private mutating func addFile(
        _ tree: MergedTree, _ inode: Int32, _ names: [Int32], _ layers: [Int], _ result: inout Tree
    ) {
        let file = tree.inodes[Int(inode)]
        let source = EntrySource(layer: layers[Int(file.layer)], entry: Int(file.entry))
        let index = indexes[source.layer]
        let target = Array(tree.names.bytes[Int(file.linkStart)..<Int(file.linkStart + file.linkLength)])
        let key = Key(
            kind: file.kind, names: names, metadata: index.metadata(source.entry), xattrs: index.xattrs[source.entry],
            size: file.size, content: file.content, target: target)
        result.units.append(number(of: key, source))
        result.sources.append(source)
    }

    private mutating func addDirectory(
        _ tree: MergedTree, _ local: Int32, _ node: Int32, _ layers: [Int], isBare: Bool, _ result: inout Tree
    ) {
        let state = tree.nodes[Int(local)]
        guard state.directoryLayer >= 0 else {
            result.directories[node] = plainFolder(at: node)
            if isBare, node != MergedTree.root { result.bare.append(node) }
            return
        }
        let source = EntrySource(layer: layers[Int(state.directoryLayer)], entry: Int(state.directoryEntry))
        let index = indexes[source.layer]
        let unit = number(of: directoryKey(node, index.metadata(source.entry), index.xattrs[source.entry]), source)
        result.directories[node] = unit
        result.units.append(unit)
        result.sources.append(source)
    }

    private func directoryKey(_ node: Int32, _ metadata: FileMetadata, _ xattrs: UInt64) -> Key {
        Key(kind: .directory, names: [node], metadata: metadata, xattrs: xattrs, size: 0, content: ContentHash(), target: [])
    }

    // Numbers

    /// The unit of a directory that no entry describes.
    mutating func plainFolder(at node: Int32) -> Int32 { number(of: directoryKey(node, FileMetadata(mode: 0o755), 0), nil) }

    /// The unit of a whiteout.
    mutating func whiteout(of node: Int32) -> Int32 {
        number(
            of: Key(
                kind: .whiteout, names: [node], metadata: FileMetadata(mode: 0), xattrs: 0, size: 0, content: ContentHash(),
                target: []),
            nil)
    }

    private mutating func number(of key: Key, _ source: EntrySource?) -> Int32 {
        if let number = numbers[key] { return number }
        let number = Int32(units.count)
        numbers[key] = number
        units.append(
            Unit(kind: key.kind, source: source, names: key.names, bytes: bytes(of: key), size: key.size, content: key.content))
        return number
    }

    /// About as many bytes as a tar has of it: more than a block before the content is needed for odd times, long names and attributes.
    private func bytes(of key: Key) -> Int64 {
        let metadata = key.metadata
        var headers: Int64 = 512
        if metadata.mtimeNanoseconds != 0 || metadata.mtimeSeconds < 0 || key.xattrs != 0 || key.target.count > 100
            || metadata.uid > 0o7777777 || metadata.gid > 0o7777777
        {
            headers += 1024
        }
        return headers * Int64(key.names.count) + (key.size + 511) / 512 * 512
    }

    /// The names of a unit's nodes, those that a folder has first.
    func path(of node: Int32) -> [UInt8] { paths.path(of: node) }
}

extension LayerIndex {
    /// About as many bytes as its tar has, by the same measure.
    var plannedBytes: Int64 {
        var sum: Int64 = 1024
        for entry in 0..<count {
            sum += 512 + (sizes[entry] + 511) / 512 * 512
            if mtimeNanoseconds[entry] != 0 || mtimeSeconds[entry] < 0 || xattrs[entry] != 0 { sum += 1024 }
        }
        return sum
    }
}
