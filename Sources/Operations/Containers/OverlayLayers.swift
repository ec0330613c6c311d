import ContainerRuntime
import StorageIO

/// Layers unpacked for a mount.
struct OverlayLayers {
    /// Their trees, uppermost first.
    var directories: [Directory] = []
    /// How a mount's options name them, in the same order: relative to the folder of short names.
    var names: [String] = []

    /// The tree that they show together.
    var tree: StackedTree { StackedTree(directories) }
}
