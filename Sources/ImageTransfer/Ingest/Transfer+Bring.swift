import ContentStorage
import ImageStorage
package import OCISpec

/// An image that a transfer brought into the store.
package struct BroughtImage: Hashable, Sendable {
    /// The names it has in the store now; none where the source had none that a store could keep.
    package var names: [Reference]
    /// The manifest or index.
    package var digest: Digest
    /// The config's digest: of the only image, or of the one for this machine; `nil` for an index without one, and for an artifact.
    package var imageID: Digest?
    /// Those of its names that another image of the store had until now.
    package var replaced: [ReplacedName] = []
}

/// A name that an image lost to one that was brought in.
package struct ReplacedName: Hashable, Sendable {
    /// The full name, which now means the image that came.
    package var name: Reference
    /// The image that had it: its ID, or what `index.json` names where it cannot be read.
    package var imageID: Digest
}

extension Transfer {
    /// Brings in `images`, which are some of the source's, for every platform that the source has whole, or for the one that the
    /// source was opened for alone; needs a session.
    ///
    /// As with `run`, artifacts alone are an error.
    package func bring(_ images: [SourceImage], at moment: Timestamp) throws(TransferError) -> [BroughtImage] {
        guard let session else { throw .content(.sessionEnded) }
        let images = try meant(images)
        let layers = try ingest.run(images.flatMap(\.images).flatMap(\.layers), workerCount: options.workerCount)
        var brought: [BroughtImage] = []
        var names: [(name: Reference?, descriptor: Descriptor)] = []
        var kept: Set<Digest> = []
        for image in images {
            let top = try keep(image, layers, session, &kept)
            names += image.entries(top)
            let imageID = try image.preferred(nil).map { chosen throws(TransferError) in
                try BuiltImage(chosen, layers).config.descriptor.digest
            }
            brought.append(BroughtImage(names: image.names, digest: top.digest, imageID: imageID))
        }
        let moved = try publish(names, at: moment)
        for place in brought.indices { brought[place].replaced = replaced(moved, by: brought[place]) }
        for (image, found) in zip(images, brought) {
            for label in image.labels { report(.unnamed(label: label, imageID: found.imageID ?? found.digest)) }
        }
        return brought
    }

    /// What to bring in of `images`: with a platform the one image for it of each, else all that is whole.
    private func meant(_ images: [SourceImage]) throws(TransferError) -> [SourceImage] {
        let choice = source.choice
        if source.platform != nil {
            let choices = try choice.choose(from: images, report: report)
            return zip(images, choices).compactMap { image, chosen in chosen.map(image.only) }
        }
        if !images.contains(where: { !$0.isArtifact && !$0.isOddArtifact }) {
            _ = try choice.choose(from: images, report: report)
        }
        try requireUndamaged(images)
        var meant: [SourceImage] = []
        for image in images {
            if let failure = image.failure {
                guard image.isOddArtifact else { throw failure }
                report(.leftOut(title: source.path, parts: [(image.title, failure)]))
                continue
            }
            // Of one that has no platform whole there is nothing to bring.
            if image.images.isEmpty, !image.isArtifact { _ = try choice.choose(from: [image], report: report) }
            if let event = image.leftOut { report(event) }
            meant.append(image)
        }
        return meant
    }

    /// The names that `image` took from images of another ID.
    private func replaced(_ moved: [MovedName], by image: BroughtImage) -> [ReplacedName] {
        let moved = moved.filter { move in image.names.contains { $0.withDefaultTag == move.name } }
        guard !moved.isEmpty else { return [] }
        let old = store.summaries(of: moved.map { NamedImage(name: nil, descriptor: $0.old) }, DocumentReader(store))
        return moved.compactMap { move in
            let id = old.first { $0.holds(move.old.digest) }?.imageID ?? move.old.digest
            return id == image.imageID ? nil : ReplacedName(name: move.name, imageID: id)
        }
    }
}

extension SourceImage {
    /// The entries for `index.json` that lead to `top`: one for each name, or a nameless one.
    func entries(_ top: Descriptor) -> [(name: Reference?, descriptor: Descriptor)] {
        names.isEmpty ? [(nil, top)] : names.map { ($0, top) }
    }
}
