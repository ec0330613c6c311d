import ContentStorage
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
    /// Why it cannot be read.
    package var reason: UnreadableReason
    /// Who needs it.
    package var neededBy: Needer?

    /// Its digest, as it is written where it is named.
    package var title: String {
        if case .oddEntry(let text, _, _) = reason { text } else { digest.description }
    }

    /// Whoever in a store may need a document.
    package enum Needer: Hashable, Sendable {
        /// An entry of `index.json`, by its name in docker's short form, if it has one.
        case entry(String?)
        /// A container, by the name of its directory, and what people call it.
        case container(String, name: String?)
    }

    /// A document that cannot be read.
    package init(digest: Digest, reason: UnreadableReason, neededBy: Needer? = nil) {
        self.digest = digest
        self.reason = reason
        self.neededBy = neededBy
    }

    /// An entry of `index.json` that is no descriptor that can be used: what it leads to is not known.
    init(_ entry: OddEntry) {
        digest = Digest(hashing: Array(entry.id.utf8))
        reason = .oddEntry(digest: entry.digest ?? entry.id, detail: entry.detail, id: entry.id)
        neededBy = .entry(entry.name)
    }
}
