import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix
import OCISpec
import Synchronization
import TestSupport

/// A server on this machine's loopback that behaves as a registry should, but where a test's script has it otherwise.
///
/// It ends with this object.
final class ScriptedRegistry: Sendable {
    /// A request with its whole body.
    struct Request: Sendable {
        var method: String
        /// Without the query.
        var path: String
        var query: String
        var headers: [(name: String, value: String)]
        var body: [UInt8]
        /// How many requests of this method and path came before.
        var number: Int
        var moment: Date

        func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name.lowercased() }?.value }
    }

    /// An answer, and what goes wrong with it.
    struct Reply: Sendable {
        var status = 200
        var headers: [(name: String, value: String)] = []
        var body: [UInt8] = []
        /// The `Content-Length`; the body's own where it is nil.
        var declaredBytes: Int?
        var isChunked = false
        /// Bytes of the body after which the connection is closed.
        var cutAfter: Int?
        /// Bytes of the body after which nothing more comes.
        var stallAfter: Int?
        /// Whether after `stallAfter` bytes the rest comes after all, a byte now and then.
        var isDripping = false
        /// Whether not even a head comes.
        var isSilent = false
        /// What is sent in place of anything HTTP.
        var raw: String?

        func with(_ change: (inout Reply) -> Void) -> Reply {
            var copy = self
            change(&copy)
            return copy
        }

        static func status(_ status: Int, _ headers: (String, String)..., body: String = "") -> Reply {
            Reply(status: status, headers: headers.map { (name: $0.0, value: $0.1) }, body: Array(body.utf8))
        }
    }

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

    private struct State {
        var content: Content
        var requests: [Request] = []
        var script: Script
    }

    private let state: Mutex<State>
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let channel: any Channel

    /// A registry with this content; where `script` has a reply, it counts.
    init(_ content: Content = Content(), script: @escaping Script = { _ in nil }) throws {
        state = Mutex(State(content: content, script: script))
        let box = WeakBox()
        let bootstrap = ServerBootstrap(group: group).serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes)), Handler(box),
                    ])
                }
            }
        channel = try bootstrap.bind(host: "127.0.0.1", port: 0).wait()
        box.server = self
    }

    deinit {
        channel.close(promise: nil)
        group.shutdownGracefully { _ in }
    }

    /// How images name it.
    var name: String { "127.0.0.1:\(channel.localAddress?.port ?? 0)" }
    var url: String { "http://\(name)" }
    /// All requests so far.
    var requests: [Request] { state.withLock { $0.requests } }
    /// What it has by now.
    var content: Content { state.withLock { $0.content } }

    /// Behaves by another script from now on.
    func follow(_ script: @escaping Script) { state.withLock { $0.script = script } }

    func requests(_ method: String, containing text: String) -> [Request] {
        requests.filter { $0.method == method && $0.path.contains(text) }
    }

    fileprivate func answer(_ head: HTTPRequestHead, _ body: [UInt8]) -> Reply {
        let parts = head.uri.split(separator: "?", maxSplits: 1).map(String.init)
        var request = Request(
            method: head.method.rawValue, path: parts.first ?? "", query: parts.count > 1 ? parts[1] : "",
            headers: head.headers.map { (name: $0.name, value: $0.value) }, body: body, number: 0, moment: Date())
        let script = state.withLock { state in
            request.number = state.requests.count { $0.method == request.method && $0.path == request.path }
            state.requests.append(request)
            return state.script
        }
        return script(request) ?? proper(request)
    }

    /// What a registry says that does nothing wrong.
    func proper(_ request: Request) -> Reply {
        state.withLock { Self.proper(request, &$0.content) }
    }

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

/// Leads a connection to its server, as long as that is there.
private final class WeakBox: @unchecked Sendable {
    weak var server: ScriptedRegistry?
}

/// One connection: requests in by the decoder, answers out byte by byte as the script has them.
private final class Handler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = ByteBuffer

    private let box: WeakBox
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []

    init(_ box: WeakBox) { self.box = box }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = []
        case .body(let bytes): body += Array(bytes.readableBytesView)
        case .end:
            guard let head, let server = box.server else { return context.close(promise: nil) }
            send(server.answer(head, body), isHead: head.method == .HEAD, context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func send(_ reply: ScriptedRegistry.Reply, isHead: Bool, _ context: ChannelHandlerContext) {
        if reply.isSilent { return }
        if let raw = reply.raw {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: raw)), promise: nil)
            return context.close(promise: nil)
        }
        var text = "HTTP/1.1 \(reply.status) X\r\n"
        for header in reply.headers { text += "\(header.name): \(header.value)\r\n" }
        if reply.isChunked {
            text += "Transfer-Encoding: chunked\r\n"
        } else if reply.status != 204 {
            text += "Content-Length: \(reply.declaredBytes ?? reply.body.count)\r\n"
        }
        var buffer = ByteBuffer(string: text + "\r\n")
        let stop = reply.cutAfter ?? reply.stallAfter ?? reply.body.count
        if !isHead {
            let sent = reply.body.prefix(stop)
            if reply.isChunked {
                if !sent.isEmpty {
                    buffer.writeString("\(String(sent.count, radix: 16))\r\n")
                    buffer.writeBytes(sent)
                    buffer.writeString("\r\n")
                }
                if reply.cutAfter == nil, reply.stallAfter == nil { buffer.writeString("0\r\n\r\n") }
            } else {
                buffer.writeBytes(sent)
            }
        }
        if reply.isDripping, !isHead { drip(Array(reply.body.dropFirst(stop)), context) }
        let isCut = reply.cutAfter != nil && !isHead
        let done = context.writeAndFlush(wrapOutboundOut(buffer))
        if isCut {
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            done.whenComplete { _ in bound.value.close(promise: nil) }
        }
    }

    /// Sends these bytes, ten in a second, as long as somebody is there.
    private func drip(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        let channel = context.channel
        let rest = NIOLockedValueBox(bytes[...])
        context.eventLoop.scheduleRepeatedTask(initialDelay: .milliseconds(100), delay: .milliseconds(100)) { task in
            guard channel.isActive, let byte = rest.withLockedValue({ $0.popFirst() }) else { return task.cancel() }
            channel.writeAndFlush(ByteBuffer(bytes: [byte]), promise: nil)
        }
    }
}
