package import ImageStorage
package import LayerArchive
package import OCISpec

/// A folder with blobs as an image layout has them, and its images by name: nothing is looked at before it is asked for.
package struct LayoutFolder: Sendable {
    /// What messages call it.
    package let path: String
    private let container: FolderContainer

    /// Opens the folder at `path`; in a store no symlink is followed.
    package init(path: String, isStore: Bool, documents: DocumentLimits = .default) throws(TransferError) {
        self.path = path
        container = isStore ? try FolderContainer(store: path) : try FolderContainer(path: path, documents: documents)
    }

    /// What `index.json` lists, in its order.
    package func names() throws(TransferError) -> [NamedImage] {
        ImageStore.names(of: try LayoutReader(container: container).index())
    }

    /// The bytes of a document, compared with its digest; of any length where its descriptor says 0.
    package func document(_ descriptor: Descriptor) throws(TransferError) -> [UInt8] {
        let member = try member(descriptor)
        let bytes = try container.read(member)
        let actual = Digest(hashing: bytes, with: descriptor.digest.algorithm)
        guard actual == descriptor.digest else {
            throw .digestMismatch(path: path, expected: descriptor.digest, actual: actual)
        }
        return bytes
    }

    /// A layer's stored bytes, which are not compared with its digest.
    package func layer(_ descriptor: Descriptor) throws(TransferError) -> any ByteSource {
        let member = try member(descriptor)
        guard member.size == descriptor.size else {
            throw .sizeMismatch(path: path, descriptor.digest, expectedBytes: descriptor.size, actualBytes: member.size)
        }
        return try container.source(of: member)
    }

    private func member(_ descriptor: Descriptor) throws(TransferError) -> Member {
        try container.require(
            try LayoutReader.path(of: descriptor.digest), size: descriptor.size > 0 ? descriptor.size : nil)
    }
}
