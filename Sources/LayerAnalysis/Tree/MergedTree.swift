import LayerArchive

/// What keeps a layer from being applied.
package enum AnalysisError: Error, Hashable, Sendable {
    /// A hard link names something that neither its layer nor the tree below holds, or a directory.
    case linkToNowhere(layer: Int, path: [UInt8], target: [UInt8])
    /// The entry for the root directory is something else than a directory.
    case rootIsNoDirectory(layer: Int)
}

/// The tree that a stack of layers makes, and what got lost on the way (`docs/semantics.md`).
///
/// Layers are applied one after another, lowest first; after each the tree is whole. Cost: one table look-up for each part of
/// an entry's path that differs from the entry before it, and one visit of everything a marker hides.
package struct MergedTree: Sendable {
    var nodes: [TreeNode] = [TreeNode(parent: -1, nameStart: 0, nameLength: 0)]
    var inodes: [TreeInode] = []
    var names = NameTable()
    /// One more than the layer being applied; the mark of everything that layer does.
    var stamp: Int32 = 0
    /// Whether the content of a layer applied so far is not known.
    private(set) var hasUnknownLayer = false
    /// The layers, by number, that are told by their tables of contents: what files hold there compares with none of the others.
    package var tableLayers: Set<Int> = []
    /// Those among them of which it cannot be told whether a file is the same as the one that took its place, or had it before.
    package internal(set) var unsettledLayers: Set<Int> = []
    /// Figures of each layer applied so far.
    package internal(set) var layers: [LayerFigures] = []
    /// Every inode whose content no name shows any more, in the order in which they were lost.
    package internal(set) var wasted: [WastedInode] = []

    static let root: Int32 = 0

    /// The empty tree.
    package init() {}

    /// Puts a layer on top of which nothing is known.
    ///
    /// What it stores and hides is left out of everything, and a hard link of a later layer may lead to something in it.
    package mutating func applyUnknown() {
        stamp += 1
        layers.append(LayerFigures())
        hasUnknownLayer = true
    }

    /// Bytes: logical sizes of the regular files, each inode once.
    package var visibleBytes: Int64 {
        inodes.reduce(0) { $1.nameCount > 0 ? $0 + $1.size : $0 }
    }
}

/// The figures of one layer that only the tree can tell.
package struct LayerFigures: Hashable, Sendable {
    /// Every entry of the tar, markers and duplicates included.
    package var entryCount = 0
    /// Bytes: logical sizes of all regular-file entries.
    package var contentBytes: Int64 = 0
    /// Bytes of its own content that are wasted, by itself or by a later layer.
    package var hiddenBytes: Int64 = 0
    /// Bytes whose last name it takes away, its own duplicates included.
    package var hidesBytes: Int64 = 0
    /// Paths it stores that the tree below did not have.
    package var addedCount = 0
    /// Paths it stores that the tree below had.
    package var modifiedCount = 0
    /// Paths it takes away without storing anything there.
    package var removedCount = 0

    /// The figures of a layer without entries.
    package init() {}
}
