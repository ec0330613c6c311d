/// What can be told of an image at all: of some layers nobody has the content, and names may have lost what tells them apart.
///
/// The one place that says which figures are known. What is not known is nil, never 0.
package struct ImageKnowledge: Hashable, Sendable {
    private let isKnown: [Bool]
    /// Whether two names that lost bytes read alike, so that nobody knows which paths are the same.
    package let hasAmbiguousNames: Bool

    /// What is known of an image of these layers, lowest first.
    package init(_ layers: [LayerIdentity], hasAmbiguousNames: Bool = false) {
        isKnown = layers.map { !$0.isAbsent }
        self.hasAmbiguousNames = hasAmbiguousNames
    }

    /// Layers whose content is not known.
    package var unknownLayerCount: Int { isKnown.count { !$0 } }

    /// Whether everything is known.
    package var isWhole: Bool { unknownLayerCount == 0 && !hasAmbiguousNames }

    /// Whether the content of a layer is known.
    package func isKnown(layer: Int) -> Bool { isKnown[layer] }

    /// Whether the content of every layer from `first` on is known.
    package func isKnown(from first: Int) -> Bool { !isKnown.dropFirst(first).contains(false) }

    /// Whether what a layer stores shows, as far as this image goes: what lies above it is known.
    package func isShown(layer: Int) -> Bool { !hasAmbiguousNames && isKnown(from: layer + 1) }

    /// Of a layer's figures those that are known.
    ///
    /// Its own content is where it was read; what it takes away where the layers below are known too; what of it is hidden where all
    /// layers are, since a path may go through a symlink of a lower one.
    package func figures(_ figures: LayerFigures, ofLayer layer: Int) -> KnownFigures {
        guard isKnown[layer] else { return KnownFigures() }
        var known = KnownFigures(entryCount: figures.entryCount, contentBytes: figures.contentBytes)
        if !hasAmbiguousNames, !isKnown.prefix(layer).contains(false) {
            known.hidesBytes = figures.hidesBytes
            known.addedCount = figures.addedCount
            known.modifiedCount = figures.modifiedCount
            known.removedCount = figures.removedCount
        }
        if isWhole { known.hiddenBytes = figures.hiddenBytes }
        return known
    }
}

/// A layer's figures, each nil where it is not known; `LayerFigures` says what they are.
package struct KnownFigures: Hashable, Sendable {
    /// Entries of the tar.
    package var entryCount: Int?
    /// Bytes of the regular files that the layer stores.
    package var contentBytes: Int64?
    /// Of its own bytes, those that a later layer or the layer itself hides: known only with every layer above.
    package var hiddenBytes: Int64?
    /// Bytes that it takes away, its own duplicates included: known only with every layer below.
    package var hidesBytes: Int64?
    /// Paths that the tree below did not have.
    package var addedCount: Int?
    /// Paths that the tree below had, stored anew.
    package var modifiedCount: Int?
    /// Paths that it takes away without storing anything there.
    package var removedCount: Int?
}

extension Sequence {
    /// The sum of what `body` gives; nil where it gives nil for any.
    package func knownSum<Number: AdditiveArithmetic>(_ body: (Element) -> Number?) -> Number? {
        var sum = Number.zero
        for element in self {
            guard let value = body(element) else { return nil }
            sum += value
        }
        return sum
    }
}
