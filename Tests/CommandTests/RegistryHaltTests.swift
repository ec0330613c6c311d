import Foundation
import OCISpec
import Synchronization
import TestSupport
import Testing

/// The first error of a command ends what its other threads wait for; and a document whose body is cut is asked for again.
///
/// Each of the waits is longer than the command may take.
struct RegistryHaltTests {
    private typealias Reply = ScriptedReply

    /// What another thread waits for while one fails.
    enum Wait: CaseIterable, Sendable {
        case pause, head, body

        var reply: ScriptedReply {
            switch self {
            case .pause: .status(503, ("Retry-After", "50"))
            case .head: ScriptedReply(isSilent: true)
            case .body: ScriptedReply(body: [1, 2, 3], declaredBytes: 400_000, stallAfter: 3)
            }
        }
    }

    private final class Counter: Sendable {
        private let count = Mutex(0)

        /// How often it was asked before.
        func next() -> Int {
            count.withLock { count in
                count += 1
                return count - 1
            }
        }
    }

    private static let denied = ScriptedReply.status(403, body: #"{"errors":[{"code":"DENIED","message":"quota is used up"}]}"#)
        .with { $0.delaySeconds = 0.4 }

    private func expectDenied(_ outcome: Program.Outcome, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(outcome.status == 3, sourceLocation: sourceLocation)
        #expect(outcome.errors.contains("quota is used up"), "\(outcome.errors)", sourceLocation: sourceLocation)
    }

    /// A registry of which the larger layer has to be waited for and the other is refused.
    private func scene(_ wait: Wait) throws -> PullScene {
        let image = try PullScene.makeImage()
        let (large, small) = (image.layers[0].descriptor.digest.description, image.layers[1].descriptor.digest.description)
        return try PullScene { request in
            if request.path.hasSuffix(large) { return wait.reply }
            return request.path.hasSuffix(small) ? Self.denied : nil
        }
    }

    @Test(arguments: Wait.allCases) func aPullEndsWithItsFirstError(wait: Wait) throws {
        let scene = try scene(wait)
        expectDenied(try scene.bench.program.run(["pull", scene.name, "--timeout", "3600"], timeLimit: 30))
    }

    @Test(arguments: Wait.allCases) func aLookEndsWithItsFirstError(wait: Wait) throws {
        let scene = try scene(wait)
        expectDenied(
            try scene.bench.program.run(["analyze", "docker://\(scene.name)", "--timeout", "3600"], timeLimit: 30))
    }

    @Test(arguments: ["POST", "PATCH"], [Wait.pause, .head]) func aPushEndsWithItsFirstError(method: String, wait: Wait) throws {
        let count = Counter()
        let scene = try PushScene(layerBytes: [300_000, 200_000, 100_000]) { request in
            guard request.method == method else { return nil }
            return count.next() == 0 ? wait.reply : Self.denied
        }
        expectDenied(try scene.push("--timeout", "3600", timeLimit: 30))
    }

    @Test func aTokenThatOneThreadWaitsForHoldsNobodyUp() throws {
        let image = try PullScene.makeImage()
        let layers = image.layers.map { $0.descriptor.digest.description }
        let tokens = try ScriptedServer { request in
            request.number < 1 ? .status(200, body: #"{"token":"T"}"#) : .status(503, ("Retry-After", "50"))
        }
        let challenge = Reply.status(401, ("WWW-Authenticate", #"Bearer realm="\#(tokens.url)/token""#))
        let scene = try PullScene { request in
            if request.header("Authorization") == nil { return challenge }
            if request.path.hasSuffix(layers[0]) { return challenge }
            return request.path.hasSuffix(layers[1]) ? Self.denied : nil
        }
        expectDenied(try scene.bench.program.run(["pull", scene.name, "--timeout", "3600"], timeLimit: 30))
    }

    // MARK: documents that are cut

    @Test(arguments: ["manifest", "config"]) func aDocumentThatIsCutIsAskedForAgain(which: String) throws {
        let image = try PullScene.makeImage()
        let end = which == "manifest" ? "/manifests/1" : sha256(try image.config()).description
        let scene = try PullScene()
        scene.registry.follow { [weak registry = scene.registry] request in
            guard let registry, request.method == "GET", request.path.hasSuffix(end), request.number == 0 else { return nil }
            return registry.proper(request).with { $0.cutAfter = 20 }
        }
        try scene.expectPulled()
        #expect(scene.registry.requests("GET", containing: end).count == 2)
    }

    @Test func aManifestWhoseAnswerIsCutIsPutAgain() throws {
        let scene = try PushScene()
        scene.registry.follow { [weak registry = scene.registry] request in
            guard let registry, request.method == "PUT", request.path.hasSuffix("/manifests/1"), request.number == 0 else {
                return nil
            }
            return registry.proper(request).with {
                $0.body = Array("taken".utf8)
                $0.declaredBytes = 50
                $0.cutAfter = 5
            }
        }
        try scene.expectPushed()
    }

    @Test func aTokenThatIsCutIsAskedForAgain() throws {
        let tokens = try ScriptedServer { request in
            let reply = Reply.status(200, body: #"{"token":"T"}"#)
            return request.number == 0 ? reply.with { $0.cutAfter = 5 } : reply
        }
        let challenge = Reply.status(401, ("WWW-Authenticate", #"Bearer realm="\#(tokens.url)/token""#))
        let scene = try PullScene { $0.header("Authorization") == nil ? challenge : nil }
        try scene.expectPulled()
    }
}
