import ImageStorage
import LayerArchive
import OCISpec

/// Finds out of which kind an archive or a folder is, from all of its names and, where they leave it open, from its documents.
///
/// Each kind is known by the documents that list its images. A root file system is what is left, and only where nothing speaks for
/// an image: its figures would be those of an image's blobs.
struct SourceDetection {
    let container: any MemberContainer
    let signs: SourceSigns
    /// The platform asked for; nil where the images for all are meant.
    var platform: Platform?

    /// What a container was found to be.
    enum Finding {
        case images([SourceImage])
        case rootFileSystem
    }

    /// What the container is; that it is not what the user says, in `kind`, is an error.
    ///
    /// A hybrid's `index.json` has the manifests, so it goes first; one that lists nothing leaves it to `manifest.json`.
    func find(_ kind: SourceKind?) throws(TransferError) -> Finding {
        var listed: [SourceImage]?
        if kind != .dockerArchive, let images = try layoutImages(isSaid: kind == .ociArchive) {
            if !images.isEmpty { return .images(images) }
            listed = images
        }
        var oddList: TransferError?
        if kind != .ociArchive, signs.hasManifest, try isFile(DockerArchiveReader.listName) {
            let reader = DockerArchiveReader(container: container, wanted: platform)
            do {
                return .images(try reader.images())
            } catch {
                if kind != nil { throw error }
                if try reader.mayListImages() { throw error }
                oddList = error
            }
        }
        if let listed { return .images(listed) }
        if let kind { throw .wrongKind(path: container.path, expected: kind) }
        if let error = try lackOfList() { throw oddList ?? error }
        return .rootFileSystem
    }

    /// The images of a layout; nil for what is none.
    ///
    /// `oci-layout` must be there, but writers leave it out; an `index.json` beside blobs is a layout's as well. One that stands alone
    /// may be any program's.
    private func layoutImages(isSaid: Bool) throws(TransferError) -> [SourceImage]? {
        guard signs.hasIndex, try isFile(LayoutReader.indexName) else { return nil }
        let reader = LayoutReader(container: container, wanted: platform)
        let index: ImageIndex
        do {
            index = try reader.index()
        } catch {
            if isSaid || signs.hasMarker || signs.hasBlobs { throw error }
            return nil
        }
        if index.manifests.isEmpty, !isSaid, !signs.hasMarker, !signs.hasBlobs { return nil }
        return reader.images(of: index)
    }

    /// What is wrong with an image archive that has lost the document that lists its images; nil for what is no image.
    private func lackOfList() throws(TransferError) -> TransferError? {
        if signs.hasMarker || signs.hasBlobs {
            return .unlistedArchive(path: container.path, document: LayoutReader.indexName)
        }
        if signs.hasRepositories, !signs.hasManifest { return .ancientArchive(path: container.path) }
        if signs.hasDockerLayers { return .unlistedArchive(path: container.path, document: DockerArchiveReader.listName) }
        // No root file system has the config of an image at its top.
        for name in signs.documents.prefix(Self.mostConfigs) where try isConfig(name) {
            return .unlistedArchive(path: container.path, document: DockerArchiveReader.listName)
        }
        return nil
    }

    /// As many documents at the top are looked into: an archive has one for each image.
    private static let mostConfigs = 16

    private func isConfig(_ name: String) throws(TransferError) -> Bool {
        do throws(TransferError) {
            let member = try container.require(name)
            guard member.size <= container.documents.maxBytes else { return false }
            let outline = try container.decode(ImageConfigOutline.self, try container.read(member), member: name)
            return !outline.diffIDs.isEmpty
        } catch {
            // Whatever else it is, it is no config.
            return false
        }
    }

    /// Whether there is a file of that name, and not a folder, or a link to nothing.
    private func isFile(_ name: String) throws(TransferError) -> Bool {
        do {
            return try container.find(name) != nil
        } catch {
            switch error {
            case .badLink, .notAFile: return false
            default: throw error
            }
        }
    }
}
