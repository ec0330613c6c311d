package import TextPatterns

/// How an image is to be written again without what nobody sees.
package struct OptimizeRequest: Sendable {
    /// Which layers stay byte for byte.
    package enum Kept: Hashable, Sendable {
        /// Those of the base image, as base figures find it.
        case base
        /// The lowest ones.
        case lowest(Int)
        /// Those of the base image, and all that any other image of the store has as well.
        case shared
    }

    /// Which layers stay byte for byte.
    package var kept = Kept.base
    /// Whether the layers above become one.
    package var isSquashed = false
    /// Paths that go with all below them.
    package var drops: [PathGlob] = []
    /// How layers are written.
    package var form = LayerForm()
    /// Whether kept layers are packed as asked too: their tars stay, and their blobs do not.
    var repacksKept = false

    /// A request that drops nothing and keeps the base.
    package init() {}
}
