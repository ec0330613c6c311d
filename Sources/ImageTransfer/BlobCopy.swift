import ContentStorage
import Crypto
import LayerArchive
import OCISpec

/// Copies a blob that is no layer, as it is, and verifies it on the way.
struct BlobCopy {
    let container: any MemberContainer
    let session: IngestSession

    /// Copies `blob` unless the store has it.
    func copy(_ blob: SourceBlob) throws(TransferError) {
        let descriptor = blob.descriptor
        let isHeld = try inStore { () throws(ContentError) in try session.hold(descriptor.digest, size: descriptor.size) }
        if isHeld { return }
        let writer = try inStore { () throws(ContentError) in try session.makeWriter(expected: descriptor.digest) }
        defer { writer.discard() }
        let source = try container.source(of: blob.member)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 4096)
        defer { buffer.deallocate() }
        var hash = SHA256()
        while true {
            let count: Int
            do throws(LayerArchiveError) {
                count = try source.read(into: buffer)
            } catch {
                throw .badLayer(path: container.path, layer: descriptor.digest.description, error)
            }
            if count == 0 { break }
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            hash.update(bufferPointer: bytes)
            try inStore { () throws(ContentError) in try writer.write(bytes) }
        }
        guard let actual = Digest(bytes: Array(hash.finalize())) else { throw .unsupportedDigest(descriptor.digest) }
        guard actual == descriptor.digest else {
            throw .digestMismatch(path: container.path, expected: descriptor.digest, actual: actual)
        }
        try inStore { () throws(ContentError) in try writer.commit(digest: actual, size: descriptor.size) }
    }
}
