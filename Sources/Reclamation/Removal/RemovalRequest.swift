package import ContentStorage
package import ImageStorage
package import OCISpec
import StorageIO

/// Why `rmi` does not remove something.
package enum RemovalRefusal: Error, Hashable, Sendable {
    /// An ID, or a digest, of an image with several names; it is forced.
    case severalNames(Digest, names: [String])
    /// A digest of something that is only a part of images; forced, they go whole.
    case partOf([String], ImageLookup.Part)
    /// An entry is pinned; it is forced.
    case pinned(String)
    /// Containers were made from the image; it is forced.
    case inUse(String, containers: [String])
    /// What is asked for is several entries that are no descriptors that can be used; these are their IDs.
    case severalOddEntries(String, ids: [String])
    /// There is no such image, or it cannot be found.
    case notFound(ImageError)
}

/// What `rmi` removes of one state of `index.json`, for one name or ID after another; nothing is touched.
///
/// The rules are those of docs/reclaim.md, under names and images.
package struct RemovalRequest {
    private let lookup: ImageLookup
    private let use: ImageUse
    private let containers: [ContainerRecord]
    private let isForced: Bool
    /// What is there for the sake of something else, once that was asked.
    private var referrers: Referrers?
    /// The places of the entries that go so far.
    private var gone: Set<Int> = []

    /// A request among the entries of `lookup`; `isForced` to remove what is pinned, in use, or has several names.
    package init(_ lookup: ImageLookup, containers: [ContainerRecord], isForced: Bool) {
        self.lookup = lookup
        self.containers = containers
        self.isForced = isForced
        use = ImageUse(containers)
    }

    /// Takes what `text` means, and returns the entries that go with it.
    ///
    /// A name means that one entry, and the image stays when it has others. An ID means the image with all its names, and so is
    /// refused where there are several. `name@digest` means the entries of that repository that have the digest. With the last
    /// name of an image go its entries without one. After a refusal nothing has changed.
    package mutating func take(_ text: String) throws(RemovalRefusal) -> [NamedImage] {
        let target = try lift(try lookup.target(text, without: gone), to: RemovalRefusal.notFound)
        let places = withNameless(Set(target.places))
        let entries = places.sorted().map { lookup.names[$0] }
        if !isForced {
            let called = entries.compactMap(\.familiar)
            if let part = target.part { throw .partOf(called, part) }
            if !target.isByName, called.count > 1 { throw .severalNames(target.identity, names: called) }
            if let pinned = entries.first(where: { $0.descriptor.isPinned }) {
                throw .pinned(pinned.familiar ?? pinned.descriptor.digest.description)
            }
            let users = users(ofWhatGoesWith: places)
            if !users.isEmpty { throw .inUse(text, containers: users.map(\.id.text)) }
        }
        gone.formUnion(places)
        return entries
    }

    /// The places, with those of the entries without a name of each image that loses its last name.
    ///
    /// What is there for the sake of something else stays with that.
    private mutating func withNameless(_ places: Set<Int>) -> Set<Int> {
        var all = places
        for digest in digests(places) {
            let left = lookup.places(of: digest).filter { !places.contains($0) && !gone.contains($0) }
            guard !left.isEmpty, left.allSatisfy({ lookup.names[$0].name == nil }) else { continue }
            let referrers = referrers ?? lookup.referrers(containers: containers.map(\.image))
            self.referrers = referrers
            all.formUnion(left.filter { !referrers.isReferrerOfPresent(lookup.names[$0]) })
        }
        return all
    }

    private func digests(_ places: Set<Int>) -> Set<Digest> { Set(places.map { lookup.names[$0].descriptor.digest }) }

    /// The containers that use one of the images of which these are the last entries, and no other image that stays.
    private func users(ofWhatGoesWith places: Set<Int>) -> [ContainerRecord] {
        guard !containers.isEmpty else { return [] }
        func isLeft(_ digest: Digest) -> Bool {
            lookup.places(of: digest).contains { !gone.contains($0) && !places.contains($0) }
        }
        let images = digests(places).filter { !isLeft($0) }.flatMap { digest in
            lookup.images(holding: digest).filter { $0.digest == digest }
        }
        return images.flatMap { use.users(of: $0) }.filter { container in
            !lookup.images(holding: container.image.digest).contains { isLeft($0.digest) }
        }
    }
}
