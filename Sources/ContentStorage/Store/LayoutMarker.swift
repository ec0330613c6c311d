import OCISpec
import StorageIO
import SystemPackage

/// The file `oci-layout` of a store, which says that the directory is an image layout, and of which version.
package struct LayoutMarker: Sendable {
    static let fileName = ImageLayoutMarker.fileName

    private let content: ContentStore

    init(_ content: ContentStore) { self.content = content }

    /// Writes it where there is none; on return it is on the disk.
    package func write() throws(ContentError) {
        let bytes = try ContentStore.encoded(ImageLayoutMarker(), as: .format, in: content.root)
        try lift(to: ContentError.init) { () throws(StorageError) in
            let lock = try FileLock.acquire(directory: content.root, .exclusive, patience: content.patience)
            defer { lock.release() }
            if try content.root.status(Self.fileName) == nil {
                try content.layoutRoot.writeDurably(Self.fileName, bytes, points: .marker)
            }
        }
    }

    /// Refuses a layout of a version that is not known: what is in it may mean something else.
    ///
    /// Without the marker, or with one that cannot be read, a directory is told by its other parts.
    static func requireKnown(in root: Directory) throws(ContentError) {
        guard let bytes = try lift(try readable(in: root), to: ContentError.init) else { return }
        let marker: ImageLayoutMarker
        do throws(DocumentError) { marker = try decodeDocument(ImageLayoutMarker.self, from: bytes) } catch {
            // It names no version that could be refused; `fsck` tells of it.
            return
        }
        guard marker.imageLayoutVersion == ImageLayoutMarker.currentVersion else {
            throw .otherLayout(path: root.path, version: marker.imageLayoutVersion)
        }
    }

    private static func readable(in root: Directory) throws(StorageError) -> [UInt8]? {
        do { return try root.readFile(fileName, limit: 64 << 10) } catch {
            if error.errno == .fileTooLarge || error.errno == .isDirectory || error.errno == .tooManySymbolicLinkLevels {
                return nil
            }
            throw error
        }
    }
}

extension ContentStore {
    /// The file `oci-layout`.
    package var marker: LayoutMarker { LayoutMarker(self) }
}
