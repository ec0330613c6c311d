// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-blobs

import ContentStorage
import Foundation
import ImageStorage
import LayerArchive
import OCISpec
import StorageIO

/// Brings single blobs to a repository, in the cheapest way that there is: none, a mount, an upload.
struct BlobPush: Sendable {
    let repository: RemoteRepository
    let store: ImageStore
    let session: IngestSession
    let mounts: MountSources
    let report: @Sendable (DistributionEvent) -> Void

    /// Sends a blob unless the registry has it; returns what the registry's manifest is to call it, and the bytes sent.
    ///
    /// A layer that is stored without compression is compressed first: `descriptor` is that of the result.
    func push(_ blob: OutgoingBlob) throws(DistributionError) -> (descriptor: Descriptor, bytes: Int64) {
        if blob.isForeign {
            tell(blob, .absent)
            return (blob.descriptor, 0)
        }
        let stored = try open(blob.descriptor)
        if let diffID = blob.diffID, try isUncompressed(stored) {
            // Of a tar as it is, the digest is the diff ID: what is known of the one holds for the other.
            guard diffID == blob.descriptor.digest else {
                // Damage may have taken away the mark of a compression.
                try HashedSource(stored, blob.descriptor.digest).verify()
                throw .diffIDMismatch(layer: blob.descriptor.digest, expected: diffID, actual: blob.descriptor.digest)
            }
            return try pushCompressed(blob, stored, diffID)
        }
        let bytes = try push(blob, blob.descriptor) { stored }
        return (blob.descriptor, bytes)
    }

    private func pushCompressed(
        _ blob: OutgoingBlob, _ stored: StoredStream, _ diffID: Digest
    ) throws(DistributionError) -> (descriptor: Descriptor, bytes: Int64) {
        var descriptor = blob.descriptor
        descriptor.mediaType =
            blob.descriptor.mediaType.hasPrefix(MediaType.dockerLayer) ? MediaType.dockerLayerGzip : MediaType.layerGzip
        // What it compresses to may be known, and then often need not be made at all.
        for known in store.catalog.blobs(ofDiffID: diffID) where known.compression == .gzip && known.digest.algorithm == .sha256 {
            descriptor.digest = known.digest
            descriptor.size = known.compressedBytes
            if try exists(descriptor) {
                tell(blob, .alreadyExists)
                return (descriptor, 0)
            }
        }
        tell(blob, .compressing)
        let made = try compress(stored, blob, diffID)
        descriptor.digest = made.digest
        descriptor.size = made.stream.length
        let bytes = try push(blob, descriptor) { made.stream }
        return (descriptor, bytes)
    }

    /// Compresses into a nameless file of the session, so that the digest is known before anything is sent.
    ///
    /// What it compresses to is recorded only when what was read is what the diff ID names.
    private func compress(
        _ stored: StoredStream, _ blob: OutgoingBlob, _ diffID: Digest
    ) throws(DistributionError) -> (digest: Digest, stream: StoredStream) {
        let file = try lift(try session.temporaryFile(), to: DistributionError.content)
        let source = HashedSource(stored, diffID)
        var length: Int64 = 0
        var hash = StreamHash()
        try LayerReader.compress(source, of: blob.descriptor.digest) { bytes in
            if let error = repository.halt?.error { throw error }
            try lift(try file.write(bytes, at: length), to: ContentError.init)
            hash.update(bytes)
            length += Int64(bytes.count)
        }
        try source.verify()
        let digest = hash.digest()
        store.catalog.recordBlob(digest, compressedBytes: length, diffID: diffID, compression: .gzip)
        return (digest, StoredStream(file, length: length))
    }

    private func push(
        _ blob: OutgoingBlob, _ descriptor: Descriptor, source: () throws(DistributionError) -> StoredStream
    ) throws(DistributionError) -> Int64 {
        if try exists(descriptor) {
            tell(blob, .alreadyExists)
            return 0
        }
        var location: WebAddress?
        if let other = mounts.repository(for: descriptor.digest) {
            switch try mount(descriptor.digest, from: other) {
            case .mounted:
                tell(blob, .mounted(from: other))
                return 0
            case .upload(let url): location = url
            case .refused: break
            }
        }
        let hashed = HashedSource(try source(), descriptor.digest)
        let counted = CountedSource(hashed) { [self] in tell(blob, .advanced(bytes: $0)) }
        let upload = BlobUpload(repository: repository, source: counted, digest: descriptor.digest, verify: hashed.verify)
        try upload.run(at: location) { () throws(DistributionError) in try exists(descriptor) }
        tell(blob, .complete)
        return descriptor.size
    }

    private func tell(_ blob: OutgoingBlob, _ stage: DistributionEvent.Stage) {
        if blob.diffID != nil { report(.layer(blob.label, stage)) }
    }

    private func exists(_ descriptor: Descriptor) throws(DistributionError) -> Bool {
        let answer = try repository.client.send(
            repository.request(.HEAD, "blobs/\(descriptor.digest)", accept: nil, scope: repository.pushScope))
        _ = try answer.body()
        if answer.status == 401 || answer.status == 403 { throw answer.refusal() }
        return answer.status == 200
    }

    private enum Mount {
        case mounted
        /// The registry would rather have it uploaded, there.
        case upload(WebAddress)
        case refused
    }

    private func mount(_ digest: Digest, from other: String) throws(DistributionError) -> Mount {
        var request = repository.request(
            .POST, "blobs/uploads/?mount=\(BlobUpload.escaped(digest))&from=\(other)", accept: nil, scope: repository.pushScope)
        request.authorization = .registry([repository.pushScope, RegistryRequest.scope(other, "pull")])
        let answer: RegistryAnswer
        do { answer = try repository.client.send(request) } catch {
            // The user may not read the other repository: no reason not to write to this one.
            switch error {
            case .loginNeeded, .wrongCredentials, .badToken, .refused: return .refused
            default: throw error
            }
        }
        _ = try answer.body()
        if answer.status == 201 { return .mounted }
        if answer.status == 202, let location = try answer.location() {
            try repository.client.requireFollowable(location, from: answer.address.origin, answer.line)
            return .upload(location)
        }
        return .refused
    }

    private func open(_ descriptor: Descriptor) throws(DistributionError) -> StoredStream {
        let blob = try lift(try store.content.blobs.open(descriptor.digest), to: DistributionError.content)
        guard blob.size == descriptor.size else {
            throw .images(.wrongSize(descriptor.digest, expectedBytes: descriptor.size, actualBytes: blob.size))
        }
        return StoredStream(blob)
    }

    private func isUncompressed(_ stored: StoredStream) throws(DistributionError) -> Bool {
        var prefix = [UInt8](repeating: 0, count: 512)
        let outcome = prefix.withUnsafeMutableBytes { buffer -> Result<Int, DistributionError> in
            do throws(DistributionError) { return .success(try stored.read(into: buffer, at: 0)) } catch {
                return .failure(error)
            }
        }
        return Compression.detect(prefix: Array(prefix[..<(try outcome.get())])) == .none
    }
}

/// A source that tells how much of it was read.
private struct CountedSource: UploadSource {
    private let source: any UploadSource
    private let report: @Sendable (Int64) -> Void

    init(_ source: any UploadSource, report: @escaping @Sendable (Int64) -> Void) {
        self.source = source
        self.report = report
    }

    var length: Int64 { source.length }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(DistributionError) -> Int {
        let count = try source.read(into: buffer, at: offset)
        report(Int64(count))
        return count
    }
}
