import ContentStorage
import LayerArchive
import OCISpec
import StorageIO

/// Copies a blob that is no layer, as it is, and verifies it on the way.
struct BlobCopy {
    let container: any MemberContainer
    let session: IngestSession

    /// Copies `blob` unless the store has it.
    func copy(_ blob: SourceBlob) throws(TransferError) {
        let descriptor = blob.descriptor
        let isHeld = try lift(try session.hold(descriptor.digest, size: descriptor.size), to: TransferError.content)
        if isHeld { return }
        let writer = try lift(try session.makeWriter(expected: descriptor.digest), to: TransferError.content)
        defer { writer.discard() }
        let actual = try container.copy(blob) { bytes throws(TransferError) in
            try lift(try writer.write(bytes), to: TransferError.content)
        }
        try lift(try writer.commit(digest: actual, size: descriptor.size), to: TransferError.content)
    }
}

extension MemberContainer {
    /// Gives `sink` the bytes of `blob`, in pieces, and returns their digest, which is the one that names them.
    ///
    /// A blob with another digest is an error once all of it was given.
    @discardableResult
    func copy(
        _ blob: SourceBlob, to sink: (UnsafeRawBufferPointer) throws(TransferError) -> Void
    ) throws(TransferError) -> Digest {
        let expected = blob.descriptor.digest
        let source = try source(of: blob.member)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 4096)
        defer { buffer.deallocate() }
        var hash = StreamHash()
        while true {
            let count: Int
            do {
                count = try source.read(into: buffer)
            } catch {
                throw .badLayer(path: path, layer: expected.description, error)
            }
            if count == 0 { break }
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            hash.update(bytes)
            try sink(bytes)
        }
        guard expected.algorithm == .sha256 else { throw .unsupportedDigest(expected) }
        let actual = hash.digest()
        guard actual == expected else { throw .digestMismatch(path: path, expected: expected, actual: actual) }
        return actual
    }
}
