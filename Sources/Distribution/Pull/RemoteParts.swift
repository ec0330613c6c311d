// https://www.rfc-editor.org/rfc/rfc9110#name-range-requests

package import OCISpec

/// Parts of blobs, fetched without the rest, from whichever of an image's servers gives them.
package struct RemoteParts: Sendable {
    let sources: [RemoteRepository]

    /// What became of a search for something in a blob.
    package enum Outcome<Found> {
        /// It is there.
        case found(Found)
        /// No server gives parts of blobs.
        case noParts
        /// Some do, but what they give is not to be used; why, of the last one.
        case unusable(any Error)
    }

    /// Reads something in a blob with one server after another, until one gives what `read` can use.
    ///
    /// Servers that give no parts, or give what `read` refuses, are passed over: another one may do better. What `read` throws of its
    /// own is the server's fault as much as the blob's, which no digest tells apart. A server's failure is an error only where every
    /// server fails so; that the registry has a blob of another size than its descriptor says always is.
    package func find<Found>(
        in blob: Descriptor, _ read: (BlobParts) throws -> Found
    ) throws(DistributionError) -> Outcome<Found> {
        var failure: DistributionError?
        var unusable: (any Error)?
        var hasInability = false
        for source in sources {
            failure = nil
            do {
                return .found(try read(BlobParts(blob: blob, source: source)))
            } catch PartFailure.noParts {
                hasInability = true
            } catch PartFailure.failed(let error) {
                failure = error
            } catch {
                unusable = error
            }
        }
        if case .sizeMismatch? = failure, let failure { throw failure }
        if let unusable { return .unusable(unusable) }
        if !hasInability, let failure { throw failure }
        return .noParts
    }
}

/// Why a server gave no part of a blob.
private enum PartFailure: Error {
    /// It gives blobs whole or not at all.
    case noParts
    /// It does not give this one, or failed.
    case failed(DistributionError)
}

/// Parts of one blob of one server.
package struct BlobParts {
    fileprivate let blob: Descriptor
    fileprivate let source: RemoteRepository

    /// The bytes in `range`, which is within the blob.
    ///
    /// They are not verified: the digest that names the blob is that of all of it.
    package func bytes(in range: Range<Int64>) throws -> [UInt8] {
        guard !range.isEmpty else { return [] }
        let bytes: [UInt8]?
        do { bytes = try fetch(range) } catch { throw PartFailure.failed(error) }
        guard let bytes else { throw PartFailure.noParts }
        return bytes
    }

    private func fetch(_ range: Range<Int64>) throws(DistributionError) -> [UInt8]? {
        let answer = try source.openBlob(blob.digest, from: range.lowerBound, to: range.upperBound)
        guard try isPart(answer, range) else {
            answer.cancel()
            return nil
        }
        let bytes = try answer.body(upTo: range.count)
        guard bytes.count == range.count else { throw .network(answer.line, .cut) }
        return bytes
    }

    /// Whether the answer is the part that was asked for; false where the server does not know ranges or does not want them.
    private func isPart(_ answer: RegistryAnswer, _ range: Range<Int64>) throws(DistributionError) -> Bool {
        switch answer.status {
        case 206:
            let found = ContentRange(answer.header("Content-Range") ?? "")
            try requireSize(found?.blobBytes, answer)
            return found?.range == range
        case 200:
            try requireSize(answer.header("Content-Length").flatMap { Int64($0) }, answer)
            return false
        case 416:
            try requireSize(ContentRange(answer.header("Content-Range") ?? "")?.blobBytes, answer)
            return false
        case 401, 403, 404, 410: throw answer.refusal()
        default: return false
        }
    }

    /// A server tells how large the whole blob is: as large as the descriptor says, or it is not that blob.
    private func requireSize(_ actual: Int64?, _ answer: RegistryAnswer) throws(DistributionError) {
        guard let actual, actual != blob.size else { return }
        answer.cancel()
        throw .sizeMismatch(answer.line, blob.digest, expectedBytes: blob.size, actualBytes: actual)
    }
}

/// A `Content-Range`: `bytes 0-9/100`, `bytes 0-9/*` or `bytes */100`.
struct ContentRange: Hashable {
    /// Which bytes came; nil where none did.
    var range: Range<Int64>?
    /// Bytes of the whole; nil where that is not told.
    var blobBytes: Int64?

    /// nil for what is none.
    init?(_ header: String) {
        let words = header.split(separator: " ")
        guard words.count == 2, words[0].lowercased() == "bytes" else { return nil }
        let parts = words[1].split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        if parts[1] != "*" {
            guard let bytes = Int64(parts[1]), bytes >= 0 else { return nil }
            blobBytes = bytes
        }
        guard parts[0] != "*" else { return }
        let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false).compactMap { Int64($0) }
        guard ends.count == 2, ends[0] >= 0, ends[1] >= ends[0], ends[1] < .max else { return nil }
        range = ends[0]..<ends[1] + 1
    }
}
