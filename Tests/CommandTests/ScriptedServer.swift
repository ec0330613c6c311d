import Foundation
import Synchronization

/// A server of HTTP/1.1 on this machine's loopback that does what a test's script says, and keeps what it was asked.
///
/// It sends nothing of its own accord: no `100 Continue`, no `Connection`, no `Date`. It ends with this object.
final class ScriptedServer: Sendable {
    typealias Script = @Sendable (ScriptedRequest) -> ScriptedReply
    /// A script that may leave the answer to another.
    typealias PartialScript = @Sendable (ScriptedRequest) -> ScriptedReply?

    private final class Desk: Sendable {
        struct State {
            var requests: [ScriptedRequest] = []
            var script: Script
            var early: PartialScript?
        }

        let state: Mutex<State>

        init(_ script: @escaping Script) { state = Mutex(State(script: script)) }

        /// The answer to a request's head before its body has come, if there is one.
        func early(_ request: ScriptedRequest) -> ScriptedReply? {
            guard let early = state.withLock({ $0.early }) else { return nil }
            let request = state.withLock { Self.numbered(request, $0) }
            guard let reply = early(request) else { return nil }
            state.withLock { $0.requests.append(request) }
            return reply
        }

        func answer(_ request: ScriptedRequest) -> ScriptedReply {
            let (request, script) = state.withLock { state in
                let request = Self.numbered(request, state)
                state.requests.append(request)
                return (request, state.script)
            }
            return script(request)
        }

        private static func numbered(_ request: ScriptedRequest, _ state: State) -> ScriptedRequest {
            var request = request
            request.number = state.requests.count { $0.method == request.method && $0.path == request.path }
            return request
        }
    }

    private let desk: Desk
    private let listener: LoopbackListener

    init(_ script: @escaping Script) throws {
        let desk = Desk(script)
        self.desk = desk
        listener = try LoopbackListener { Self.serve($0, desk) }
    }

    var port: Int { listener.port }
    /// The host and port that lead to it.
    var name: String { "127.0.0.1:\(port)" }
    var url: String { "http://\(name)" }
    /// All requests so far.
    var requests: [ScriptedRequest] { desk.state.withLock { $0.requests } }

    /// Behaves by another script from now on.
    func follow(_ script: @escaping Script) { desk.state.withLock { $0.script = script } }

    /// Answers those requests that `script` has a reply to as soon as their heads are there.
    ///
    /// If the reply closes the connection, the body is not waited for; else it is read to its end, and the next request after it.
    func answerEarly(_ script: @escaping PartialScript) { desk.state.withLock { $0.early = script } }

    private static func serve(_ connection: LoopbackConnection, _ desk: Desk) {
        var exchange = HTTPExchange(connection)
        while let head = exchange.readHead() {
            if let reply = desk.early(head) {
                guard exchange.send(reply, to: head), exchange.readBody() != nil else { return connection.linger() }
                continue
            }
            guard let body = exchange.readBody() else { return }
            var request = head
            request.body = body
            let reply = desk.answer(request)
            guard exchange.send(reply, to: request) else { return }
            let isToldToClose = request.header("Connection")?.lowercased() == "close"
            if isToldToClose, !reply.isSilent, reply.stallAfter == nil { return }
        }
        connection.linger()
    }
}
