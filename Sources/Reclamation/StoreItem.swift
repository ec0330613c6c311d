package import OCISpec

/// Something in the store that a root keeps, or that goes.
package enum StoreItem: Hashable, Sendable {
    /// A blob.
    case blob(Digest)
    /// A layer unpacked for mounts, by its diff ID.
    case layer(Digest)

    /// The digest that names it.
    package var digest: Digest {
        switch self {
        case .blob(let digest), .layer(let digest): digest
        }
    }
}

extension StoreItem: Comparable {
    /// Blobs first, each kind by its digest, so that listings are the same in every run.
    package static func < (left: StoreItem, right: StoreItem) -> Bool {
        switch (left, right) {
        case (.blob, .layer): true
        case (.layer, .blob): false
        default: left.digest < right.digest
        }
    }
}

/// A document that a root needs and that cannot be read: what it leads to is not known, so nothing may be called garbage.
package struct UnreadableDocument: Error, Hashable, Sendable {
    /// The document.
    package var digest: Digest
    /// Why it cannot be read; nil when it is not there.
    package var reason: UnreadableReason
}
