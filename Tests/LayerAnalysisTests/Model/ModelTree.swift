import LayerArchive

/// A path as the names it is made of; the root directory has none.
typealias Names = [[UInt8]]

/// A non-directory, with however many names.
struct ModelInode: Sendable {
    /// Never a directory, hard link or marker.
    let kind: EntryKind
    let size: Int64
    let content: ContentHash
    let linkTarget: [UInt8]
    /// The layer that stores it.
    let layer: Int
    /// Where it was stored.
    let path: Names

    func hasContent(of other: ModelInode) -> Bool {
        size == other.size && content == other.content
    }
}

/// What a path holds.
enum ModelNode: Equatable, Sendable {
    case directory
    /// A number among all inodes of the image.
    case inode(Int)
    /// A number among the hard links of the layer being applied; none is left in a finished tree.
    case link(Int)
}

/// A hard link of the layer being applied: the places where its inode is looked for, in this order.
struct ModelLink: Sendable {
    /// The target's path after symlinks, as they were when the link came.
    let target: Names
    /// What this layer had stored at the target when the link came.
    let before: ModelNode?
    /// What this layer stored there first, after the link.
    var after: ModelNode?
    /// What the lower tree has there, hidden or not.
    let below: Int?
}

/// What paths are to one another.
enum ModelPath {
    /// The names of `path`, without empty ones.
    static func names(_ path: [UInt8]) -> Names {
        path.split(separator: UInt8(ascii: "/")).map(Array.init)
    }

    /// The bytes of a path made of `names`.
    static func bytes(_ names: some Sequence<[UInt8]>) -> [UInt8] {
        Array(names.joined(separator: [UInt8(ascii: "/")]))
    }

    /// Every directory above `path`, the root first; without `path` itself.
    static func parents(of path: Names) -> [Names] {
        (0..<path.count).map { Array(path[..<$0]) }
    }

    /// Whether `directory` stands above `path`, and is not `path` itself.
    static func isAbove(_ directory: Names, _ path: Names) -> Bool {
        directory.count < path.count && path.starts(with: directory)
    }

    /// The order of paths by their bytes.
    static func isBefore(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.lexicographicallyPrecedes(right)
    }
}
