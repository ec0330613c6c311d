import Foundation
import OCISpec
import TestSupport
import Testing

/// Connections that end, answers that come early, servers that are busy: what goes on without a pause, and what is waited for.
///
/// The time-outs are so long that a test hangs visibly where something is waited for that does not come.
struct RegistryConnectionTests {
    private typealias Reply = ScriptedReply

    // MARK: answers before a body has ended

    /// How a server refuses a request with a body.
    enum Refusal: CaseIterable, Sendable {
        /// After the whole body.
        case late
        /// After the head; the rest is read, and the connection stays.
        case early
        /// After the head; the connection ends.
        case earlyAndGone

        /// Lets `registry` answer so where `script` has an answer.
        func apply(to registry: ScriptedRegistry, _ script: @escaping ScriptedRegistry.Script) {
            switch self {
            case .late: registry.follow(script)
            case .early: registry.answerEarly(script)
            case .earlyAndGone: registry.answerEarly { script($0)?.with { $0.closesAfter = true } }
            }
        }
    }

    @Test(arguments: Refusal.allCases, [50, 3_000_000])
    func aTokenThatRunsOutAtTheFirstBytesOfAnUploadIsRenewed(refusal: Refusal, bytes: Int) throws {
        let tokens = try ScriptedServer { .status(200, body: #"{"token":"t\#($0.number)"}"#) }
        let challenge = Reply.status(401, ("WWW-Authenticate", #"Bearer realm="\#(tokens.url)/token""#))
        let scene = try PushScene(layerBytes: [bytes])
        refusal.apply(to: scene.registry) { request in
            let isFirst = request.method == "PATCH" && request.number == 0
            return request.header("Authorization") == nil || isFirst ? challenge : nil
        }
        try scene.expectPushed("--retry", "1")
        let patches = scene.registry.requests("PATCH", containing: "/uploads/")
        #expect(Dictionary(grouping: patches, by: \.path).values.allSatisfy { $0.count <= 2 })
    }

    @Test(arguments: Refusal.allCases, ["POST", "PATCH", "PUT"])
    func aRefusalWithoutABodyEndsThePush(refusal: Refusal, method: String) throws {
        let scene = try PushScene(layerBytes: [3_000_000])
        refusal.apply(to: scene.registry) { $0.method == method ? .status(403) : nil }
        expectSentence(try scene.push("--timeout", "3600", "--retry", "1"), naming: "403")
    }

    @Test(arguments: Refusal.allCases) func aRefusedManifestEndsThePushInTheRegistrysWords(refusal: Refusal) throws {
        let scene = try PushScene()
        refusal.apply(to: scene.registry) { request in
            request.method == "PUT" && request.path.contains("/manifests/")
                ? .status(400, body: #"{"errors":[{"code":"MANIFEST_INVALID","message":"not in this house"}]}"#) : nil
        }
        expectSentence(try scene.push("--timeout", "3600", "--retry", "1"), naming: "not in this house")
    }

    @Test(arguments: Refusal.allCases) func aPassingRefusalOfAnUploadIsTriedAgain(refusal: Refusal) throws {
        let scene = try PushScene(layerBytes: [3_000_000])
        refusal.apply(to: scene.registry) { $0.method == "PATCH" && $0.number == 0 ? .status(503) : nil }
        try scene.expectPushed("--retry", "2")
    }

    @Test func anAnswerWithoutALengthEndsWithItsConnection() throws {
        let scene = try PushScene()
        scene.registry.follow { [weak registry = scene.registry] request in
            guard let registry, request.method != "HEAD" else { return nil }
            return registry.proper(request).with { $0.isUnannounced = true }
        }
        try scene.expectPushed("--retry", "1")
    }

    // MARK: connections that the server has closed

    @Test func aPushOverConnectionsThatEndUnsaidNeedsNoRetry() throws {
        let scene = try PushScene()
        scene.registry.follow { [weak registry = scene.registry] request in
            registry?.proper(request).with { $0.closesAfter = true }
        }
        try scene.expectPushed("--retry", "1")
        // No request reaches the registry twice.
        let changes = scene.registry.requests.filter { $0.method != "HEAD" && $0.method != "GET" }
        #expect(changes.allSatisfy { $0.method == "POST" || $0.number == 0 })
        #expect(changes.count { $0.method == "POST" } == 3)
    }

    @Test func aPullOverConnectionsThatEndUnsaidNeedsNoRetry() throws {
        let scene = try PullScene()
        scene.registry.follow { [weak registry = scene.registry] request in
            registry?.proper(request).with { $0.closesAfter = true }
        }
        try scene.expectPulled("--retry", "1", "--timeout", "3600")
        #expect(scene.registry.requests.allSatisfy { $0.number == 0 })
    }

    /// What a question for a manifest's head may be answered with that has no such answer.
    enum HeadFault: CaseIterable, Sendable {
        case hangUp, noHTTP, badRequest, notAllowed, serverError, unavailable, nothingThere, wait

        var reply: ScriptedReply {
            switch self {
            case .hangUp: ScriptedReply(hangsUp: true)
            case .noHTTP: ScriptedReply(raw: "what?\r\n\r\n")
            case .badRequest: .status(400)
            case .notAllowed: .status(405)
            case .serverError: .status(500)
            case .unavailable: .status(503)
            case .nothingThere: .status(404)
            case .wait: .status(429, ("Retry-After", "3600"))
            }
        }
    }

    @Test(arguments: HeadFault.allCases) func aHeadThatFailsIsNoHindrance(fault: HeadFault) throws {
        let scene = try PullScene { $0.method == "HEAD" ? fault.reply : nil }
        try scene.expectPulled("--retry", "1", "--timeout", "3600")
        #expect(scene.registry.requests("HEAD", containing: "/manifests/").count <= 2)
    }

    @Test func aHeadThatIsNotAnsweredIsNoHindrance() throws {
        let scene = try PullScene { $0.method == "HEAD" ? ScriptedReply(isSilent: true) : nil }
        try scene.expectPulled("--retry", "1", "--timeout", "1")
    }

    @Test func aSlowWayToTheServerIsNoHindrance() throws {
        let scene = try PullScene()
        let link = try SlowLink(to: scene.registry.port, delaySeconds: 0.05)
        let outcome = try scene.bench.strata("pull", "-q", "\(link.name)/a/b:1", "--retry", "1")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(scene.bench.problems == [])
    }

    // MARK: bodies that end with their connection

    /// A registry behind TLS that does not say goodbye, and whose blobs have no length.
    private func abrupt(_ change: @escaping @Sendable (ScriptedRequest, Reply) -> Reply) throws -> (PullScene, TLSFront, String) {
        let scene = try PullScene()
        scene.registry.follow { [weak registry = scene.registry] request in
            guard let registry else { return nil }
            return change(request, registry.proper(request).with { $0.isUnannounced = true })
        }
        let certificate = try Certificate.make(in: scene.bench.folder.path, "server", .init())
        let front = try TLSFront(to: scene.registry.port, certificate, .with { $0.saysGoodbye = false })
        return (scene, front, try Certificate.folder(in: scene.bench.folder, trusting: [certificate]))
    }

    @Test func aBodyThatEndsWithoutTLSsGoodbyeIsGoodByItsDigest() throws {
        let (scene, front, folder) = try abrupt { $1 }
        let outcome = try scene.bench.strata(
            "pull", "-q", "\(front.name)/a/b:1", "--cert-dir", folder, "--retry", "1", "--timeout", "3600")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(scene.bench.problems == [])
    }

    @Test func aBodyThatIsCutWithoutTLSsGoodbyeIsNotTakenForWhole() throws {
        let digest = try PullScene.makeImage().layers[0].descriptor.digest.description
        let (scene, front, folder) = try abrupt { request, reply in
            reply.with { if PullScene.isForLayer(request, digest), request.number == 0 { $0.cutAfter = 100_000 } }
        }
        let outcome = try scene.bench.strata(
            "pull", "-q", "\(front.name)/a/b:1", "--cert-dir", folder, "--retry", "2", "--timeout", "3600")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(scene.bench.problems == [])
        #expect(scene.registry.requests("GET", containing: digest).count == 2)
    }

    @Test func aBodyWithoutALengthThatIsCutGoesOnWhereItStopped() throws {
        let scene = try PullScene()
        let digest = scene.layer.digest
        scene.registry.follow { [weak registry = scene.registry] request in
            guard let registry, PullScene.isForLayer(request, digest) else { return nil }
            return registry.proper(request).with { reply in
                reply.isUnannounced = true
                if request.number == 0 { reply.cutAfter = 100_000 }
            }
        }
        try scene.expectPulled("--retry", "2", "--timeout", "3600")
        #expect(scene.registry.requests("GET", containing: digest).count == 2)
    }

    @Test func aPushThroughTLSWithoutGoodbyesNeedsNoRetry() throws {
        let scene = try PushScene()
        scene.registry.follow { [weak registry = scene.registry] request in
            registry?.proper(request).with { $0.closesAfter = true }
        }
        let certificate = try Certificate.make(in: scene.bench.folder.path, "server", .init())
        let front = try TLSFront(to: scene.registry.port, certificate, .with { $0.saysGoodbye = false })
        let folder = try Certificate.folder(in: scene.bench.folder, trusting: [certificate])
        try scene.bench.succeed("tag", scene.name, "\(front.name)/a/b:1")
        let outcome = try scene.bench.program.run(
            ["push", "-q", "\(front.name)/a/b:1", "--cert-dir", folder, "--retry", "1", "--timeout", "3600"], timeLimit: 60)
        #expect(outcome.status == 0, "\(outcome.errors)")
        scene.expectWhole()
    }
}
