package import ContentStorage
package import OCISpec

/// What counts as use of an image; docs/images.md says it to people.
///
/// An image is used when a container of it is made, started or removed, when something is built from it, and when it is pushed or
/// looked into by name. What a container has, running or not, is used at this moment. Uses are kept in the catalog, under the
/// digest by which the image was found and under that of the manifest: whoever runs one platform's image by its ID uses the index
/// that lists it as well.
extension ImageStore {
    /// Notes that the image is used at `moment`, whatever it was asked for by.
    package func noteUse(of image: ImageRecord, at moment: Timestamp) {
        noteUse(of: image.root, at: moment)
        if image.manifestDigest != image.root.digest { catalog.recordUsed(image.manifestDigest, at: moment) }
    }

    /// Notes that what the descriptor names, a manifest or an index, is used at `moment`.
    package func noteUse(of image: Descriptor, at moment: Timestamp) { catalog.recordUsed(image.digest, at: moment) }
}

extension ImageSummary {
    /// Its own digests and those of the images for one platform that it lists: by any of them it may have been used.
    private var usableDigests: [Digest] { entries.map(\.descriptor.digest) + variants.map(\.manifest) }

    /// Whether a container was made from one of these digests, and it is what they name or lists it.
    fileprivate func isUsed(by digests: Set<Digest>) -> Bool { usableDigests.contains(where: digests.contains) }

    /// The latest of the moments at which it, or one of its images, was used; nil where none is known.
    func lastUsed(_ moments: [Digest: ImageMoments]) -> Timestamp? {
        usableDigests.compactMap { moments[$0]?.used }.max()
    }
}

extension [ImageSummary] {
    /// The images, with what the containers have as used at `now`.
    package func used(by containers: [ContainerRecord], at now: Timestamp) -> [ImageSummary] {
        guard !containers.isEmpty else { return self }
        let digests = Set(containers.map(\.image.digest))
        return map { image in
            guard image.isUsed(by: digests) else { return image }
            var copy = image
            copy.used = Swift.max(image.used ?? now, now)
            return copy
        }
    }
}
