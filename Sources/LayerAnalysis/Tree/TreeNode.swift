import LayerArchive

/// What stands at a path: nothing, a directory, or an inode of another kind.
struct NodeState: Hashable, Sendable {
    private let raw: Int32

    static let absent = NodeState(raw: -1)
    static let directory = NodeState(raw: -2)

    static func inode(_ number: Int32) -> NodeState { NodeState(raw: number) }

    private init(raw: Int32) { self.raw = raw }

    /// The inode's number, or -1 for nothing and for a directory.
    var inode: Int32 { raw < 0 ? -1 : raw }
    var isInode: Bool { raw >= 0 }
}

/// A path of the tree, whether or not something stands there now.
///
/// `below` is the tree under the layer that is being applied, `own` what that layer stores. All marks carry the stamp of the
/// layer that set them, so that nothing needs to be reset between layers.
struct TreeNode: Sendable {
    var parent: Int32
    var nameStart: UInt32
    var nameLength: UInt32
    var firstChild: Int32 = -1
    var nextSibling: Int32 = -1
    var below: NodeState = .absent
    var own: NodeState = .absent
    var ownStamp: Int32 = 0
    /// The children with an `own`, linked through `nextOwn`; valid while `ownStamp` is the layer's.
    var firstOwnChild: Int32 = -1
    var nextOwn: Int32 = -1
    /// A whiteout of this path.
    var whiteoutStamp: Int32 = 0
    /// An opaque marker in this directory.
    var opaqueStamp: Int32 = 0
    /// The layer stored a non-directory here, so that nothing of the tree below shows under this path.
    var cutStamp: Int32 = 0
    /// What stands here was stored by an entry of some layer (else it is a directory that came to be as a missing parent).
    var isExplicitBelow = false
    var isExplicitOwn = false
    /// The directory's entry in the layer being applied, when that stores one; as valid as `own`.
    var ownEntry: Int32 = -1
    /// The layer, and its entry, that stored the directory last; -1 for one that came to be as a missing parent.
    var directoryLayer: Int32 = -1
    var directoryEntry: Int32 = -1
}

/// A file, symlink or other non-directory, however many names it has.
struct TreeInode: Sendable {
    /// Meaningless while `isPending`.
    var kind: EntryKind
    /// A hard link whose target has not been seen yet.
    var isPending = false
    /// What took names away in the layer `lossStamp`.
    var losses = WasteCauseSet()
    /// The layer that stores it, and its entry there.
    var layer: Int32
    var entry: Int32
    /// The path at which it was stored.
    var node: Int32
    /// Bytes: logical size; 0 for anything but a regular file.
    var size: Int64
    var content: ContentHash
    /// A symlink's target within the tree's bytes.
    var linkStart: UInt32 = 0
    var linkLength: UInt32 = 0
    /// Names in the tree below; brought up to date when a layer is committed.
    var nameCount: Int32 = 0
    var lossStamp: Int32 = 0
    /// A hard link whose target has not been seen yet stands for another inode once it has.
    var standsFor: Int32 = -1
    /// What a pending link leads to as long as its target is not stored: what the tree below has there; -1 for nothing.
    var provisional: Int32 = -1
}
