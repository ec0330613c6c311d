import TestSupport

/// A proxy on this machine's loopback: where a `CONNECT` leads, a test decides; it ends with this object.
final class ScriptedProxy: Sendable {
    /// What becomes of a request: a port of this machine that it leads to, or an answer.
    enum Decision: Sendable {
        case tunnel(Int)
        case answer(ScriptedReply)
    }

    private let server: ScriptedServer

    /// Decides by a request whose path is `host:port` for a `CONNECT`, and a whole address for plain HTTP.
    init(_ decide: @escaping @Sendable (ScriptedRequest) -> Decision) throws {
        server = try ScriptedServer { request in
            switch decide(request) {
            case .tunnel(let port): ScriptedReply(tunnelPort: port)
            case .answer(let reply): reply
            }
        }
    }

    var name: String { server.name }
    var port: Int { server.port }
    /// All requests so far, but what went through tunnels.
    var requests: [ScriptedRequest] { server.requests }
    /// What it was shown, request by request.
    var authorizations: [String?] { requests.map { $0.header("Proxy-Authorization") } }
}
