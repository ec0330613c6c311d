package import OCISpec

/// A base image, and how it is known.
package struct BaseImage: Hashable, Sendable {
    /// How many of the image's layers are the base's; at least 1.
    package var layerCount: Int
    /// The base's name or digest.
    package var name: String

    /// A base from its parts.
    package init(layerCount: Int, name: String) {
        self.layerCount = layerCount
        self.name = name
    }

    /// The candidate whose diff IDs are the longest proper prefix of `diffIDs`; of equals the first by name.
    package static func longestPrefix(
        of diffIDs: [Digest], among candidates: [(name: String, diffIDs: [Digest])]
    ) -> BaseImage? {
        candidates
            .filter { !$0.diffIDs.isEmpty && $0.diffIDs.count < diffIDs.count && diffIDs.starts(with: $0.diffIDs) }
            .max { ($0.diffIDs.count, $1.name) < ($1.diffIDs.count, $0.name) }
            .map { BaseImage(layerCount: $0.diffIDs.count, name: $0.name) }
    }
}
