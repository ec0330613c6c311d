// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-a-blob-in-chunks

import Foundation
import OCISpec

/// One blob on its way up: begun by a POST, sent by PATCHes, closed by a PUT that names the digest when the bytes have it.
///
/// All bytes go in one PATCH unless the registry finds that too much. What breaks goes on where the registry says it stands,
/// and begins anew where it knows nothing of the upload any more.
struct BlobUpload {
    let repository: RemoteRepository
    let source: any UploadSource
    let digest: Digest
    /// Called when all is sent: throws where what was read is not what the digest names, so that it is not closed.
    let verify: () throws(DistributionError) -> Void

    /// Bytes of a PATCH to a registry that takes no large ones.
    private static let smallChunkBytes: Int64 = 16 << 20

    private struct Place {
        var location: WebAddress
        var offset: Int64 = 0
        /// The least that the registry takes at a time, by its own word.
        var minimumBytes: Int64 = 0
    }

    /// Uploads the blob, at an address where an upload was begun already or at a new one.
    ///
    /// `isThere` asks the registry for the blob: an answer may be lost though the upload was closed.
    func run(at begun: WebAddress?, isThere: () throws(DistributionError) -> Bool) throws(DistributionError) {
        var place = begun.map { Place(location: $0) }
        var chunkBytes = Int64.max
        var failures = 0
        // Failures are forgotten where the upload has come further than ever.
        var furthest: Int64 = 0
        var isResumed = false
        while true {
            do {
                var at: Place
                if let place { at = place } else { at = try begin() }
                place = at
                while at.offset < source.length {
                    try patch(&at, max(chunkBytes, at.minimumBytes))
                    if at.offset > furthest { failures = 0 }
                    furthest = max(furthest, at.offset)
                    place = at
                }
                try verify()
                return try close(at)
            } catch {
                try repository.halt?.check()
                let client = repository.client
                if case .refused(_, status: 413, _) = error, chunkBytes > Self.smallChunkBytes {
                    chunkBytes = Self.smallChunkBytes
                } else {
                    failures += 1
                    guard error.mayPass(isResumed: isResumed), failures < client.settings.retries.attempts else { throw error }
                    try client.pause(afterFailures: failures, of: error, repository.halt)
                }
                if try isThere() { return }
                // Where it went on and the bytes were wrong in the end, what the registry said of it was.
                if let last = place { place = isResumed && error.isDigestInvalid ? nil : try status(last) }
                isResumed = place != nil
            }
        }
    }

    private func begin() throws(DistributionError) -> Place {
        let answer = try repository.client.send(
            repository.request(.POST, "blobs/uploads/", accept: nil, scope: repository.pushScope))
        guard answer.status == 202 else { throw answer.refusal() }
        guard let location = try next(answer) else { throw .badAnswer(answer.line, detail: "it names no place to upload to") }
        _ = try answer.body()
        let minimum = answer.header("OCI-Chunk-Min-Length").flatMap { Int64($0) } ?? 0
        return Place(location: location, minimumBytes: max(0, minimum))
    }

    private func patch(_ place: inout Place, _ chunkBytes: Int64) throws(DistributionError) {
        let end = chunkBytes > source.length - place.offset ? source.length : place.offset + chunkBytes
        var request = request(.PATCH, place.location)
        request.headers = [("Content-Type", "application/octet-stream")]
        // Some registries know no ranges, so none is named where there is but one.
        if place.offset > 0 || end < source.length {
            request.headers.append(("Content-Range", "\(place.offset)-\(end - 1)"))
        }
        request.body = .source(Window(source: source, length: end), offset: place.offset)
        let answer = try repository.client.send(request)
        guard (200...299).contains(answer.status) else { throw answer.refusal() }
        _ = try answer.body()
        place.location = try next(answer) ?? place.location
        // Whatever its `Range` says: the digest that closes the upload is the proof.
        place.offset = end
    }

    private func close(_ place: Place) throws(DistributionError) {
        let address: WebAddress
        do { address = try place.location.adding(query: "digest=\(Self.escaped(digest))") } catch {
            throw .badAnswer(RequestLine(method: "PUT", url: place.location.text), detail: error.detail)
        }
        var request = request(.PUT, address)
        request.headers = [("Content-Type", "application/octet-stream")]
        request.body = .bytes([])
        let answer = try repository.client.send(request)
        guard answer.status == 201 || answer.status == 204 else { throw answer.refusal() }
        _ = try answer.body()
    }

    /// Where an upload stands by the registry's word; nil where it knows none such.
    private func status(_ place: Place) throws(DistributionError) -> Place? {
        var request = request(.GET, place.location)
        request.isSlow = false
        request.isRetried = true
        let answer = try repository.client.send(request)
        guard answer.status == 204 || answer.status == 202 || answer.status == 200 else { return nil }
        _ = try answer.body()
        var next = place
        next.location = try self.next(answer) ?? place.location
        next.offset = Self.received(answer) ?? 0
        // More than there is: another blob's upload, or a broken registry.
        return next.offset <= source.length ? next : nil
    }

    /// Where the upload goes on, if that is a place to go to.
    private func next(_ answer: RegistryAnswer) throws(DistributionError) -> WebAddress? {
        guard let location = try answer.location() else { return nil }
        try repository.client.requireFollowable(location, from: answer.address.origin, answer.line)
        return location
    }

    private func request(_ verb: HTTPVerb, _ address: WebAddress) -> RegistryRequest {
        var request = RegistryRequest(
            method: verb, target: .url(address), authorization: .registry([repository.pushScope]))
        request.halt = repository.halt
        request.isSlow = true
        request.isRetried = false
        return request
    }

    /// Bytes received, by a `Range: 0-N`, whose end is inclusive; `0-0` also stands for nothing.
    private static func received(_ answer: RegistryAnswer) -> Int64? {
        guard let text = answer.header("Range")?.split(separator: "-").last, let end = Int64(text), end < .max else { return nil }
        return end > 0 ? end + 1 : 0
    }

    static func escaped(_ digest: Digest) -> String { "\(digest.algorithm.rawValue)%3A\(digest.hex)" }
}

/// The beginning of a source.
private struct Window: UploadSource {
    let source: any UploadSource
    let length: Int64

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(DistributionError) -> Int {
        let count = Int(max(0, min(Int64(buffer.count), length - offset)))
        return try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]), at: offset)
    }
}

extension DistributionError {
    /// Whether the registry has other bytes than the digest names.
    fileprivate var isDigestInvalid: Bool {
        if case .refused(_, status: 400, let faults) = self { faults.contains { $0.code == "DIGEST_INVALID" } } else { false }
    }

    /// Whether an upload may succeed when it is tried again.
    fileprivate func mayPass(isResumed: Bool) -> Bool {
        switch self {
        case .network(_, let failure): failure.isTransient
        // Where an upload went on, the registry may have had other bytes than it said.
        case .refused(_, status: 400, _): isResumed && isDigestInvalid
        case .refused(_, let status, _): [404, 408, 416].contains(status) || status >= 500
        default: false
        }
    }
}
