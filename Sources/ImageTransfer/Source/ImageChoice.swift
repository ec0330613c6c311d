import OCISpec

/// Which of a source's images, and of each for which platform, are meant: one choice for every command that takes images from a source.
///
/// What is asked for must be whole; what else the source lists may be absent or odd.
struct ImageChoice {
    let container: any MemberContainer
    /// The platform asked for; nil for this machine's, else the only one there is.
    let platform: Platform?

    private var path: String { container.path }

    /// The image to take of each, in their order; nil for one that is passed over, of which `report` is told.
    ///
    /// Artifacts beside images, such as signatures, are passed over without a word; artifacts alone are an error. So are images without
    /// the wanted platform beside some that have it: an index may list each platform as an image of its own.
    func choose(
        from images: [SourceImage], report: (TransferEvent) -> Void
    ) throws(TransferError) -> [SourcePlatformImage?] {
        let hasImage = images.contains { !$0.isArtifact && !$0.isOddArtifact }
        let hasWanted = platform != nil && images.contains { $0.fits(platform) }
        var choices: [SourcePlatformImage?] = []
        for image in images {
            if let failure = image.failure {
                guard image.isOddArtifact, hasImage else { throw failure }
                report(.leftOut(title: path, parts: [(image.title, failure)]))
                choices.append(nil)
            } else if hasImage, image.isArtifact {
                choices.append(nil)
            } else if hasWanted, !image.fits(platform) {
                report(.passedOver(title: image.title, platforms: image.images.map(\.platform) + image.others.map(\.platform)))
                choices.append(nil)
            } else if let chosen = image.preferred(platform) {
                choices.append(chosen)
            } else {
                throw failure(of: image, among: images)
            }
        }
        return choices
    }

    /// Why an image has nothing to take.
    private func failure(of image: SourceImage, among images: [SourceImage]) -> TransferError {
        if image.isArtifact, let top = image.top { return .artifact(path: path, top.digest, type: image.artifactType) }
        let lacking = images.flatMap { image in image.passedOver.map { (title: image.title, part: $0) } }
        guard let platform else {
            let reason = lacking.lazy.filter(\.part.entry.isImageEntry).compactMap(\.part.reason).first
            return reason ?? .noSuchPlatform(path: path, wanted: nil, available: available(images))
        }
        let preference = PlatformPreference(platform)
        let wanted = lacking.first { $0.part.platform.map { preference.rank($0) != nil } ?? false }
        guard let wanted else {
            // It may be what cannot be read, where the index does not say what that is for.
            let reason = lacking.lazy.map(\.part).first { $0.entry.isImageEntry && $0.platform?.isSilent != false }?.reason
            return reason ?? .noSuchPlatform(path: path, wanted: platform.description, available: available(images))
        }
        guard let reason = wanted.part.reason else {
            return .absentPlatform(path: path, image: wanted.title, wanted: wanted.part.title, wanted.part.entry.digest)
        }
        return .incompletePlatform(path: path, image: wanted.title, wanted: wanted.part.title, reason)
    }

    /// The platforms of all images that the source has, each once.
    private func available(_ images: [SourceImage]) -> [String] {
        var available: [String] = []
        for image in images {
            let others = image.others.filter(isThere).map(\.platform)
            for platform in (image.images.map(\.platform) + others).map(\.description) where !available.contains(platform) {
                available.append(platform)
            }
        }
        return available
    }

    private func isThere(_ other: OtherImage) -> Bool {
        // What cannot be looked for could not be taken either.
        do throws(TransferError) { return try container.find(other.member) != nil } catch { return false }
    }
}

extension SourceImage {
    /// Whether it is no image for any platform: an artifact's or an attestation's manifest.
    var isArtifact: Bool {
        images.isEmpty && others.isEmpty && failure == nil && top != nil && !passedOver.contains { $0.entry.isImageEntry }
    }

    /// Whether it has an image for the platform, or for this machine's where none is named.
    func fits(_ wanted: Platform?) -> Bool {
        let preference = PlatformPreference(wanted ?? .host)
        return images.contains { preference.rank($0.platform) != nil }
    }

    /// One of its images alone, as an image of its own; what the index lists beside it is left out.
    package func only(_ chosen: SourcePlatformImage) -> SourceImage {
        SourceImage(
            names: names, labels: labels, top: chosen.manifest?.descriptor, images: [chosen], documents: [], blobs: [])
    }

    /// The same under the index that lists it, of which the other platforms are then absent as they are in a registry's image that was
    /// pulled for one platform.
    func sparse(_ chosen: SourcePlatformImage) -> SourceImage {
        var image = self
        (image.images, image.blobs) = ([chosen], [])
        return image
    }

    /// The image for the wanted platform, else for this machine, else the only one there is; nil for none of these.
    func preferred(_ wanted: Platform?) -> SourcePlatformImage? {
        PlatformPreference.choose(images.map(\.candidate), for: wanted)
    }

    /// The same of this image alone, where nothing is an error.
    func choose(_ wanted: Platform?, from container: any MemberContainer) throws(TransferError) -> SourcePlatformImage {
        let choices = try ImageChoice(container: container, platform: wanted).choose(from: [self]) { _ in }
        guard let chosen = choices.first ?? nil else { throw .noImages(path: container.path) }
        return chosen
    }

    /// What is left out of it, where that is worth a word.
    var leftOut: TransferEvent? {
        let parts = passedOver.compactMap { part in part.reason.map { (part.title, $0) } }
        return parts.isEmpty ? nil : .leftOut(title: title, parts: parts)
    }
}
