import Foundation
import OCISpec
import Synchronization
import TestSupport

/// A server on this machine's loopback that behaves as a registry should, but where a test's script has it otherwise.
///
/// It ends with this object.
final class ScriptedRegistry: Sendable {
    typealias Request = ScriptedRequest
    typealias Reply = ScriptedReply

    /// What it has: documents by tag and digest, blobs by digest.
    struct Content: Sendable {
        var documents: [String: (type: String, bytes: [UInt8])] = [:]
        var blobs: [String: [UInt8]] = [:]
        var uploads: [String: [UInt8]] = [:]
        var begunUploadCount = 0

        mutating func add(_ image: ImageBuilder, tag: String) throws {
            var files = ArchiveFiles()
            try image.addBlobs(to: &files)
            for member in files.members { blobs[sha256(member.body).description] = member.body }
            add(try image.manifest(), type: image.manifestMediaType, tag: tag)
        }

        mutating func add(_ document: [UInt8], type: String, tag: String? = nil) {
            documents[sha256(document).description] = (type, document)
            if let tag { documents[tag] = (type, document) }
        }
    }

    typealias Script = @Sendable (Request) -> Reply?

    private final class Shelf: Sendable {
        let content: Mutex<Content>

        init(_ content: Content) { self.content = Mutex(content) }

        func proper(_ request: Request) -> Reply { content.withLock { ScriptedRegistry.proper(request, &$0) } }
    }

    private let shelf: Shelf
    private let server: ScriptedServer

    /// A registry with this content; where `script` has a reply, it counts.
    init(_ content: Content = Content(), script: @escaping Script = { _ in nil }) throws {
        let shelf = Shelf(content)
        self.shelf = shelf
        server = try ScriptedServer { script($0) ?? shelf.proper($0) }
    }

    /// How images name it.
    var name: String { server.name }
    var url: String { server.url }
    var port: Int { server.port }
    /// All requests so far.
    var requests: [Request] { server.requests }
    /// What it has by now.
    var content: Content { shelf.content.withLock { $0 } }

    /// Behaves by another script from now on.
    func follow(_ script: @escaping Script) {
        let shelf = shelf
        server.follow { script($0) ?? shelf.proper($0) }
    }

    /// Answers those requests that `script` has a reply to before their bodies have come; see ``ScriptedServer/answerEarly(_:)``.
    func answerEarly(_ script: @escaping Script) { server.answerEarly(script) }

    func requests(_ method: String, containing text: String) -> [Request] {
        requests.filter { $0.method == method && $0.path.contains(text) }
    }

    /// What a registry says that does nothing wrong.
    func proper(_ request: Request) -> Reply { shelf.proper(request) }

    private static func proper(_ request: Request, _ content: inout Content) -> Reply {
        let parts = request.path.split(separator: "/").map(String.init)
        if request.path == "/v2/" { return .status(200) }
        guard parts.count >= 3 else { return .status(404) }
        if parts.contains("uploads") { return upload(request, &content) }
        let (kind, name) = (parts[parts.count - 2], parts[parts.count - 1])
        if kind == "manifests", request.method == "PUT" {
            let type = request.header("Content-Type") ?? ""
            content.add(request.body, type: type, tag: name)
            return .status(201, ("Docker-Content-Digest", sha256(request.body).description))
        }
        if kind == "manifests" {
            guard let document = content.documents[name] else {
                return .status(404, body: #"{"errors":[{"code":"MANIFEST_UNKNOWN"}]}"#)
            }
            let digest = sha256(document.bytes).description
            return Reply(
                headers: [("Content-Type", document.type), ("Docker-Content-Digest", digest)], body: document.bytes)
        }
        guard let blob = content.blobs[name] else { return .status(404) }
        guard let range = request.header("Range"), let from = Int(range.dropFirst("bytes=".count).prefix { $0 != "-" }) else {
            return Reply(body: blob)
        }
        let last = Int(range.split(separator: "-").last ?? "").flatMap { range.hasSuffix("-") ? nil : $0 } ?? blob.count - 1
        return Reply(
            status: 206, headers: [("Content-Range", "bytes \(from)-\(last)/\(blob.count)")],
            body: Array(blob[from...min(last, blob.count - 1)]))
    }

    private static func upload(_ request: Request, _ content: inout Content) -> Reply {
        let place = request.path
        switch request.method {
        case "POST":
            let path = place + "u\(content.begunUploadCount)"
            content.begunUploadCount += 1
            content.uploads[path] = []
            return .status(202, ("Location", path))
        case "PATCH":
            guard content.uploads[place] != nil else { return .status(404) }
            content.uploads[place]? += request.body
            return .status(202, ("Location", place), ("Range", "0-\((content.uploads[place]?.count ?? 1) - 1)"))
        case "PUT":
            guard let bytes = content.uploads.removeValue(forKey: place) else { return .status(404) }
            let digest = sha256(bytes + request.body).description
            guard request.query.contains(digest.replacingOccurrences(of: ":", with: "%3A")) else {
                return .status(400, body: #"{"errors":[{"code":"DIGEST_INVALID","message":"other bytes"}]}"#)
            }
            content.blobs[digest] = bytes + request.body
            return .status(201, ("Docker-Content-Digest", digest))
        default:
            guard let bytes = content.uploads[place] else { return .status(404) }
            return .status(204, ("Location", place), ("Range", "0-\(max(0, bytes.count - 1))"))
        }
    }
}
