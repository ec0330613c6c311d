/// Why an image cannot be written again without what nobody sees.
package enum OptimizeFault: Hashable, Sendable {
    /// Of some of its layers nothing is known.
    case unknownLayers
    /// It has only so many layers.
    case fewerLayers(Int)
    /// It has a file of its own where a table of contents is to be.
    case tableInTheWay
    /// Its configuration is none.
    case noConfig
    /// What would be written shows something else at this path, so nothing was.
    case differs([UInt8])
}
