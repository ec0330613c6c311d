import ContentStorage
package import OCISpec

/// One image of a store as listings and policies see it: what one digest of `index.json` names, with every entry that lists it.
///
/// An index is one image, whatever manifests it shares with others; docs/reclaim.md has the rules about names and images.
package struct ImageSummary: Hashable, Sendable {
    /// The image for one platform.
    package struct Variant: Hashable, Sendable {
        /// Of this platform, not of the index around it.
        package var manifest: Digest
        /// The image ID.
        package var config: Digest
        /// The index's word where it has one, else the config's.
        package var platform: Platform
        /// The config's own text.
        package var created: String?
        /// Of the config, compared by bytes.
        package var labels: [ExactText: String]
        /// Lowest first.
        package var diffIDs: [Digest]

        /// An image from its parts.
        package init(
            manifest: Digest, config: Digest, platform: Platform, created: String?, labels: [ExactText: String], diffIDs: [Digest]
        ) {
            self.manifest = manifest
            self.config = config
            self.platform = platform
            self.created = created
            self.labels = labels
            self.diffIDs = diffIDs
        }
    }

    /// By which people call it: the config's digest of the image for this machine, else of the first one that is here.
    ///
    /// Of what is no image, or cannot be read, and of an image without a name that would share its ID with another one, it is
    /// the digest that `index.json` lists: so an ID of something without a name never means something that has one.
    package var imageID: Digest
    /// The entries that list it, in the index's order; never none.
    package var entries: [NamedImage]
    /// The images that are here, the one that gives the ID first.
    package var variants: [Variant]
    /// The digests of the manifests and indexes below it that it consists of; attestations and what is not here are not among them.
    package var parts: Set<Digest>
    /// Why the image cannot be read; nil where it can.
    package var problem: ImageError?
    /// Whether an image for another platform is here and cannot be read: what must hold for every platform is not known then.
    package var isPartlyUnknown = false
    /// When it came into the store; nil when that is not known.
    package var imported: Timestamp?
    /// When it was last used, see `ImageStore.noteUse`; nil when that is not known.
    package var used: Timestamp?
    /// Those of its entries that are there for the sake of something else that is kept, and go with that.
    package var referrers: Set<Descriptor> = []
    /// By what else it is called where it is: names with a digest, which an engine makes up beside tags, and which hold nothing.
    package var aliases: [EntryName] = []

    /// The repository that it is in, where that does not depend on its names.
    package var home: String?

    /// containerd's namespace that it is in, whose images are counted by themselves; nil where there are none.
    package var namespace: String?

    /// A summary from its parts.
    package init(
        imageID: Digest, entries: [NamedImage], variants: [Variant], parts: Set<Digest> = [], problem: ImageError? = nil,
        imported: Timestamp? = nil, used: Timestamp? = nil
    ) {
        self.imageID = imageID
        self.entries = entries
        self.variants = variants
        self.parts = parts
        self.problem = problem
        self.imported = imported
        self.used = used
    }

    /// Whether this is an image, and not an artifact or something that cannot be read.
    package var isImage: Bool { !variants.isEmpty }
    /// Whether it can be read, is no image, and is kept for its own sake: with a name, or about nothing that is kept.
    package var isArtifactByItself: Bool { !isImage && problem == nil && (!isNameless || isDangling) }
    /// Whether it is an image of which every platform that is here can be read.
    package var isWhollyKnown: Bool { isImage && !isPartlyUnknown }
    /// The digest that `index.json` lists: which image it is.
    package var digest: Digest { entries[0].descriptor.digest }
    /// Its names, in the index's order.
    package var names: [EntryName] { entries.compactMap(\.name) }
    /// Whether it has no name.
    package var isNameless: Bool { entries.allSatisfy { $0.name == nil } }
    /// Whether it has no name, and is about nothing that is kept.
    package var isDangling: Bool { isNameless && entries.contains { isDangling($0) } }
    /// Whether the entry has no name, and is about nothing that is kept: what dangling means, in every command.
    package func isDangling(_ entry: NamedImage) -> Bool { entry.name == nil && !referrers.contains(entry.descriptor) }
    /// The entries of which a listing has a line each: those with a name, or one for all without.
    package var listed: [NamedImage] { isNameless ? Array(entries.prefix(1)) : entries.filter { $0.name != nil } }
    /// Whether the digest is its own, or that of a manifest or an index that it consists of.
    package func holds(_ digest: Digest) -> Bool { self.digest == digest || parts.contains(digest) }
    /// When the image was made; nil when its config says nothing that can be believed at `now`.
    package func created(now: Timestamp) -> Timestamp? { Timestamp.known(variants.first?.created, now: now) }
}

extension ImageStore {
    /// Every image of the store, in the order in which `index.json` names them first.
    ///
    /// An image that cannot be read is among them, with its `problem`; attestations are not. A concurrent change is seen
    /// before or after.
    package func summaries(_ documents: DocumentReader) throws(ImageError) -> [ImageSummary] {
        summaries(listedBy: try names(), documents)
    }

    /// The same of all the entries of one state of the index.
    package func summaries(listedBy entries: [NamedImage], _ documents: DocumentReader) -> [ImageSummary] {
        let containers: [Descriptor]
        do throws(ContentError) { containers = try content.containers.records().map(\.image) } catch {
            // A listing goes without what cannot be read; whatever removes something ends.
            containers = []
        }
        defer { documents.save() }
        return summaries(of: entries, documents, Referrers(entries, containers: containers, documents))
    }

    /// The images that these entries list; what is learned of documents the caller saves.
    package func summaries(
        of entries: [NamedImage], _ documents: DocumentReader, _ referrers: Referrers = Referrers()
    ) -> [ImageSummary] {
        documents.learn(entries.map(\.descriptor))
        var places: [Digest: Int] = [:]
        var summaries: [ImageSummary] = []
        places.reserveCapacity(entries.count)
        summaries.reserveCapacity(entries.count)
        for entry in entries {
            let digest = entry.descriptor.digest
            let isReferrer = referrers.isReferrerOfPresent(entry)
            if let place = places[digest] {
                summaries[place].add(entry)
                if isReferrer { summaries[place].referrers.insert(entry.descriptor) }
                continue
            }
            var summary = Self.summary(of: entry, documents)
            summary.imported = documents.moments[digest]?.imported
            summary.used = summary.lastUsed(documents.moments)
            if isReferrer { summary.referrers = [entry.descriptor] }
            places[digest] = summaries.count
            summaries.append(summary)
        }
        return ImageSummary.withOwnIDs(summaries)
    }

    private static func summary(of entry: NamedImage, _ documents: DocumentReader) -> ImageSummary {
        let digest = entry.descriptor.digest
        var finder = VariantFinder(documents)
        finder.visit(
            digest, DocumentFacts.Kind(entry: entry.descriptor), platform: entry.descriptor.platform, depth: 0)
        let variants = finder.ordered
        var summary = ImageSummary(
            imageID: variants.first?.config ?? digest, entries: [entry], variants: variants,
            parts: finder.parts,
            problem: variants.isEmpty ? finder.problem ?? (finder.hasPlatforms ? Self.noPlatform(digest) : nil) : nil)
        summary.isPartlyUnknown = finder.problem != nil
        return summary
    }
}

extension ImageStore {
    /// Of an index the store has, but none of its images.
    fileprivate static func noPlatform(_ index: Digest) -> ImageError { .noSuchPlatform(index, wanted: nil, available: []) }
}

extension ImageSummary {
    /// The image without the entries that are there for the sake of something else; nil where there is no other.
    package func withoutReferrers(_ referrers: Referrers) -> ImageSummary? {
        var copy = self
        copy.entries.removeAll { referrers.isReferrerOfPresent($0) }
        return copy.entries.isEmpty ? nil : copy
    }

    /// Adds an entry; of several that are alike in everything, one stands for all.
    fileprivate mutating func add(_ entry: NamedImage) {
        // Of two that are alike only one has the name.
        let isAlike = { (other: NamedImage) in
            (other.name == nil || entry.name == nil) && other.descriptor == entry.descriptor
        }
        if let same = entries.firstIndex(where: isAlike) {
            if entries[same].name == nil { entries[same] = entry }
        } else {
            entries.append(entry)
        }
    }

    /// The images, none without a name under the ID of another one.
    fileprivate static func withOwnIDs(_ images: [ImageSummary]) -> [ImageSummary] {
        guard images.contains(where: \.isNameless) else { return images }
        let counts = Dictionary(images.map { ($0.imageID, 1) }, uniquingKeysWith: +)
        return images.map { image in
            guard image.isNameless, counts[image.imageID] != 1 else { return image }
            var copy = image
            copy.imageID = image.digest
            return copy
        }
    }
}

/// Finds the images below one entry.
private struct VariantFinder {
    private let documents: DocumentReader
    /// The indexes that were looked into.
    private var visited: Set<Digest> = []
    private var candidates: [PlatformCandidate<ImageSummary.Variant>] = []
    /// The manifests and indexes below the entry that are here.
    private(set) var parts: Set<Digest> = []
    private(set) var problem: ImageError?
    /// Whether an index lists images, here or not.
    private(set) var hasPlatforms = false

    init(_ documents: DocumentReader) { self.documents = documents }

    /// The one for this machine first, then the others in the index's order.
    var ordered: [ImageSummary.Variant] {
        guard candidates.count > 1 else { return candidates.map(\.image) }
        var seen: Set<Digest> = []
        let variants = candidates.map(\.image).filter { seen.insert($0.manifest).inserted }
        guard variants.count > 1, let chosen = PlatformPreference.choose(candidates, for: nil) else { return variants }
        return [chosen] + variants.filter { $0 != chosen }
    }

    mutating func visit(_ digest: Digest, _ kind: DocumentFacts.Kind, platform: Platform?, depth: Int) {
        guard depth <= ImageStore.maxDepth, candidates.count < ImageStore.maxManifests else { return }
        switch documents.facts(digest, as: kind) {
        case .facts(.index(let index)):
            if depth > 0 { parts.insert(digest) }
            // One manifest may be listed for several platforms; an index that was looked into has no more to say.
            guard visited.insert(digest).inserted else { return }
            for child in index.children where child.isImageEntry {
                hasPlatforms = true
                if let kind = child.kind { visit(child.digest, kind, platform: child.platform, depth: depth + 1) }
            }
        case .facts(.manifest(let manifest)):
            if depth > 0 { parts.insert(digest) }
            if manifest.isImage { add(digest, manifest, platform) }
        case .facts: break
        // A platform that was never fetched is normal.
        case .absent: if depth == 0 { note(.content(.blobAbsent(digest))) }
        case .unreadable(let error): note(error)
        }
    }

    private mutating func add(_ digest: Digest, _ manifest: ManifestFacts, _ platform: Platform?) {
        switch documents.facts(manifest.config, as: .config) {
        case .facts(.config(let config)):
            let variant = ImageSummary.Variant(
                manifest: digest, config: manifest.config,
                platform: config.platform.isSilent ? platform ?? config.platform : config.platform, created: config.created,
                labels: config.labels, diffIDs: config.diffIDs)
            candidates.append(PlatformCandidate(variant, listed: platform, own: config.platform))
        case .facts: note(.badDocument(manifest.config, .malformed(detail: "not an image config")))
        case .absent: note(.content(.blobAbsent(manifest.config)))
        case .unreadable(let error): note(error)
        }
    }

    private mutating func note(_ error: ImageError) { problem = problem ?? error }
}
