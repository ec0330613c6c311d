/// How images are to be written again so that they share what they have in common.
package struct AcrossRequest: Hashable, Sendable {
    /// Whose bytes are to be as few as possible.
    package enum Goal: String, Hashable, Sendable, CaseIterable {
        /// A registry's, or a store's like this one: each layer is there once.
        case registry
        /// A host's on which all of the images are unpacked: each layer is there once for each stack of layers below it.
        case host
    }

    /// Which layers stay byte for byte.
    package enum Kept: Hashable, Sendable {
        /// The lowest ones that an image has in common with another, where that takes no more bytes.
        case shared
        /// So many of the lowest.
        case lowest(Int)
    }

    /// Layers of an image that engines take for sure: overlayfs and docker have their limits just above.
    package static let mostLayers = 127

    /// Whose bytes are to be as few as possible.
    package var goal = Goal.registry
    /// Which layers stay byte for byte.
    package var kept = Kept.shared
    /// How many layers an image has at the most, those that stay included.
    package var maxLayers = 32

    /// A request for a registry that keeps shared layers.
    package init() {}
}

/// Bytes of several images together.
package struct AcrossBytes: Hashable, Sendable {
    /// Where each layer is stored once.
    package var registry: Int64
    /// Where a layer is stored once for each stack of layers below it.
    package var host: Int64

    /// Figures from their parts.
    package init(registry: Int64 = 0, host: Int64 = 0) {
        self.registry = registry
        self.host = host
    }

    /// Bytes by these images' layers, each with its number, lowest first.
    ///
    /// `contents` are equal for layers that are one when they are unpacked, and `unpacked` are the bytes that they then have.
    package init(
        _ stacks: [[Int]], contents: (Int) -> Int = { $0 }, bytes: (Int) -> Int64, unpacked: (Int) -> Int64
    ) {
        struct Step: Hashable {
            let below: Int
            let content: Int
        }
        var layers: Set<Int> = []
        var chains: [Step: Int] = [:]
        registry = 0
        host = 0
        for stack in stacks {
            var below = 0
            for layer in stack {
                if layers.insert(layer).inserted { registry += bytes(layer) }
                let step = Step(below: below, content: contents(layer))
                if let known = chains[step] {
                    below = known
                    continue
                }
                below = chains.count + 1
                chains[step] = below
                host += unpacked(layer)
            }
        }
    }

    /// The figure that is to be small.
    package subscript(goal: AcrossRequest.Goal) -> Int64 { goal == .registry ? registry : host }
}
