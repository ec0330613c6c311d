package import OCISpec

extension Descriptor {
    /// The annotation by which an entry of `index.json` is pinned: no prune removes it, and `rmi` only when forced.
    package static let pinKey: ExactText = "io.strata.pinned"

    /// Whether the entry is pinned: any value but an empty one or `false` says so.
    package var isPinned: Bool { Self.isPinned(by: annotations) }

    /// Whether these annotations of an entry pin it.
    package static func isPinned(by annotations: [ExactText: String]?) -> Bool {
        guard let value = annotations?[pinKey] else { return false }
        return !value.isEmpty && value != "false"
    }

    /// The entry, pinned or not; other annotations stay.
    package func pinned(_ isPinned: Bool) -> Descriptor {
        var copy = self
        var annotations = copy.annotations ?? [:]
        annotations[Self.pinKey] = isPinned ? "true" : nil
        copy.annotations = annotations.isEmpty ? nil : annotations
        return copy
    }
}

extension ImageSummary {
    /// Whether one of its entries is pinned.
    package var isPinned: Bool { entries.contains { $0.descriptor.isPinned } }
}
