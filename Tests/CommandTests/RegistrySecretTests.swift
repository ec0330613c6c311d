import Foundation
import OCISpec
import TestSupport
import Testing

/// Who is shown a password or a token: the registry that it is for, the token server that this registry names, and nobody else.
struct RegistrySecretTests {
    private typealias Reply = ScriptedReply
    private static let secret = "s3cret-password"
    private static let farToken = "far-token"

    /// How a server asks who is there.
    enum Challenge: CaseIterable {
        case basic, bearer
    }

    /// Another server, which asks everybody who is there and would give tokens of its own.
    private struct Far {
        let server: ScriptedServer
        var url: String { server.url }

        init(_ challenge: Challenge) throws {
            server = try ScriptedServer { _ in .status(500) }
            let realm = "\(server.url)/token"
            server.follow { request in
                if request.path == "/token" { return .status(200, body: #"{"token":"\#(RegistrySecretTests.farToken)"}"#) }
                let text = challenge == .basic ? #"Basic realm="far""# : #"Bearer realm="\#(realm)",service="far""#
                return .status(401, ("WWW-Authenticate", text))
            }
        }

        /// Expects that it was asked, and shown nothing.
        func expectNothingShown(sourceLocation: SourceLocation = #_sourceLocation) {
            #expect(!server.requests.isEmpty, sourceLocation: sourceLocation)
            #expect(server.requests.allSatisfy { $0.header("Authorization") == nil }, sourceLocation: sourceLocation)
            let bodies = server.requests.map { String(decoding: $0.body, as: UTF8.self) }
            #expect(bodies.allSatisfy { !$0.contains(RegistrySecretTests.secret) }, sourceLocation: sourceLocation)
        }
    }

    /// Files of credentials for a registry, of each kind that there is.
    private static func entries(_ registry: String) -> [String] {
        let auth = Data("me:\(secret)".utf8).base64EncodedString()
        return [#""auth":"\#(auth)""#, #""identitytoken":"\#(secret)""#, #""registrytoken":"\#(secret)""#].map {
            #"{"auths":{"\#(registry)":{\#($0)}}}"#
        }
    }

    private func expectFarTokenUnused(_ registry: ScriptedRegistry, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(
            registry.requests.allSatisfy { $0.header("Authorization")?.contains(Self.farToken) != true },
            "the registry is shown another server's token", sourceLocation: sourceLocation)
    }

    // MARK: redirects

    @Test(arguments: Challenge.allCases, 0..<3)
    func theServerOfARedirectedBlobIsShownNothing(challenge: Challenge, entry: Int) throws {
        let far = try Far(challenge)
        let url = far.url
        let scene = try PullScene { $0.path.contains("/blobs/") ? .status(307, ("Location", "\(url)/blob")) : nil }
        try scene.logIn(Self.entries(scene.registry.name)[entry])
        let errors = try scene.expectRefused(naming: far.server.name, "--retry", "1")
        #expect(errors.contains("401"))
        far.expectNothingShown()
        expectFarTokenUnused(scene.registry)
    }

    @Test(arguments: Challenge.allCases) func theServerOfARedirectedManifestIsShownNothing(challenge: Challenge) throws {
        let far = try Far(challenge)
        let url = far.url
        let scene = try PullScene { $0.path.contains("/manifests/") ? .status(307, ("Location", "\(url)/manifest")) : nil }
        try scene.logIn(user: "me", secret: Self.secret)
        try scene.expectRefused(naming: far.server.name, "--retry", "1")
        far.expectNothingShown()
        expectFarTokenUnused(scene.registry)
    }

    @Test(arguments: Challenge.allCases) func theServerOfARedirectIsShownNothingWhereTheRegistryWantedAPassword(
        challenge: Challenge
    )
        throws
    {
        let far = try Far(challenge)
        let url = far.url
        let basic = PullFaultTests.basicOnly("me", Self.secret)
        let scene = try PullScene { request in
            basic(request) ?? (request.path.contains("/blobs/") ? .status(307, ("Location", "\(url)/blob")) : nil)
        }
        try scene.logIn(user: "me", secret: Self.secret)
        try scene.expectRefused(naming: far.server.name, "--retry", "1")
        far.expectNothingShown()
    }

    @Test func aUserWithinARedirectsAddressIsNotUsed() throws {
        let blob = try PullScene.makeImage().layers[0].blob
        let far = try ScriptedServer { _ in Reply(body: blob) }
        let place = "http://mallory:pw@\(far.name)/blob"
        let scene = try PullScene()
        let digest = scene.layer.digest
        scene.registry.follow { PullScene.isForLayer($0, digest) ? .status(307, ("Location", place)) : nil }
        try scene.expectPulled()
        #expect(far.requests.map { $0.header("Authorization") } == [nil])
    }

    // MARK: uploads

    @Test(arguments: Challenge.allCases, ["PATCH", "PUT"])
    func theServerThatAnUploadGoesOnAtIsShownNothing(challenge: Challenge, method: String) throws {
        let far = try Far(challenge)
        let url = far.url
        let scene = try PushScene { request in
            guard request.path.contains("/uploads/") else { return nil }
            switch (request.method, method) {
            case ("POST", "PATCH"), ("PATCH", "PUT"): return .status(202, ("Location", "\(url)/upload"))
            default: return nil
            }
        }
        let outcome = try scene.push(
            "--authfile", try scene.authFile(user: "me", secret: Self.secret), "--retry", "1", "--timeout", "4")
        expectSentence(outcome, naming: far.server.name)
        far.expectNothingShown()
        expectFarTokenUnused(scene.registry)
    }

    // MARK: token servers

    @Test(arguments: 0..<2) func aTokenRequestThatIsRedirectedTakesNoSecretAlong(entry: Int) throws {
        let far = try Far(.basic)
        let url = far.url
        let tokens = try ScriptedServer { _ in .status(307, ("Location", "\(url)/token")) }
        let realm = "\(tokens.url)/token"
        let scene = try PullScene { _ in .status(401, ("WWW-Authenticate", #"Bearer realm="\#(realm)",service="s""#)) }
        try scene.logIn(Self.entries(scene.registry.name)[entry])
        _ = try scene.pull("-q", "--retry", "1")
        #expect(!tokens.requests.isEmpty)
        #expect(far.server.requests.allSatisfy { $0.header("Authorization") == nil })
        #expect(far.server.requests.allSatisfy { !String(decoding: $0.body, as: UTF8.self).contains(Self.secret) })
    }

    @Test(arguments: Challenge.allCases) func aTokenServersOwnChallengeIsNotTakenUp(challenge: Challenge) throws {
        let far = try Far(challenge)
        let realm = "\(far.url)/door"
        let scene = try PullScene { _ in .status(401, ("WWW-Authenticate", #"Bearer realm="\#(realm)",service="s""#)) }
        try scene.logIn(user: "me", secret: Self.secret)
        expectSentence(try scene.pull("-q", "--retry", "1"), naming: scene.registry.name)
        #expect(far.server.requests.allSatisfy { $0.path == "/door" }, "the realm of a token server's own challenge was asked")
    }

    @Test func aTokenServerWithoutTLSElsewhereIsShownNothing() throws {
        let proxy = try ScriptedProxy { _ in .answer(.status(200, body: #"{"token":"t"}"#)) }
        let scene = try PullScene { _ in
            .status(401, ("WWW-Authenticate", #"Bearer realm="http://tokens.test/token",service="s""#))
        }
        try scene.logIn(user: "me", secret: Self.secret)
        try scene.expectRefused(
            naming: "tokens.test", "--retry", "1", environment: ["HTTP_PROXY": "http://\(proxy.name)"])
        #expect(proxy.requests.allSatisfy { $0.header("Authorization") == nil })
    }

    // MARK: mirrors and proxies

    @Test(arguments: Challenge.allCases) func aMirrorIsNotShownWhatIsForTheRegistry(challenge: Challenge) throws {
        let far = try Far(challenge)
        let scene = try PullScene(PullFaultTests.basicOnly("me", Self.secret))
        try scene.logIn(user: "me", secret: Self.secret)
        let file = try scene.bench.file(
            "registries.yaml", Data("mirrors: {\"\(scene.registry.name)\": {endpoint: [\"\(far.url)\"]}}\n".utf8))
        try scene.expectPulled("--registries", file)
        // A token that it gives to everybody may be shown to it.
        let shown = Set(far.server.requests.map { $0.header("Authorization") })
        #expect(shown.subtracting([nil, "Bearer \(Self.farToken)"]) == [])
        #expect(!far.server.requests.isEmpty)
        expectFarTokenUnused(scene.registry)
    }

    @Test(arguments: Challenge.allCases, [401, 407]) func aProxysChallengeIsNotTheRegistrys(challenge: Challenge, status: Int)
        throws
    {
        let far = try Far(challenge)
        let realm = "\(far.url)/token"
        let text = challenge == .basic ? #"Basic realm="x""# : #"Bearer realm="\#(realm)""#
        let proxy = try ScriptedProxy { _ in
            .answer(.status(status, (status == 401 ? "WWW-Authenticate" : "Proxy-Authenticate", text)))
        }
        let bench = try Workbench()
        let auth = Data("me:\(Self.secret)".utf8).base64EncodedString()
        let file = try bench.file("auth.json", Data(#"{"auths":{"registry.test":{"auth":"\#(auth)"}}}"#.utf8))
        let outcome = try bench.strata(
            "pull", "-q", "--retry", "1", "--authfile", file, "registry.test/a/b:1",
            environment: ["HTTPS_PROXY": "http://\(proxy.name)"])
        expectSentence(outcome, naming: proxy.name)
        #expect(!proxy.requests.isEmpty)
        #expect(proxy.requests.allSatisfy { $0.header("Authorization") == nil && $0.header("Proxy-Authorization") == nil })
        #expect(far.server.requests.isEmpty)
    }
}
