import ContentStorage
import Foundation
import OCISpec

/// A manifest or an index as a registry gave it: the bytes are the truth.
struct RemoteDocument: Hashable, Sendable {
    var descriptor: Descriptor
    var bytes: [UInt8]

    /// A document under another descriptor, but with the type that it has by its own word.
    func named(_ other: Descriptor) -> RemoteDocument {
        var named = RemoteDocument(descriptor: other, bytes: bytes)
        named.descriptor.mediaType = descriptor.mediaType
        return named
    }
}

extension RemoteDocument {
    /// A document that is there whole; `claimed` is what a server or a descriptor calls it, and `title` what messages do.
    ///
    /// Its own word for what it is goes before theirs:
    /// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-manifests
    init(
        _ bytes: [UInt8], _ digest: Digest, claimed: String, title: String, _ limits: DocumentLimits
    ) throws(DistributionError) {
        let shape: DocumentShape
        do { shape = try decodeDocument(DocumentShape.self, from: bytes, limits: limits) } catch {
            throw .badDocument(title, error)
        }
        self.bytes = bytes
        descriptor = Descriptor(
            mediaType: try Self.mediaType(shape, claimed: claimed, title: title), digest: digest, size: Int64(bytes.count))
    }

    private static func mediaType(
        _ shape: DocumentShape, claimed: String, title: String
    ) throws(DistributionError) -> String {
        if shape.schemaVersion == 1 { throw .schemaOne(title) }
        guard let kind = shape.kind else {
            if claimed.contains("docker.distribution.manifest.v1") { throw .schemaOne(title) }
            throw .unknownMediaType(title, type: shape.mediaType ?? claimed)
        }
        if let own = shape.mediaType { return own }
        switch kind {
        case .index: return MediaType.isIndex(claimed) ? claimed : MediaType.index
        case .manifest: return MediaType.isManifest(claimed) ? claimed : MediaType.manifest
        }
    }
}

extension RemoteRepository {
    /// The types of document that this program understands, and schema 1, so that it can be refused by name.
    private static let accepted = [
        MediaType.manifest, MediaType.index, MediaType.dockerManifest, MediaType.dockerManifestList,
        "application/vnd.docker.distribution.manifest.v1+prettyjws;q=0.1",
        "application/vnd.docker.distribution.manifest.v1+json;q=0.1",
    ].joined(separator: ", ")

    /// What a tag or digest stands for, by the head of the answer alone; nil where the server does not say.
    ///
    /// It is asked once: whoever asks it asks for the whole document next, where this fails.
    func head(_ name: String) throws(DistributionError) -> Descriptor? {
        var request = request(.HEAD, "manifests/\(name)", accept: Self.accepted)
        request.isRetried = false
        let answer = try client.send(request)
        // Read to its end, which is at once, so that the connection can be used again.
        _ = try answer.body()
        guard answer.status == 200, let text = answer.header("Docker-Content-Digest"),
            let size = answer.header("Content-Length").flatMap({ Int64($0) }), size > 0
        else { return nil }
        let type = answer.header("Content-Type").map(Self.plainType) ?? ""
        return Digest(ifValid: text).map { Descriptor(mediaType: type, digest: $0, size: size) }
    }

    /// What a tag stands for, by the head of the answer alone, which counts as no pull.
    func tagHead(_ tag: String) throws(DistributionError) -> TagHead {
        let answer = try client.send(request(.HEAD, "manifests/\(tag)", accept: Self.accepted))
        _ = try answer.body()
        switch answer.status {
        case 200:
            guard let digest = answer.header("Docker-Content-Digest").flatMap({ Digest(ifValid: $0) }) else { return .unsaid }
            return .digest(digest)
        case 404: return .absent
        case 405, 501: return .unsaid
        default: throw answer.refusal()
        }
    }

    /// The document that a tag or digest stands for; of one asked for by digest the bytes are compared with it.
    ///
    /// `title` is what messages call the image.
    func document(_ name: String, expecting expected: Descriptor?, title: String) throws(DistributionError) -> RemoteDocument {
        var request = request(.GET, "manifests/\(name)", accept: Self.accepted)
        request.reading = .document(limit: documents.maxBytes)
        let answer = try client.send(request)
        if answer.status == 404 { throw .noSuchImage(title) }
        guard answer.status == 200 else { throw answer.refusal() }
        guard let bytes = try answer.body(ifUpTo: documents.maxBytes) else {
            throw .badDocument(title, .tooLarge(bytes: nil, limit: documents.maxBytes))
        }
        let type = answer.header("Content-Type").map(Self.plainType) ?? ""
        let digest = try self.digest(of: name, expected, bytes)
        let actual = Digest(hashing: bytes, with: digest.algorithm)
        guard actual == digest else { throw .digestMismatch(answer.line, expected: digest, actual: actual) }
        if let expected, expected.size > 0, expected.size != Int64(bytes.count) {
            throw .sizeMismatch(
                answer.line, digest, expectedBytes: expected.size, actualBytes: Int64(bytes.count))
        }
        return try RemoteDocument(bytes, digest, claimed: type, title: title, documents)
    }

    /// The digest that the bytes must have: the one asked for, else the bytes' own.
    ///
    /// A server's word for a tag's digest is not needed: what it sent is what it means.
    private func digest(of name: String, _ expected: Descriptor?, _ bytes: [UInt8]) throws(DistributionError) -> Digest {
        if let expected { return expected.digest }
        do throws(Digest.ParseError) { return try Digest(name) } catch { return Digest(hashing: bytes) }
    }

    /// A blob's whole bytes, for a document such as a config; compared with its descriptor.
    func blob(_ descriptor: Descriptor) throws(DistributionError) -> [UInt8] {
        let limit = documents.maxBytes
        guard descriptor.size <= limit else {
            throw .badDocument(descriptor.digest.description, .tooLarge(bytes: Int(clamping: descriptor.size), limit: limit))
        }
        var request = request(.GET, "blobs/\(descriptor.digest)", accept: nil)
        request.reading = .document(limit: limit)
        let answer = try client.send(request)
        guard answer.status == 200 else { throw answer.refusal() }
        let bytes = try answer.body(upTo: limit)
        guard Int64(bytes.count) == descriptor.size else {
            throw .sizeMismatch(
                answer.line, descriptor.digest, expectedBytes: descriptor.size, actualBytes: Int64(bytes.count))
        }
        let actual = Digest(hashing: bytes, with: descriptor.digest.algorithm)
        guard actual == descriptor.digest else {
            throw .digestMismatch(answer.line, expected: descriptor.digest, actual: actual)
        }
        return bytes
    }

    /// The beginning of a blob's body from `offset` on; whether the server went along with that, its answer tells.
    func openBlob(_ digest: Digest, from offset: Int64, to end: Int64? = nil) throws(DistributionError) -> RegistryAnswer {
        var request = request(.GET, "blobs/\(digest)", accept: nil)
        request.isDecoding = false
        request.reading = end.map { .part(bytes: Int(clamping: $0 - offset)) } ?? .stream
        if offset > 0 || end != nil { request.headers.append(("Range", "bytes=\(offset)-\(end.map { "\($0 - 1)" } ?? "")")) }
        return try client.send(request)
    }

    /// A request below this repository.
    func request(_ method: HTTPVerb, _ rest: String, accept: String?, scope: String? = nil) -> RegistryRequest {
        var request = RegistryRequest(
            method: method, target: .path("\(root)/\(path)/\(rest)"), headers: accept.map { [("Accept", $0)] } ?? [],
            authorization: .registry([scope ?? pullScope]))
        request.halt = halt
        return request
    }

    private static func plainType(_ header: String) -> String {
        header.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces).lowercased()
    }
}
