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
    ///
    /// What is not known of an image fulfils no condition.
    package func matches(_ entry: NamedImage, of image: ImageSummary, _ context: Context) -> Bool {
        answer(entry, of: image, context) == true
    }

    /// The same; nil where it is not known, since what is known neither rules it out nor is all.
    package func answer(_ entry: NamedImage, of image: ImageSummary, _ context: Context) -> Bool? {
        var isKnown = true
        for condition in conditions {
            let holds: Bool? =
                switch condition {
                case .reference(let globs):
                    entry.name.map { $0.isMatched(by: globs) }
                        ?? (!image.aliases.isEmpty && image.aliases.allSatisfy { $0.isMatched(by: globs) })
                case .dangling(let values): values.contains(image.isDangling(entry))
                default: condition.holds(for: image, context)
                }
            if holds == false { return false }
            isKnown = isKnown && holds != nil
        }
        return isKnown ? true : nil
    }
}

extension ImageFilter.Condition {
    /// The conditions that are the same for every name of an image; nil where it is not known.
    fileprivate func holds(for image: ImageSummary, _ context: ImageFilter.Context) -> Bool? {
        switch self {
        case .label(let labels):
            // What was read and is no image has none.
            if !image.isImage, image.problem == nil { return false }
            return image.ofAllPlatforms { variant in labels.contains { $0.isAmong(variant.labels) } }
        case .notLabel(let labels):
            return image.ofAllPlatforms { variant in !labels.contains { $0.isAmong(variant.labels) } }
        case .until(let bounds):
            // Whichever platform's image is newest decides, and none may be of unknown age.
            return image.ofAllPlatforms { Timestamp.known($0.created, now: context.now).isBefore(bounds, now: context.now) }
        case .imported(let bounds): return image.imported.isBefore(bounds, now: context.now)
        case .used(let bounds): return image.used.isBefore(bounds, now: context.now)
        case .size(let limits): return context.uniqueBytes[image.digest].map { bytes in limits.contains { bytes > $0 } }
        case .before(let names): return image.isMade(of: names, context) { $0 < $1 }
        case .since(let names): return image.isMade(of: names, context) { $0 > $1 }
        case .reference, .dangling: return true
        }
    }
}

extension ImageSummary {
    /// Whether something holds for the images of all platforms that are here; nil where that is not known of one, and of none
    /// that it does not.
    fileprivate func ofAllPlatforms(_ holds: (Variant) -> Bool?) -> Bool? {
        let answers = variants.map(holds)
        if answers.contains(false) { return false }
        return isWhollyKnown && !answers.contains(nil) ? true : nil
    }

    /// Whether it was made earlier, or later, than one of the images of these names.
    fileprivate func isMade(
        of names: [String], _ context: ImageFilter.Context, _ precedes: (Timestamp, Timestamp) -> Bool
    ) -> Bool? {
        guard let created = created(now: context.now) else { return nil }
        let others = names.map { context.created[$0] }
        if others.contains(where: { other in other.map { precedes(created, $0) } ?? false }) { return true }
        return others.contains(nil) ? nil : false
    }
}

extension ImageFilter.Label {
    /// Whether it is among the labels of something.
    package func isAmong(_ labels: [ExactText: String]) -> Bool {
        guard let found = labels[ExactText(key)] else { return false }
        return value?.isExactly(found) ?? true
    }
}

extension Timestamp? {
    /// Whether the moment is before one of the bounds; nil where it is not known.
    fileprivate func isBefore(_ bounds: [TimeBound], now: Timestamp) -> Bool? {
        guard let self, self.isKnown(now: now) else { return nil }
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
