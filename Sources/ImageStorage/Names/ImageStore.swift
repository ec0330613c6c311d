package import ContentStorage
package import OCISpec
import StorageIO
package import SystemPackage

/// The images of a store: their names, their documents, and what was learned about their layers.
package final class ImageStore: Sendable {
    /// The blobs and `index.json`.
    package let content: ContentStore
    /// What was learned; derived.
    package let catalog: Catalog

    /// The images of an opened store; with `isForeign` what is learned is kept in memory, and no file made for it.
    package init(content: ContentStore, isForeign: Bool = false) {
        self.content = content
        catalog = Catalog(store: content, inMemory: isForeign)
    }

    /// Opens the store at `path`, see `ContentStore.open`.
    package static func open(
        at path: FilePath, create: Bool, patience: Duration = .seconds(30)
    ) throws(ContentError) -> ImageStore {
        ImageStore(content: try ContentStore.open(at: path, create: create, patience: patience))
    }

    /// Finds and loads the image that `text` names, see `resolve` and `load`.
    ///
    /// When a blob is gone because another process changed the store meanwhile, the index is read again before the blob is
    /// called missing.
    package func image(
        _ text: String, platform: Platform? = nil, takesAnyAlone: Bool = false
    ) throws(ImageError) -> ImageRecord {
        var descriptor = try resolve(text)
        while true {
            do {
                return try load(descriptor, platform: platform, takesAnyAlone: takesAnyAlone)
            } catch {
                guard case .content(.blobAbsent) = error else { throw error }
                let again = try resolve(text)
                guard again.digest != descriptor.digest else { throw error }
                descriptor = again
            }
        }
    }

    /// Reads and decodes a document that a descriptor names; digest and length are compared.
    func document<T: Decodable>(
        _ type: T.Type, _ descriptor: Descriptor
    ) throws(ImageError) -> (value: T, bytes: [UInt8]) {
        let bytes = try self.bytes(descriptor)
        do {
            return (try decodeDocument(type, from: bytes, limits: .stored), bytes)
        } catch {
            throw .badDocument(descriptor.digest, error)
        }
    }

    func bytes(_ descriptor: Descriptor) throws(ImageError) -> [UInt8] {
        let bytes = try lift(try content.blobs.read(descriptor.digest), to: ImageError.content)
        guard Int64(bytes.count) == descriptor.size else {
            throw .wrongSize(descriptor.digest, expectedBytes: descriptor.size, actualBytes: Int64(bytes.count))
        }
        return bytes
    }
}
