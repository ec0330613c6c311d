package import LayerArchive
import TextValues

/// What the layers of an image do to one path, from the lowest up.
package struct PathHistory: Sendable {
    /// What stands at the path.
    package struct State: Hashable, Sendable {
        /// What it is; a hard link is what its inode is.
        package var kind: EntryKind
        /// Bytes: a regular file's logical size.
        package var size: Int64
        /// The layer that stores it; nil for a directory that only came to be as a missing parent.
        package var layer: Int?
        fileprivate var inode: Int32
        fileprivate var content: ContentHash
    }

    /// What one layer does.
    package struct Event: Hashable, Sendable {
        /// What is done to the path.
        package enum Change: Hashable, Sendable {
            /// Something comes to stand there.
            case stored
            /// Another thing takes its place; the cause is what became of a file that was there.
            case replaced(WasteCause)
            /// What was there does not show any more.
            case hidden(WasteCause)
        }

        /// The layer, from 0.
        package var layer: Int
        /// What the layer does to the path.
        package var change: Change
        /// What stands there now; of what is hidden, what stood there.
        package var state: State
    }

    /// Raw bytes without a leading slash.
    package let path: [UInt8]
    /// From the lowest layer up; a layer that does nothing to the path has none.
    package private(set) var events: [Event] = []
    private var state: State?
    private var layerCount = 0

    /// A history of `path` that knows of no layer yet.
    package init(path: [UInt8]) { self.path = path }

    /// What stands at the path after the layers seen so far; nil for nothing.
    package var current: State? { state }

    /// Takes in the next layer: `tree` is the merged tree after it, `index` the layer's own entries.
    package mutating func follow(_ tree: MergedTree, _ index: LayerIndex) {
        let layer = layerCount
        layerCount += 1
        let now = tree.state(at: path)
        defer { state = now }
        switch (state, now) {
        case (nil, nil): break
        case (nil, let new?): events.append(Event(layer: layer, change: .stored, state: new))
        case (let old?, nil):
            events.append(Event(layer: layer, change: .hidden(Self.cause(of: path, in: index)), state: old))
        case (let old?, let new?):
            guard old.inode != new.inode || old.layer != new.layer else { return }
            events.append(Event(layer: layer, change: .replaced(Self.cause(old, new)), state: new))
        }
    }

    private static func cause(_ old: State, _ new: State) -> WasteCause {
        guard old.kind == new.kind, old.kind == .file || old.kind == .directory else { return .typeChange }
        return old.kind == .directory || (old.size == new.size && old.content == new.content) ? .metadataOnly : .overwritten
    }

    /// Why a path does not show any more that the layer stores nothing at: by its own entries, in the order of precedence.
    private static func cause(of path: [UInt8], in index: LayerIndex) -> WasteCause {
        var found: Set<WasteCause> = []
        for number in 0..<index.count {
            let entry = index.pathBytes[index.pathRange(number)]
            let isAbove =
                entry.count < path.count && path.starts(with: entry)
                && (entry.isEmpty || path[entry.count] == UInt8(ascii: "/"))
            switch index.kinds[number] {
            case .whiteout: if isAbove || entry.elementsEqual(path) { found.insert(.deleted) }
            case .opaque: if isAbove { found.insert(.opaque) }
            case .directory: break
            default: if isAbove { found.insert(.typeChange) }
            }
        }
        // A marker may have reached the path through a symlink, and so bear another name.
        return found.min() ?? .deleted
    }
}

extension MergedTree {
    /// What shows at `path`; nil for nothing.
    ///
    /// Symlinks are not followed.
    package func state(at path: [UInt8]) -> PathHistory.State? {
        guard let number = existingNode(at: path) else { return nil }
        let node = nodes[Int(number)]
        if node.below == .absent { return nil }
        guard node.below.isInode else {
            return PathHistory.State(
                kind: .directory, size: 0, layer: node.directoryLayer < 0 ? nil : Int(node.directoryLayer), inode: -1,
                content: ContentHash())
        }
        let inode = inodes[Int(node.below.inode)]
        return PathHistory.State(
            kind: inode.kind, size: inode.size, layer: Int(inode.layer), inode: node.below.inode, content: inode.content)
    }

    /// The path that `path` leads to when symlinks to directories on the way are followed, clamped inside the root; nil where
    /// they lead in a circle.
    package func followed(_ path: [UInt8]) -> [UInt8]? {
        PathWalk.resolve(path, followsLast: false) { place in existingNode(at: place).flatMap(linkTarget) }
    }

    private func linkTarget(ofNode number: Int32) -> [UInt8]? {
        let below = nodes[Int(number)].below
        guard below.isInode, inodes[Int(below.inode)].kind == .symlink else { return nil }
        let inode = inodes[Int(below.inode)]
        return Array(names.bytes[Int(inode.linkStart)..<Int(inode.linkStart + inode.linkLength)])
    }
}
