import ContentStorage
import Foundation
import OCISpec
import Synchronization

/// A stored blob on its way to somebody else: what is read of it is hashed, so that no damaged blob goes out under its digest.
///
/// It may be read as a stream, or from any place and again, as an upload does; each byte is hashed once, in order.
final class HashedSource: ByteStream, UploadSource {
    private struct State {
        var hash: StreamHash
        var hashedBytes: Int64 = 0
        var position: Int64 = 0
    }

    private let source: any UploadSource
    private let digest: Digest
    private let state: Mutex<State>

    /// The blob that the store has under `digest`.
    init(_ source: any UploadSource, _ digest: Digest) {
        self.source = source
        self.digest = digest
        state = Mutex(State(hash: StreamHash(digest.algorithm)))
    }

    var length: Int64 { source.length }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(DistributionError) -> Int {
        let count = try read(into: buffer, at: state.withLock { $0.position })
        state.withLock { $0.position += Int64(count) }
        return count
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(DistributionError) -> Int {
        let count = try source.read(into: buffer, at: offset)
        take(UnsafeRawBufferPointer(rebasing: buffer[..<count]), at: offset)
        return count
    }

    /// Hashes what of `bytes` comes next; what was hashed before, or would leave a gap, is not.
    private func take(_ bytes: UnsafeRawBufferPointer, at offset: Int64) {
        state.withLock { state in
            let known = state.hashedBytes - offset
            guard known >= 0, known < bytes.count else { return }
            state.hash.update(UnsafeRawBufferPointer(rebasing: bytes[Int(known)...]))
            state.hashedBytes = offset + Int64(bytes.count)
        }
    }

    /// Compares what was read with the digest; what was not read, since the other side has it already, is read now.
    ///
    /// A blob that is another than its name says is an error of the store.
    func verify() throws(DistributionError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { buffer.deallocate() }
        while true {
            let next = state.withLock { $0.hashedBytes }
            guard next < length, try read(into: buffer, at: next) > 0 else { break }
        }
        let actual = state.withLock { $0.hash.digest() }
        guard actual == digest else { throw .content(.blobCorrupt(digest, actual: actual)) }
    }
}
