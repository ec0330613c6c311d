// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-a-blob-in-chunks

import Foundation
import OCISpec

/// One blob on its way up: begun by a POST, sent by PATCHes, closed by a PUT that names the digest.
///
/// All bytes go in one PATCH unless the registry finds that too much. What breaks goes on where the registry says it stands,
/// and begins anew where it knows nothing of the upload any more.
struct BlobUpload {
    let repository: RemoteRepository
    let source: any UploadSource
    let digest: Digest

    /// Bytes of a PATCH to a registry that takes no large ones.
    private static let smallChunkBytes: Int64 = 16 << 20

    private struct Place {
        var location: URL
        var offset: Int64 = 0
        /// The least that the registry takes at a time, by its own word.
        var minimumBytes: Int64 = 0
    }

    /// Uploads the blob, at an address where an upload was begun already or at a new one.
    ///
    /// `isThere` asks the registry for the blob: an answer may be lost though the upload was closed.
    func run(at begun: URL?, isThere: () throws(DistributionError) -> Bool) throws(DistributionError) {
        var place = begun.map { Place(location: $0) }
        var chunkBytes = Int64.max
        var failures = 0
        while true {
            do throws(DistributionError) {
                var at: Place
                if let place { at = place } else { at = try begin() }
                place = at
                while at.offset < source.length {
                    try patch(&at, max(chunkBytes, at.minimumBytes))
                    failures = 0
                    place = at
                }
                return try close(at)
            } catch {
                let client = repository.client
                if case .refused(_, status: 413, _) = error, chunkBytes > Self.smallChunkBytes {
                    chunkBytes = Self.smallChunkBytes
                } else {
                    failures += 1
                    guard error.mayPass, failures < client.settings.retries.attempts else { throw error }
                    client.pause(afterFailures: failures)
                }
                if try isThere() { return }
                if let last = place { place = try status(last) }
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
        let received = Self.received(answer) ?? end
        // `0-0` is one byte or none: after one was sent, it is that one.
        let offset = received == 0 && end == 1 ? 1 : min(end, received)
        guard offset > place.offset else { throw .badAnswer(answer.line, detail: "it took nothing of what was sent") }
        place.offset = offset
    }

    private func close(_ place: Place) throws(DistributionError) {
        let text = place.location.absoluteString
        let separator = text.contains("?") ? "&" : "?"
        guard let url = URL(string: "\(text)\(separator)digest=\(Self.escaped(digest))") else {
            throw .badAnswer(RequestLine(method: "PUT", url: text), detail: "its address is none")
        }
        var request = request(.PUT, url)
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
    private func next(_ answer: RegistryAnswer) throws(DistributionError) -> URL? {
        guard let location = answer.location, let origin = Origin(answer.url) else { return nil }
        try repository.client.requireFollowable(location, from: origin, answer.line)
        return location
    }

    private func request(_ verb: HTTPVerb, _ url: URL) -> RegistryRequest {
        var request = RegistryRequest(
            method: verb.method, target: .url(url), authorization: .registry([repository.pushScope]))
        request.isSlow = true
        request.isRetried = false
        return request
    }

    /// Bytes received, by a `Range: 0-N`, whose end is inclusive; `0-0` also stands for nothing.
    private static func received(_ answer: RegistryAnswer) -> Int64? {
        guard let text = answer.header("Range")?.split(separator: "-").last, let end = Int64(text) else { return nil }
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
    /// Whether an upload may succeed when it is tried again.
    fileprivate var mayPass: Bool {
        switch self {
        case .network(_, let failure): failure.isTransient
        case .refused(_, let status, _): [404, 408, 416, 429].contains(status) || status >= 500
        default: false
        }
    }
}
