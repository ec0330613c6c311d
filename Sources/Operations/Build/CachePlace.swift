package import OCISpec

/// Where a build cache is beside the store's own.
package enum CachePlace: Hashable, Sendable {
    /// A folder with an OCI layout.
    case folder(String)
    /// A name in a registry.
    case registry(Reference)
}

/// Where the steps of a build are written besides.
package struct CacheDestination: Hashable, Sendable {
    /// The place.
    package var place: CachePlace
    /// Whether a build is well where its steps could not be written there.
    package var isOptional: Bool

    /// A place to write to.
    package init(_ place: CachePlace, isOptional: Bool = false) {
        self.place = place
        self.isOptional = isOptional
    }
}
