package import ContentStorage
package import ImageStorage
package import OCISpec
import StorageIO

/// What `rmi` was asked to remove, and which entries of `index.json` that means: a pure decision.
package struct RemovalRequest: Sendable {
    /// Why something is not removed.
    package enum Refusal: Error, Hashable, Sendable {
        /// An ID, or a digest, of an image with several names; it is forced.
        case severalNames(Digest, names: [String])
        /// An entry is pinned; it is forced.
        case pinned(String)
        /// Containers were made from the image; it is forced.
        case inUse(String, containers: [String])
        /// There is no such image, or it cannot be found.
        case notFound(ImageError)
    }

    /// A name, an ID or a digest.
    package let text: String
    /// Whether to remove what is pinned, in use, or has several names.
    package let isForced: Bool

    /// A request from its parts.
    package init(_ text: String, isForced: Bool) {
        self.text = text
        self.isForced = isForced
    }

    /// The entries to remove, in a state of the index.
    ///
    /// A name means that one entry, and the image stays when it has others. An ID means the image with all its names, and so
    /// is refused where there are several. `name@digest` means the entries of that repository that have the digest.
    package func decide(
        among names: [NamedImage], in store: ImageStore, containers: [ContainerRecord]
    ) throws(Refusal) -> [NamedImage] {
        let target: ImageTarget
        do throws(ImageError) { target = try store.target(text, in: names) } catch { throw .notFound(error) }
        let entries = target.entries
        if !isForced {
            let called = entries.compactMap(\.familiar)
            if !target.isByName, called.count > 1 { throw .severalNames(target.identity, names: called) }
            if let pinned = entries.first(where: { $0.descriptor.isPinned }) {
                throw .pinned(pinned.familiar ?? pinned.descriptor.digest.description)
            }
            let gone = Set(entries.map(\.descriptor.digest))
            let left = Set(names.filter { !entries.contains($0) }.map(\.descriptor.digest))
            let users = containers.filter { gone.contains($0.image.digest) && !left.contains($0.image.digest) }
            if !users.isEmpty { throw .inUse(text, containers: users.map(\.id.text)) }
        }
        return entries
    }
}
