package import OCISpec

extension ImageFilter {
    /// What conditions compare with, beside the image itself.
    package struct Context: Sendable {
        /// The moment of asking.
        package var now: Timestamp
        /// When the images that `before` and `since` name were made; those of which it is not known are absent.
        package var created: [String: Timestamp]
        /// By the digest that `index.json` lists; images of which it is not known are absent.
        package var uniqueBytes: [Digest: Int64]

        /// A context from its parts.
        package init(now: Timestamp, created: [String: Timestamp] = [:], uniqueBytes: [Digest: Int64] = [:]) {
            self.now = now
            self.created = created
            self.uniqueBytes = uniqueBytes
        }
    }

    /// Whether one entry of the image is meant: listings have a line for each, and prunes decide about each.
    package func matches(_ entry: NamedImage, of image: ImageSummary, _ context: Context) -> Bool {
        conditions.allSatisfy { condition in
            switch condition {
            case .reference(let globs): entry.name?.isMatched(by: globs) ?? false
            case .dangling(let values): values.contains(image.isDangling(entry))
            default: condition.holds(for: image, context)
            }
        }
    }
}

extension ImageFilter.Condition {
    /// The conditions that are the same for every name of an image.
    fileprivate func holds(for image: ImageSummary, _ context: ImageFilter.Context) -> Bool {
        switch self {
        case .label(let labels):
            return image.isImage && image.variants.allSatisfy { variant in labels.contains { $0.isAmong(variant.labels) } }
        case .notLabel(let labels):
            return image.isImage && !image.variants.contains { variant in labels.contains { $0.isAmong(variant.labels) } }
        case .until(let bounds):
            // Whichever platform's image is newest decides, and none may be of unknown age.
            return image.isImage
                && image.variants.allSatisfy { Timestamp.known($0.created, now: context.now).isBefore(bounds, now: context.now) }
        case .imported(let bounds): return image.imported.isBefore(bounds, now: context.now)
        case .used(let bounds): return image.used.isBefore(bounds, now: context.now)
        case .size(let limits):
            guard let bytes = context.uniqueBytes[image.digest] else { return false }
            return limits.contains { bytes > $0 }
        case .before(let names):
            guard let created = image.created(now: context.now) else { return false }
            return names.contains { context.created[$0].map { created < $0 } ?? false }
        case .since(let names):
            guard let created = image.created(now: context.now) else { return false }
            return names.contains { context.created[$0].map { created > $0 } ?? false }
        case .reference, .dangling: return true
        }
    }
}

extension ImageFilter.Label {
    /// Whether it is among the labels of something.
    package func isAmong(_ labels: [String: String]) -> Bool {
        guard let found = labels[key] else { return false }
        return value == nil || value == found
    }
}

extension Timestamp? {
    /// Whether the moment is known and before one of the bounds.
    fileprivate func isBefore(_ bounds: [TimeBound], now: Timestamp) -> Bool {
        guard let self, self.isKnown(now: now) else { return false }
        return bounds.contains { self < $0.moment(now: now) }
    }
}

extension EntryName {
    /// Whether one of the patterns fits the name.
    fileprivate func isMatched(by globs: [ReferenceGlob]) -> Bool {
        switch self {
        case .reference(let reference): globs.contains { $0.matches(reference) }
        case .bare(let text): globs.contains { $0.matches(text) }
        }
    }
}

extension ImageStore {
    /// What `filter` compares the given images with: the images that it names are looked up.
    ///
    /// One that the store lacks is an error, as with docker.
    package func context(
        for filter: ImageFilter, among images: [ImageSummary], now: Timestamp, uniqueBytes: [Digest: Int64] = [:]
    ) throws(ImageError) -> ImageFilter.Context {
        var context = ImageFilter.Context(now: now, uniqueBytes: uniqueBytes)
        for name in filter.namedImages {
            let digest = try resolve(name).digest
            let image = images.first { $0.holds(digest) }
            context.created[name] = image?.created(now: now)
        }
        return context
    }
}
