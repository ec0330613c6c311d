import ImageStorage
import ImageTransfer
import LayerAnalysis
import OCISpec
import Reports

/// `--against previous`: the image before the one that is looked at, in the same repository.
enum Previous {
    /// What stands for it; an image of that name is `previous:latest`.
    static let word = "previous"
}

extension Workspace {
    /// How many images a page's chart has at most: the newest.
    private static let mostPoints = 100

    /// The newest image of the repository that is older than `image` and is not it, whatever tags they have.
    ///
    /// nil where none is known, which is said unless somebody else says it.
    private func previousObservation(to image: ScannedImage, isTold: Bool = true) throws -> Observation? {
        guard let asked = AskedName(repositoryOf: image) else { throw CommandError.previousOfNameless(image: image.label) }
        let trend = SizeTrend(try history(of: asked), platform: image.platform)
        let created = Timestamp.known(image.config.created, now: Clock.now)
        let found = trend.previous(to: image.manifestDigest, imageID: image.imageID, created: created)
        if found == nil, isTold {
            note("no earlier image of \(asked.familiar) for \(image.platform) is known, so there is nothing to compare with")
        }
        return found
    }

    /// What is known of the image before: of one that is here all, of one that has gone what was noted.
    func previous(to image: ScannedImage, _ progress: ProgressDisplay, isTold: Bool = true) throws -> Baseline? {
        guard let found = try previousObservation(to: image, isTold: isTold) else { return nil }
        let when = Timestamp(seconds: (found.image.created ?? found.observed).seconds).description.prefix(10)
        let name = found.tag.map { "\(found.repository):\($0)" } ?? found.repository
        let label = "\(Self.familiar(name)) of \(when)"
        if found.image.contentBytes == nil, let record = try stored(found.image.manifest) {
            var baseline = Baseline(try analysis(try indexed(record, progress), base: nil))
            baseline.label = label
            return baseline
        }
        return Baseline(
            label: label, contentBytes: found.image.contentBytes, visibleBytes: found.image.visibleBytes,
            compressedBytes: found.image.compressedBytes)
    }

    /// The image before, to be compared with whole: nil where none is known, or it is not in the store any more.
    func previousImage(to image: ScannedImage, _ progress: ProgressDisplay) throws -> ScannedImage? {
        guard let found = try previousObservation(to: image) else { return nil }
        guard let record = try stored(found.image.manifest) else {
            note("the image before \(image.label) is not in the store any more, so there is no diff")
            return nil
        }
        return try indexed(record, progress)
    }

    /// What a page tells of the image's repository; nil for an image without a name.
    func pageTrend(_ image: ScannedImage) throws -> SizeTrend? {
        guard let asked = AskedName(repositoryOf: image) else { return nil }
        return SizeTrend(try history(of: asked, isCompleting: true), platform: image.platform).since(nil, last: Self.mostPoints)
    }

    private func stored(_ manifest: Digest) throws -> ImageRecord? {
        do throws(ImageError) { return try store.image(manifest.description, takesAnyAlone: true) } catch .noSuchImage {
            return nil
        }
    }

    private static func familiar(_ name: String) -> String {
        do throws(ReferenceError) { return try Reference(normalizing: name).familiar } catch { return name }
    }
}
