import ContentStorage
package import ImageStorage
package import OCISpec

/// The forms in which images are written out, in skopeo's words.
package enum ArchiveForm: String, Hashable, Sendable, CaseIterable {
    /// docker's archive that is an OCI layout as well, as docker 25 and later write it.
    case dockerArchive = "docker-archive"
    case ociArchive = "oci-archive"
    /// A folder.
    case ociLayout = "oci"
}

/// Images of a store with everything they reach, ready to be written out.
package struct OutgoingImages: Sendable {
    let container: FolderContainer
    /// What becomes `index.json`.
    let index: ImageIndex
    /// What becomes `manifest.json`; empty but for docker archives.
    let items: [DockerArchiveItem]
    /// Every blob that the images reach, once, by digest; their bytes are looked at when they are written.
    let blobs: [SourceBlob]
    /// Foreign layers that the store has not.
    package let absent: [Descriptor]

    /// Finds what `images` reach: every document is read and verified, nothing else.
    ///
    /// An index is taken whole, as far as the store has it; with a platform, only that platform's image of it. Names of one image
    /// become one item of `manifest.json`; an image that also stands there without a name has none more for it.
    package init(
        _ images: [NamedImage], from store: ImageStore, _ form: ArchiveForm, platform: Platform?
    ) throws(TransferError) {
        let container = try FolderContainer(store: store.content.path)
        let reader = LayoutReader(container: container, passesOver: false, wanted: platform)
        var found: [Digest: SourceImage] = [:]
        var entries: [Descriptor] = []
        var listed = ListedItems()
        var reached = ReachedBlobs()
        for image in Self.unique(images) {
            let digest = image.descriptor.digest
            if found[digest] == nil {
                let source = try inStoreWords { () throws(TransferError) in
                    let whole = try reader.image(image.descriptor)
                    let source = try platform.map { wanted throws(TransferError) in
                        whole.only(try whole.choose(wanted, from: container))
                    }
                    try reached.add(source ?? whole, in: container)
                    return source ?? whole
                }
                found[digest] = source
                if form == .dockerArchive { try listed.add(source, platform, from: container) }
            }
            guard let source = found[digest], let top = source.top else { continue }
            entries.append(top.named(image.name))
            if case .reference(let name) = image.name { listed.add(tag: name.full, to: top.digest) }
        }
        self.container = container
        index = ImageIndex(manifests: entries)
        items = listed.items
        blobs = reached.blobs.values.sorted { $0.descriptor.digest.hex < $1.descriptor.digest.hex }
        absent = reached.absent
    }

    /// The images without repetitions, and without a nameless one that a name stands for.
    private static func unique(_ images: [NamedImage]) -> [NamedImage] {
        var seen: Set<NamedImage> = []
        let named = Set(images.filter { $0.name != nil }.map(\.descriptor.digest))
        return images.map { NamedImage(name: $0.name, descriptor: $0.descriptor.unnamed) }.filter { image in
            guard image.name != nil || !named.contains(image.descriptor.digest) else { return false }
            return seen.insert(image).inserted
        }
    }

    /// The bytes that all blobs have together.
    package var totalBytes: Int64 { blobs.reduce(0) { $0 + $1.descriptor.size } }
}

/// The items of a `manifest.json`, one for each image however many names it has.
private struct ListedItems {
    var items: [DockerArchiveItem] = []
    private var places: [Digest: Int] = [:]

    /// Adds the one image of `image` that engines without indexes are to have.
    mutating func add(
        _ image: SourceImage, _ platform: Platform?, from container: any MemberContainer
    ) throws(TransferError) {
        let chosen = try image.choose(platform, from: container)
        guard let config = chosen.config, let top = image.top else { throw .noImages(path: container.path) }
        places[top.digest] = items.count
        items.append(
            DockerArchiveItem(
                config: BlobPath.of(config.descriptor.digest), repoTags: nil,
                layers: chosen.layers.compactMap(\.descriptor).map { BlobPath.of($0.digest) }))
    }

    /// Adds a name to the item of what was added under `digest`, if anything was.
    mutating func add(tag: String, to digest: Digest) {
        guard let place = places[digest] else { return }
        items[place].repoTags = (items[place].repoTags ?? []) + [tag]
    }
}

/// Blobs gathered while images are looked through.
private struct ReachedBlobs {
    var blobs: [Digest: SourceBlob] = [:]
    var absent: [Descriptor] = []

    mutating func add(_ image: SourceImage, in container: FolderContainer) throws(TransferError) {
        for document in image.documents { try add(document.descriptor, in: container) }
        for blob in image.blobs { blobs[blob.descriptor.digest] = blob }
        for platform in image.images {
            for document in [platform.manifest, platform.config] {
                if let document { try add(document.descriptor, in: container) }
            }
            for layer in platform.layers {
                guard let descriptor = layer.descriptor else { continue }
                if let member = layer.member {
                    blobs[descriptor.digest] = SourceBlob(descriptor: descriptor, member: member)
                } else if !absent.contains(where: { $0.digest == descriptor.digest }) {
                    absent.append(descriptor)
                }
            }
        }
    }

    private mutating func add(_ descriptor: Descriptor, in container: FolderContainer) throws(TransferError) {
        let member = try container.require(BlobPath.of(descriptor.digest))
        blobs[descriptor.digest] = SourceBlob(descriptor: descriptor, member: member)
    }
}

/// Where a layout keeps its blobs.
enum BlobPath {
    static let folder = "blobs/sha256"

    static func of(_ digest: Digest) -> String { "blobs/\(digest.algorithm.rawValue)/\(digest.hex)" }

    /// The digest of the blob of that name; nil for what is none.
    static func digest(_ name: String) -> Digest? {
        let parts = name.split(separator: "/")
        guard parts.count == 3, parts[0] == "blobs", parts[1] == "sha256" else { return nil }
        return Digest(ifValid: "sha256:\(parts[2])")
    }
}

extension Descriptor {
    /// The descriptor without annotations: those of a store's entry are the store's own business.
    fileprivate var unnamed: Descriptor {
        var copy = self
        copy.annotations = nil
        return copy
    }

    /// The descriptor under a name as an archive's `index.json` has it; see docs/archives.md for the choice.
    fileprivate func named(_ name: EntryName?) -> Descriptor {
        switch name {
        case .reference(let reference): return named(reference)
        case .bare(let text):
            var copy = self
            copy.annotations = [EntryName.refNameKey: text]
            return copy
        case nil: return self
        }
    }
}

/// Runs a step that reads the store as if it were a source, and says what is wrong as of a store.
func inStoreWords<T>(_ body: () throws(TransferError) -> T) throws(TransferError) -> T {
    do {
        return try body()
    } catch {
        switch error {
        case .digestMismatch(_, let expected, let actual): throw .content(.blobCorrupt(expected, actual: actual))
        case .sizeMismatch(_, let digest, let expected, let actual):
            throw .content(.sizeMismatch(digest, expectedBytes: expected, actualBytes: actual))
        case .missingMember(_, let member):
            guard let digest = digest(ofMember: member) else { throw error }
            throw .content(.blobAbsent(digest))
        default: throw error
        }
    }
}

private func digest(ofMember name: String) -> Digest? {
    guard let hex = name.split(separator: "/").last else { return nil }
    return Digest(ifValid: "sha256:\(hex)")
}
