package import OCISpec

/// A name in the build cache, and what it is.
package struct CacheFile: Hashable, Sendable {
    /// What a name in the cache may be.
    package enum Kind: Hashable, Sendable {
        /// The record of a step.
        case record(CacheEntry)
        /// A record by its name that is none.
        case unreadable(DocumentError)
        /// What a writer left that is no more.
        case remnant
        /// Nothing that the cache knows.
        case stray
    }

    /// Below the store.
    package var path: String
    /// What the name was taken for; whatever fits nothing is stray.
    package var kind: Kind
}
