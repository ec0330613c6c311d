import Distribution
import EngineStores
import ImageStorage
import ImageTransfer
import OCISpec
import StorageIO

/// The images of an image layout, or of a store, which is one.
struct ListedLayout: ListedSource {
    let folder: LayoutFolder
    /// `oci:DIR` or `store:DIR`.
    let place: String

    func names(_ body: (ListedName) throws -> Void, failed: (ListedName, any Error) throws -> Void) throws {
        for entry in try folder.names() {
            var name = ListedName(digest: entry.descriptor.digest)
            switch entry.name {
            case .reference(let reference): (name.repository, name.tag) = (reference.repository, reference.tag)
            case .bare(let label): name.tag = label
            case nil: break
            }
            try body(name)
        }
    }

    func document(_ digest: Digest, of name: ListedName) throws -> ListedDocument {
        let descriptor = Descriptor(mediaType: "", digest: digest, size: 0)
        return ListedDocument(descriptor: descriptor, bytes: try folder.document(descriptor))
    }

    func config(_ descriptor: Descriptor, of name: ListedName) throws -> [UInt8] { try folder.document(descriptor) }

    func place(of name: ListedName) -> String? { place }
}

/// The images of a registry's folder, those that no tag reaches among them.
struct ListedRegistryFolder: ListedSource {
    private let folder: RegistryFiles
    private let path: String

    init(path: String) throws {
        self.path = path
        folder = try RegistryFiles(path: path)
    }

    func names(_ body: (ListedName) throws -> Void, failed: (ListedName, any Error) throws -> Void) throws {
        for repository in try folder.repositories() {
            let images: [RegistryFiles.Named]
            do { images = try folder.images(of: repository) } catch {
                try failed(ListedName(repository: repository), error)
                continue
            }
            for image in images { try body(ListedName(repository: repository, tag: image.tag, digest: image.digest)) }
        }
    }

    func document(_ digest: Digest, of name: ListedName) throws -> ListedDocument {
        ListedDocument(
            descriptor: Descriptor(mediaType: "", digest: digest, size: 0),
            bytes: try bytes(Descriptor(mediaType: "", digest: digest, size: 0)))
    }

    func config(_ descriptor: Descriptor, of name: ListedName) throws -> [UInt8] { try bytes(descriptor) }

    private func bytes(_ descriptor: Descriptor) throws -> [UInt8] {
        guard let file = try folder.blob(descriptor.digest) else {
            throw TransferError.missingMember(path: path, member: descriptor.digest.description)
        }
        let bytes = try file.readAll(limit: DocumentLimits.stored.maxBytes)
        let actual = Digest(hashing: bytes, with: descriptor.digest.algorithm)
        guard actual == descriptor.digest else {
            throw TransferError.digestMismatch(path: path, expected: descriptor.digest, actual: actual)
        }
        return bytes
    }

    func place(of name: ListedName) -> String? { "registry:\(path)" }
}
