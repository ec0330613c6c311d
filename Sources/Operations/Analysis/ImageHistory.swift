package import ImageStorage
package import ImageTransfer
package import LayerAnalysis
package import OCISpec

/// What the store noted of a repository's images over time.
extension Workspace {
    /// Images whose figures are worked out for a trend at most, those without them: a merged tree takes a tenth of a second.
    private static let mostAnalysed = 16
    /// How many images a page's chart has at most: the newest.
    private static let mostPoints = 100

    /// The trend of a repository, or of one of its names.
    package func trend(of text: String, by clock: SizeTrend.Clock, since: TimeBound?, last: Int?) throws -> RepositoryTrend {
        let isBare = try store.names().contains { $0.name == .bare(text) }
        let asked = try isBare ? AskedName(bare: text) : AskedName(text)
        let observations = try history(of: asked, isCompleting: true)
        let whole = SizeTrend(observations, by: clock, platform: options.platform)
        guard !whole.points.isEmpty else {
            throw observations.isEmpty
                ? OperationError.noHistory(text) : .noHistoryOfPlatform(text, available: whole.platforms)
        }
        return RepositoryTrend(
            name: asked.familiar, trend: whole.since(since?.moment(now: Clock.now), last: last), clock: clock,
            current: try currentManifests(of: asked))
    }

    /// What a page tells of the image's repository; nil for an image without a name.
    package func pageTrend(_ image: ScannedImage) throws -> SizeTrend? {
        guard let asked = AskedName(repositoryOf: image) else { return nil }
        return SizeTrend(try history(of: asked, isCompleting: true), platform: image.platform).since(nil, last: Self.mostPoints)
    }

    /// What was noted of a name; with `isCompleting` the figures too that can be had without reading a layer.
    private func history(of asked: AskedName, isCompleting: Bool = false) throws -> [Observation] {
        let noted = { try self.store.observations(of: asked.repository, now: Clock.now).filter { asked.means($0.tag) } }
        let observations = try noted()
        guard isCompleting else { return observations }
        var analysed: Set<Digest> = []
        for seen in observations.reversed() where seen.image.visibleBytes == nil && analysed.count < Self.mostAnalysed {
            if analysed.insert(seen.image.manifest).inserted { completeFigures(of: seen.image) }
        }
        return analysed.isEmpty ? observations : try noted()
    }

    /// Works out the figures of an image that is here, if all its layers were read.
    private func completeFigures(of image: ObservedImage) {
        do {
            let record = try store.image(image.manifest.description, takesAnyAlone: true)
            let isKnown = record.layers.allSatisfy {
                store.catalog.standing(ofBlob: $0.descriptor.digest, bytes: $0.descriptor.size, as: $0.diffID) == .known
            }
            guard isKnown else { return }
            _ = try analysis(try indexed(record, .silent), base: nil)
        } catch {
            // The image has gone, or cannot be read: its figures stay as they are.
            tell(.noFigures(manifest: image.manifest, error))
        }
    }

    /// The manifests that the names mean now, those for other platforms too.
    private func currentManifests(of asked: AskedName) throws -> Set<Digest> {
        let documents = DocumentReader(store)
        let entries = try store.names().filter { entry in
            entry.name.map { $0.repositoryName == asked.repository && asked.means($0.observedTag) } ?? false
        }
        return Set(store.summaries(of: entries, documents).flatMap { $0.variants.map(\.manifest) })
    }

    // MARK: The image before

    /// The newest image of the repository that is older than `image` and is not it, whatever tags they have.
    ///
    /// nil where none is known, which is told unless somebody else tells it.
    private func previousObservation(to image: ScannedImage, isTold: Bool = true) throws -> Observation? {
        guard let asked = AskedName(repositoryOf: image) else { throw OperationError.previousOfNameless(image: image.label) }
        let trend = SizeTrend(try history(of: asked), platform: image.platform)
        let created = Timestamp.known(image.config.created, now: Clock.now)
        let found = trend.previous(to: image.manifestDigest, imageID: image.imageID, created: created)
        if found == nil, isTold { tell(.nothingBefore(repository: asked.familiar, image.platform)) }
        return found
    }

    /// What is known of the image before: of one that is here all, of one that has gone what was noted.
    package func previous(to image: ScannedImage, _ progress: OperationProgress, isTold: Bool = true) throws -> Baseline? {
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
    package func previousImage(to image: ScannedImage, _ progress: OperationProgress) throws -> ScannedImage? {
        guard let found = try previousObservation(to: image) else { return nil }
        guard let record = try stored(found.image.manifest) else {
            tell(.imageBeforeGone(image: image.label))
            return nil
        }
        return try indexed(record, progress)
    }

    private func stored(_ manifest: Digest) throws(ImageError) -> ImageRecord? {
        do { return try store.image(manifest.description, takesAnyAlone: true) } catch .noSuchImage {
            return nil
        }
    }

    private static func familiar(_ name: String) -> String {
        do throws(ReferenceError) {
            return try Reference(normalizing: name).familiar
        } catch {
            // A name that another tool wrote and that is none here is called as it is.
            return name
        }
    }
}

/// The sizes of a repository's images, and which of them its names mean now.
package struct RepositoryTrend: Sendable {
    /// How people call what was asked for.
    package var name: String
    /// The images by time, for one platform.
    package var trend: SizeTrend
    /// Which date of an image the trend goes by.
    package var clock: SizeTrend.Clock
    /// The manifests that the names mean now.
    package var current: Set<Digest>
}

/// The repository that somebody asked for, or one name of it.
private struct AskedName {
    /// As the catalog has it.
    let repository: String
    /// How people call what was asked for.
    let familiar: String
    /// nil for all tags.
    private let tag: String?

    /// What a text means: a name without a tag is a repository.
    init(_ text: String) throws(OperationError) {
        let reference: Reference
        do throws(ReferenceError) { reference = try Reference(normalizing: text) } catch { throw .noHistory(text) }
        guard reference.digest == nil else { throw .digestAsName(text) }
        repository = reference.repository
        familiar = reference.familiar
        tag = reference.tag
    }

    /// A name as another tool wrote it, which says no repository.
    init(bare text: String) {
        repository = text
        familiar = text
        tag = nil
    }

    /// The repository that an image is of; nil for one without a name.
    init?(repositoryOf image: ScannedImage) {
        guard let name = image.name else { return nil }
        do throws(ReferenceError) {
            let reference = try Reference(normalizing: name)
            repository = reference.repository
            familiar = reference.familiarRepository
            tag = nil
        } catch {
            // What other tools call an image need not be a name of a repository.
            return nil
        }
    }

    /// Whether a tag is among those that are meant.
    func means(_ other: String?) -> Bool { tag == nil || tag == other }
}
