package import StorageIO

/// A bin of the trash as a look sees it.
package struct BinRecord: Hashable, Sendable {
    /// What it holds.
    package enum Content: Hashable, Sendable {
        /// What a release removed; with a time, in RFC 3339, it is kept until then, and without one about to be emptied.
        case released(until: String?, plan: String?)
        /// What a repair set aside: no time empties it.
        case setAside
    }

    /// The bin's name below `trash/`.
    package var name: PathPart
    /// What its record says, or that it cannot be read.
    package var content: Content
}
