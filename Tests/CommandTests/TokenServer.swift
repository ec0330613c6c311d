// https://distribution.github.io/distribution/spec/auth/jwt/

import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import TestSupport

/// A token server on this machine's loopback: everybody may pull, one user may push as well.
///
/// It ends with this object.
final class TokenServer: Sendable {
    static let user = "pusher"
    static let secret = "s3cret-password"
    private static let lifetime = 60.0

    private let folder: TemporaryDirectory
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let channel: any Channel

    init() throws {
        let folder = try TemporaryDirectory()
        try Certificate.make(in: folder.path, "signer")
        self.folder = folder
        let bootstrap = ServerBootstrap(group: group).childChannelInitializer { channel in
            channel.pipeline.configureHTTPServerPipeline().flatMap {
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Handler(folder.path)) }
            }
        }
        channel = try bootstrap.bind(host: "127.0.0.1", port: 0).wait()
    }

    deinit {
        channel.close(promise: nil)
        group.shutdownGracefully { _ in }
    }

    var realm: String { "http://127.0.0.1:\(channel.localAddress?.port ?? 0)/token" }
    /// What a registry needs to know the tokens by.
    var certificate: String { folder.path("signer.crt") }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let folder: String
        private var head: HTTPRequestHead?

        init(_ folder: String) { self.folder = folder }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): self.head = head
            case .body: break
            case .end:
                guard let head else { return }
                let answer = TokenAnswer(head, folder)
                var headers = HTTPHeaders([("Content-Type", "application/json")])
                headers.add(name: "Content-Length", value: "\(answer.body.utf8.count)")
                let response = HTTPResponseHead(version: .http1_1, status: answer.status, headers: headers)
                context.write(wrapOutboundOut(.head(response)), promise: nil)
                context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: answer.body)))), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }
        }
    }

    /// What the server says to one request.
    private struct TokenAnswer {
        var status = HTTPResponseStatus.ok
        var body = ""

        init(_ head: HTTPRequestHead, _ folder: String) {
            var user = ""
            if let authorization = head.headers.first(name: "Authorization") {
                guard authorization == "Basic \(Data("\(TokenServer.user):\(TokenServer.secret)".utf8).base64EncodedString())"
                else {
                    status = .unauthorized
                    return
                }
                user = TokenServer.user
            }
            let items = URLComponents(string: head.uri)?.queryItems ?? []
            let scopes = items.filter { $0.name == "scope" }.flatMap { ($0.value ?? "").split(separator: " ") }
            let access = scopes.map { scope -> [String: Any] in
                let parts = scope.split(separator: ":").map(String.init)
                let wanted = (parts.last ?? "").split(separator: ",").map(String.init)
                return [
                    "type": "repository", "name": parts[1], "actions": user.isEmpty ? wanted.filter { $0 == "pull" } : wanted,
                ]
            }
            do { body = #"{"token": "\#(try Self.token(user, access, folder))", "expires_in": 60}"# } catch {
                status = .internalServerError
            }
        }

        private static func token(_ user: String, _ access: [[String: Any]], _ folder: String) throws -> String {
            let pem = try String(contentsOfFile: folder + "/signer.crt", encoding: .utf8)
            let certificate = pem.split(separator: "\n").filter { !$0.hasPrefix("-----") }.joined()
            let now = Date().timeIntervalSince1970.rounded()
            let parts: [[String: Any]] = [
                ["typ": "JWT", "alg": "RS256", "x5c": [certificate]],
                [
                    "iss": "strata-test", "sub": user, "aud": "test", "exp": now + lifetime, "nbf": now - 10, "iat": now,
                    "jti": UUID().uuidString, "access": access,
                ],
            ]
            let text = try parts.map { encoded(try JSONSerialization.data(withJSONObject: $0)) }.joined(separator: ".")
            let signature = try Compressor.run(
                "openssl", ["dgst", "-sha256", "-sign", folder + "/signer.key"], on: Array(text.utf8))
            return text + "." + encoded(Data(signature))
        }

        private static func encoded(_ data: Data) -> String {
            data.base64EncodedString().replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
                .replacingOccurrences(of: "=", with: "")
        }
    }
}
