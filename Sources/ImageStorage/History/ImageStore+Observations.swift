import ContentStorage
package import OCISpec

extension ImageStore {
    /// Images of one index that are noted: real ones have a dozen.
    private static let mostPlatforms = 64

    /// Notes that names mean images from `moment` on, each for every platform that is here.
    ///
    /// Like all that the catalog keeps, a help: what cannot be read is not noted, and no command fails for it.
    package func noteNames(_ names: [(name: EntryName, descriptor: Descriptor)], at moment: Timestamp) {
        var images: [Digest: [ObservedImage]] = [:]
        catalog.note(
            names.flatMap { name, descriptor in
                let found = images[descriptor.digest] ?? observedImages(descriptor, at: moment)
                images[descriptor.digest] = found
                return found.map { name.observation(of: $0, at: moment) }
            })
    }

    /// What was noted of a repository, oldest first, after what its names mean now: another tool may have named images, an undo may
    /// have brought them back, and a catalog that was lost knows nothing of them.
    package func observations(of repository: String, now: Timestamp) throws(ImageError) -> [Observation] {
        let noted = catalog.observations(of: repository)
        let last = Dictionary(
            noted.map { (NamedPlatform(tag: $0.tag, platform: $0.image.platform), $0.image.manifest) }, uniquingKeysWith: { $1 })
        let seen = Set(noted.map(\.tag))
        let lastManifests = Dictionary(noted.map { ($0.tag, $0.image.manifest) }, uniquingKeysWith: { $1 })
        var news: [Observation] = []
        for entry in try names() {
            guard let name = entry.name, name.repositoryName == repository else { continue }
            // Of one that means the manifest that was noted last nothing needs to be read.
            if lastManifests[name.tag] == entry.descriptor.digest { continue }
            // A name of which nothing is known came with its image; one that has a past was given back just now, as far as is known.
            let moment = seen.contains(name.tag) ? now : catalog.imported(entry.descriptor.digest) ?? now
            for image in observedImages(entry.descriptor, at: moment)
            where last[NamedPlatform(tag: name.tag, platform: image.platform)] != image.manifest {
                news.append(name.observation(of: image, at: moment))
            }
        }
        guard !news.isEmpty else { return noted }
        catalog.note(news)
        return catalog.observations(of: repository)
    }

    private struct NamedPlatform: Hashable {
        var tag: String?
        var platform: String
    }

    private func observedImages(_ root: Descriptor, at moment: Timestamp) -> [ObservedImage] {
        do throws(ImageError) {
            guard case .index = try document(ImageDocument.self, root).value else {
                return [observed(try load(root, takesAnyAlone: true), at: moment)]
            }
            return try manifests(of: root).prefix(Self.mostPlatforms).compactMap { listed in
                guard case .success = listed.content else { return nil }
                do throws(ImageError) {
                    return observed(try load(listed.descriptor, takesAnyAlone: true), at: moment)
                } catch {
                    // As below, of one platform.
                    return nil
                }
            }
        } catch {
            // A trend tells what can be read; the image is noted when somebody can read it.
            return []
        }
    }

    private func observed(_ image: ImageRecord, at moment: Timestamp) -> ObservedImage {
        ObservedImage(
            manifest: image.manifestDigest, imageID: image.imageID, platform: image.platform.description,
            created: Timestamp.known(image.config.created, now: moment).map { Timestamp(seconds: $0.seconds) },
            layerCount: image.layers.count, compressedBytes: image.layers.reduce(0) { $0 + $1.descriptor.size },
            contentBytes: contentBytes(of: image))
    }

    /// Bytes that the layers store, where each was read.
    private func contentBytes(of image: ImageRecord) -> Int64? {
        var sum: Int64 = 0
        for layer in image.layers {
            let blob = layer.descriptor
            guard catalog.standing(ofBlob: blob.digest, bytes: blob.size, as: layer.diffID) == .known,
                let facts = catalog.layerFacts(layer.diffID)
            else { return nil }
            sum += facts.contentBytes
        }
        return sum
    }
}

extension EntryName {
    /// The full name of the repository; a bare name is its own.
    package var repositoryName: String {
        switch self {
        case .reference(let reference): reference.repository
        case .bare(let text): text
        }
    }

    /// The tag that an observation of the name has; a bare name is a repository without one.
    package var observedTag: String? {
        switch self {
        case .reference(let reference): reference.tag
        case .bare: nil
        }
    }

    fileprivate func observation(of image: ObservedImage, at moment: Timestamp) -> Observation {
        Observation(repository: repositoryName, tag: observedTag, observed: Timestamp(seconds: moment.seconds), image: image)
    }
}
