import ContentStorage
import ImageTransfer
import LayerArchive
import OCISpec

extension ContentStore {
    /// Runs `body` on the stored bytes of a layer; what is wrong with these is an error that names the layer.
    ///
    /// What a sink of `body` throws is thrown on as `.tapFailed`.
    func readingLayer<T>(_ digest: Digest, _ body: (FileRangeSource) throws(LayerArchiveError) -> T) throws -> T {
        let blob = try blobs.open(digest)
        let source = FileRangeSource(fd: blob.fd, length: blob.size, name: "blob \(digest)")
        return try withExtendedLifetime(blob) {
            do throws(LayerArchiveError) {
                return try body(source)
            } catch {
                if case .tapFailed = error { throw error }
                throw TransferError.badLayer(path: path, layer: digest.description, error)
            }
        }
    }
}
