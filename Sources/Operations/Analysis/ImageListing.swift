import ContentStorage
package import ImageStorage
package import OCISpec
import Reclamation
import StorageIO

/// One name of an image of the store, or one image without a name.
package struct ListedImage: Hashable, Sendable {
    /// The short form of the repository; `nil` where it has none.
    package var repository: String?
    /// `nil` for `<none>`.
    package var tag: String?
    /// The digest of what the name leads to: a manifest or an index.
    package var digest: Digest
    /// The config's digest; of an index, that of its image for this machine.
    package var imageID: Digest
    /// The config's own text; `nil` when it says nothing.
    package var created: String?
    /// Bytes: the sum of the layers' content; `nil` when a layer's content is not known.
    package var contentBytes: Int64?
    /// When the image came into the store; `nil` when that is not known.
    package var imported: Timestamp?
    /// When it was last used by name; `nil` when that is not known.
    package var lastUsed: Timestamp?
    /// Whether no policy may remove it.
    package var isPinned: Bool

    /// An image from its parts.
    package init(
        repository: String?, tag: String?, digest: Digest, imageID: Digest, created: String?, contentBytes: Int64?,
        imported: Timestamp? = nil, lastUsed: Timestamp? = nil, isPinned: Bool = false
    ) {
        self.repository = repository
        self.tag = tag
        self.digest = digest
        self.imageID = imageID
        self.created = created
        self.contentBytes = contentBytes
        self.imported = imported
        self.lastUsed = lastUsed
        self.isPinned = isPinned
    }
}

extension Workspace {
    /// Every entry of the store that the filter means, the newest image first; what cannot be read, and what is no image, is told and
    /// left out.
    package func listedImages(_ filter: ImageFilter) throws -> [ListedImage] {
        // The catalog and the index of a large store take as long as all the rest.
        let ((index, names), documents) = try together(
            { () throws(ContentError) in
                let index = try store.content.index.read()
                return (index, ImageStore.names(of: index))
            }, { () throws(ContentError) in DocumentReader(store) })
        documents.lookAhead()
        LeftMemory.keep(documents, names, index)
        let (images, contentBytes) = together(
            { store.summaries(listedBy: names, documents).used(by: containersInUse(), at: Clock.now) },
            { store.catalog.allContentBytes() })
        for entry in index.oddEntries { tell(.oddEntry(entry)) }
        let uniqueBytes = try filter.needsUniqueBytes ? uniqueBytes() : [:]
        let now = Clock.now
        let context = try store.context(for: filter, among: images, now: now, uniqueBytes: uniqueBytes)
        var rows: [(place: ListingPlace, row: ListedImage)] = []
        var artifacts: [String] = []
        for image in images {
            for entry in image.listed {
                if let problem = image.problem, filter.names.matches(entry, of: image, context) {
                    tell(.unreadableImage(name: entry.familiar ?? entry.descriptor.digest.short, problem))
                }
                guard filter.matches(entry, of: image, context) else { continue }
                guard image.isImage else {
                    if image.isArtifactByItself { artifacts.append(entry.familiar ?? image.digest.short) }
                    continue
                }
                let row = ListedImage(entry, of: image, contentBytes, now: now)
                let place = ListingPlace(created: image.created(now: now), repository: row.repository, tag: row.tag)
                rows.append((place, row))
            }
        }
        if !artifacts.isEmpty { tell(.artifactsNotListed(artifacts)) }
        return rows.sorted { $0.place < $1.place }.map(\.row)
    }

    /// The containers of the store; where the record of one cannot be read that is told, and none counts.
    private func containersInUse() -> [ContainerRecord] {
        do { return try store.content.containers.records() } catch {
            tell(.containersUnknown(error))
            return []
        }
    }

    /// Of every image, what `df -v` says that it alone takes.
    private func uniqueBytes() throws -> [Digest: Int64] {
        let look = try StoreLook(store)
        return Dictionary(
            look.images.map { ($0.digest, look.graph.uniqueBytes(of: .image($0.digest))) }, uniquingKeysWith: max)
    }
}

/// Where a line stands in a listing of images: the newest first, those of unknown age last; then by name, nameless ones last.
struct ListingPlace: Comparable {
    let created: Timestamp?
    let repository: String?
    let tag: String?
    /// What decides between lines that are alike in all else; empty where nothing does.
    var id = ""

    static func < (left: ListingPlace, right: ListingPlace) -> Bool {
        guard left.created == right.created else {
            guard let new = left.created else { return false }
            return right.created.map { new > $0 } ?? true
        }
        return (left.repository ?? "~", left.tag ?? "", left.id) < (right.repository ?? "~", right.tag ?? "", right.id)
    }
}

extension ListedImage {
    /// One entry; `contentBytes` are those of every layer of which they are known.
    fileprivate init(_ entry: NamedImage, of image: ImageSummary, _ contentBytes: [Digest: Int64], now: Timestamp) {
        let columns = entry.name?.columns
        let layers = (image.variants.first?.diffIDs ?? []).map { contentBytes[$0] }
        self.init(
            repository: columns?.repository, tag: columns?.tag, digest: entry.descriptor.digest,
            imageID: image.imageID,
            created: image.created(now: now) == nil ? nil : image.variants.first?.created,
            contentBytes: layers.contains(nil) ? nil : layers.reduce(0) { $0 + ($1 ?? 0) }, imported: image.imported,
            lastUsed: image.used, isPinned: image.isPinned)
    }
}

extension ImageFilter {
    /// The conditions on names alone.
    fileprivate var names: ImageFilter {
        ImageFilter(conditions.filter { if case .reference = $0 { true } else { false } })
    }
}
