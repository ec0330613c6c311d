import Foundation
import OCISpec
import Synchronization
import TestSupport
import Testing

/// Pulls from registries that ask who is there, in every way they do, and from mirrors.
struct PullAuthTests {
    private typealias Reply = ScriptedRegistry.Reply
    private typealias Request = ScriptedRegistry.Request
    private static let secret = "pass-word-1"
    private static let token = "tok-en-1"

    /// A token server beside a registry: gives tokens that count up, and remembers what it was asked.
    private final class Tokens: Sendable {
        let server: ScriptedRegistry
        private let given: Mutex<Int>

        init(
            _ answer: @escaping @Sendable (Request, String) -> Reply = { _, token in .status(200, body: #"{"token":"\#(token)"}"#)
            }
        )
            throws
        {
            let given = Mutex(0)
            let count = Counter()
            self.given = given
            server = try ScriptedRegistry { request in answer(request, "\(PullAuthTests.token)-\(count.next())") }
        }

        var realm: String { server.url + "/token" }

        func challenge(_ more: String = "") -> Reply {
            .status(
                401,
                ("WWW-Authenticate", #"Bearer realm="\#(realm)",service="the service",scope="repository:a/b:pull"\#(more)"#))
        }
    }

    private final class Counter: Sendable {
        private let count = Mutex(0)

        func next() -> Int {
            count.withLock { count in
                count += 1
                return count
            }
        }
    }

    /// A registry that wants the token that `isGood` likes.
    private func scene(_ tokens: Tokens, isGood: @escaping @Sendable (String, Request) -> Bool = { _, _ in true }) throws
        -> PullScene
    {
        let challenge = tokens.challenge()
        return try PullScene { request in
            guard let header = request.header("Authorization"), header.hasPrefix("Bearer \(Self.token)"),
                isGood(String(header.dropFirst("Bearer ".count)), request)
            else { return challenge }
            return nil
        }
    }

    private func expectNoSecret(_ outcome: Program.Outcome) {
        #expect(!(outcome.output + outcome.errors).contains(Self.secret))
        #expect(!(outcome.output + outcome.errors).contains(Self.token))
    }

    // MARK: challenges

    @Test func basicIsAnswered() throws {
        let scene = try PullScene(PullFaultTests.basicOnly("me", Self.secret))
        try scene.expectRefused(naming: scene.registry.name)
        try scene.logIn(user: "me", secret: Self.secret)
        try scene.expectPulled()
    }

    @Test func aWrongPasswordIsToldWithoutIt() throws {
        let scene = try PullScene(PullFaultTests.basicOnly("me", "another"))
        try scene.logIn(user: "me", secret: Self.secret)
        let errors = try scene.expectRefused(naming: "does not accept the credentials", "--verbose")
        #expect(!errors.contains(Self.secret) && !errors.contains(Data("me:\(Self.secret)".utf8).base64EncodedString()))
        #expect(scene.registry.requests.count < 8)
    }

    @Test(arguments: ["token", "access_token"]) func aTokenForEverybodyIsTaken(field: String) throws {
        let tokens = try Tokens { _, token in .status(200, body: #"{"\#(field)":"\#(token)","expires_in":300}"#) }
        let scene = try scene(tokens)
        try scene.expectPulled()
        let asked = try #require(tokens.server.requests.first)
        #expect(asked.query.contains("service=the%20service") && asked.query.contains("scope=repository:a/b:pull"))
        #expect(asked.header("Authorization") == nil)
        #expect(tokens.server.requests.count == 1)
    }

    @Test func theTokenServerIsShownThePasswordAndTheRegistryIsNot() throws {
        let tokens = try Tokens()
        let scene = try scene(tokens)
        try scene.logIn(user: "me", secret: Self.secret)
        let outcome = try scene.pull("--verbose")
        #expect(outcome.status == 0, "\(outcome.errors)")
        expectNoSecret(outcome)
        let basic = "Basic " + Data("me:\(Self.secret)".utf8).base64EncodedString()
        #expect(tokens.server.requests.allSatisfy { $0.header("Authorization") == basic })
        #expect(scene.registry.requests.allSatisfy { $0.header("Authorization") != basic })
    }

    @Test func ofSeveralChallengesBearerIsTaken() throws {
        let tokens = try Tokens()
        let realm = tokens.realm
        let scene = try PullScene { request in
            request.header("Authorization")?.hasPrefix("Bearer \(Self.token)") == true
                ? nil
                : .status(
                    401, ("WWW-Authenticate", "Negotiate"),
                    ("WWW-Authenticate", #"Basic realm="a, b", Bearer realm="\#(realm)", service=plain"#))
        }
        try scene.expectPulled()
    }

    @Test(arguments: ["Negotiate", "Digest realm=\"x\", nonce=\"y\""]) func aSchemeThatNobodyKnowsIsTold(challenge: String) throws
    {
        let scene = try PullScene { _ in .status(401, ("WWW-Authenticate", challenge)) }
        try scene.expectRefused(naming: "cannot be answered")
    }

    @Test(arguments: ["Bearer", "Bearer service=\"x\"", "Bearer realm=\"not an address\"", "Bearer realm=\"file:///etc/passwd\""])
    func aBearerChallengeWithoutAServerIsTold(challenge: String) throws {
        let scene = try PullScene { _ in .status(401, ("WWW-Authenticate", challenge)) }
        try scene.expectRefused(naming: "token server")
    }

    @Test func aRefusalWithoutAChallengeIsTold() throws {
        let scene = try PullScene { _ in .status(401, body: #"{"errors":[{"code":"UNAUTHORIZED","message":"go away"}]}"#) }
        #expect(try scene.expectRefused(naming: scene.registry.name).contains("go away"))
    }

    @Test func aDenialIsTold() throws {
        let scene = try PullScene { request in
            request.path.contains("/manifests/")
                ? .status(403, body: #"{"errors":[{"code":"DENIED","message":"not yours"}]}"#) : nil
        }
        #expect(try scene.expectRefused(naming: "403").contains("not yours"))
    }

    // MARK: tokens

    @Test func aTokenThatRunsOutOnTheWayIsRenewed() throws {
        let tokens = try Tokens()
        let scene = try scene(tokens) { token, request in
            // The first token is good for documents alone.
            !(request.path.contains("/blobs/") && token.hasSuffix("-1"))
        }
        try scene.expectPulled()
        #expect(tokens.server.requests.count == 2)
    }

    @Test func aTokenThatRunsOutWithinABlobIsRenewed() throws {
        let tokens = try Tokens()
        let challenge = tokens.challenge()
        let image = try PullScene.makeImage()
        let layer = image.layers[0]
        let scene = try PullScene { request in
            let token = request.header("Authorization") ?? ""
            guard token.hasPrefix("Bearer \(Self.token)") else { return challenge }
            guard PullScene.isForLayer(request, layer.descriptor.digest.description) else { return nil }
            if request.header("Range") == nil { return Reply(body: layer.blob).with { $0.cutAfter = 100_000 } }
            return token.hasSuffix("-1") ? challenge : nil
        }
        try scene.expectPulled()
        #expect(tokens.server.requests.count == 2)
    }

    @Test func aTokenIsRenewedBeforeItRunsOut() throws {
        let tokens = try Tokens { _, token in .status(200, body: #"{"token":"\#(token)","expires_in":1}"#) }
        let challenge = tokens.challenge()
        let scene = try PullScene { request in
            guard request.header("Authorization") != nil else { return challenge }
            return request.path.contains("/manifests/") && request.number == 0 && request.method == "GET"
                ? .status(503, ("Retry-After", "2")) : nil
        }
        try scene.expectPulled()
        #expect(tokens.server.requests.count >= 2)
    }

    @Test func aTokenThatIsNeverGoodEnoughEnds() throws {
        let tokens = try Tokens()
        let scene = try scene(tokens) { _, _ in false }
        try scene.expectRefused(naming: scene.registry.name)
        #expect(tokens.server.requests.count <= 4)
    }

    @Test(arguments: ["{}", "no json", #"{"token":""}"#, #"{"token":5}"#]) func anAnswerWithoutATokenIsTold(body: String) throws {
        let tokens = try Tokens { _, _ in .status(200, body: body) }
        try scene(tokens).expectRefused(naming: "token server")
    }

    @Test func aTokenIsNoPlaceForHeaders() throws {
        let tokens = try Tokens { _, token in .status(200, body: #"{"token":"\#(token)\r\nX-Other: 1"}"#) }
        let scene = try scene(tokens)
        try scene.expectRefused(naming: "token")
        #expect(scene.registry.requests.allSatisfy { $0.header("X-Other") == nil })
    }

    @Test func aTokenServersErrorShowsNoSecret() throws {
        let tokens = try Tokens { _, token in .status(500, body: "\(token) \(Self.secret)") }
        let scene = try scene(tokens)
        try scene.logIn(user: "me", secret: Self.secret)
        let outcome = try scene.pull("--verbose")
        #expect(outcome.status == 3)
        expectNoSecret(outcome)
    }

    @Test func anIdentityTokenIsTradedInTheBodyOfARequest() throws {
        let tokens = try Tokens { request, token in
            let body = String(decoding: request.body, as: UTF8.self)
            let isRight =
                request.method == "POST" && body.contains("grant_type=refresh_token")
                && body.contains("refresh_token=\(Self.secret)")
            return isRight ? .status(200, body: #"{"access_token":"\#(token)"}"#) : .status(401)
        }
        let scene = try scene(tokens)
        try scene.logIn(#"{"auths": {"\#(scene.registry.name)": {"identitytoken": "\#(Self.secret)"}}}"#)
        try scene.expectPulled()
        #expect(!tokens.server.requests.contains { $0.query.contains(Self.secret) })
    }

    @Test func aRegistryTokenGoesToTheRegistry() throws {
        let tokens = try Tokens()
        let scene = try scene(tokens)
        try scene.logIn(#"{"auths": {"\#(scene.registry.name)": {"registrytoken": "\#(Self.token)-own"}}}"#)
        try scene.expectPulled()
        #expect(tokens.server.requests.isEmpty)
    }

    // MARK: where credentials are

    /// A credential helper that knows one password, and a `PATH` that leads to it.
    private func helper(_ scene: PullScene, _ script: String) throws -> [String: String] {
        // Written by another process: a program that is open for writing, be it in a fork of some other test, cannot be run.
        let path = scene.bench.folder.path("docker-credential-test")
        let made = try scene.bench.shell("printf '%s\\n' '#!/bin/sh' \"$2\" > \"$1\" && chmod 755 \"$1\"", path, script)
        #expect(made.status == 0)
        return ["PATH": "\(scene.bench.folder.path):/usr/bin:/bin"]
    }

    private static let knowing = """
        read server; [ "$1" = get ] && [ -n "$server" ] && echo '{"Username":"me","Secret":"\(secret)"}'
        """

    @Test func aHelperOfTheRegistryIsAsked() throws {
        let scene = try PullScene(PullFaultTests.basicOnly("me", Self.secret))
        try scene.logIn(#"{"credHelpers": {"\#(scene.registry.name)": "test"}}"#)
        try scene.expectPulled(environment: try helper(scene, Self.knowing))
    }

    @Test func theHelperOfAllRegistriesIsAsked() throws {
        let scene = try PullScene(PullFaultTests.basicOnly("me", Self.secret))
        try scene.logIn(#"{"credsStore": "test"}"#)
        try scene.expectPulled(environment: try helper(scene, Self.knowing))
    }

    @Test func aHelperThatKnowsNothingIsNoFailure() throws {
        let scene = try PullScene()
        try scene.logIn(#"{"credsStore": "test"}"#)
        let script = "echo 'credentials not found in native keychain'; exit 1"
        try scene.expectPulled(environment: try helper(scene, script))
    }

    @Test func aHelperThatFailsIsNamed() throws {
        let scene = try PullScene(PullFaultTests.basicOnly("me", Self.secret))
        try scene.logIn(#"{"credsStore": "test"}"#)
        let environment = try helper(scene, "echo 'the keyring is locked'; exit 1")
        try scene.expectRefused(naming: "docker-credential-test", environment: environment)
    }

    @Test func aHelperThatIsNotThereIsNamed() throws {
        let scene = try PullScene(PullFaultTests.basicOnly("me", Self.secret))
        try scene.logIn(#"{"credsStore": "nowhere"}"#)
        try scene.expectRefused(naming: "docker-credential-nowhere")
    }

    @Test func loginKeepsInTheHelperAndNotInTheFile() throws {
        let scene = try PullScene(PullFaultTests.basicOnly("me", Self.secret))
        try scene.logIn(#"{"credsStore": "test", "other": [1]}"#)
        let kept = scene.bench.folder.path("kept")
        let environment = try helper(scene, #"[ "$1" = store ] && cat > "\#(kept)"; exit 0"#)
        let input = try scene.bench.file("password", Data(Self.secret.utf8))
        let outcome = try scene.bench.program.run(
            ["login", "-u", "me", "--password-stdin", scene.registry.name], environment: environment, input: .file(input))
        #expect(outcome.output == "Login Succeeded\n", "\(outcome.errors)")
        expectNoSecret(outcome)
        #expect(try String(contentsOfFile: kept, encoding: .utf8).contains(Self.secret))
        let file = try String(contentsOfFile: scene.bench.folder.path(".docker/config.json"), encoding: .utf8)
        #expect(!file.contains(Self.secret) && file.contains("other"))
    }

    @Test(arguments: ["registry", "repository"]) func theFileOfPodmanIsRead(key: String) throws {
        let scene = try PullScene(PullFaultTests.basicOnly("me", Self.secret))
        let folder = scene.bench.folder.path("run/containers")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let auth = Data("me:\(Self.secret)".utf8).base64EncodedString()
        let name = key == "registry" ? scene.registry.name : scene.registry.name + "/a"
        try #"{"auths": {"\#(name)": {"auth": "\#(auth)"}}}"#.write(
            toFile: folder + "/auth.json", atomically: true, encoding: .utf8)
        try scene.expectPulled(environment: ["XDG_RUNTIME_DIR": scene.bench.folder.path("run")])
    }

    @Test func aFileThatIsNoJSONIsNamed() throws {
        let scene = try PullScene(PullFaultTests.basicOnly("me", Self.secret))
        try scene.logIn("auth: \(Self.secret)")
        let outcome = try scene.pull("-q")
        expectSentence(outcome, naming: ".docker/config.json", status: 2)
        expectNoSecret(outcome)
    }

    // MARK: mirrors and proxies

    private func table(_ scene: PullScene, _ text: String) throws -> String {
        try scene.bench.file("registries.yaml", Data(text.utf8))
    }

    @Test func aMirrorIsAskedInTheRegistrysStead() throws {
        let mirror = try PullScene()
        let scene = try PullScene { _ in .status(500) }
        let file = try table(scene, "mirrors:\n  \"\(scene.registry.name)\":\n    endpoint: [\"\(mirror.registry.url)\"]\n")
        try scene.expectPulled("--registries", file)
        #expect(scene.registry.requests.isEmpty)
    }

    @Test func whereTheMirrorFailsTheRegistryIsAsked() throws {
        let scene = try PullScene()
        let silent = try SilentPort()
        let port = silent.number
        let file = try table(scene, "mirrors:\n  \"*\":\n    endpoint: [\"http://127.0.0.1:\(port)\"]\n")
        let outcome = try scene.pull("--registries", file)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("127.0.0.1:\(port)"))
        withExtendedLifetime(silent) {}
    }

    @Test func aBlobThatTheMirrorLacksComesFromTheRegistry() throws {
        let mirror = try PullScene { request in request.path.contains("/blobs/") ? .status(404) : nil }
        let scene = try PullScene()
        let file = try table(scene, "mirrors:\n  \"\(scene.registry.name)\":\n    endpoint: [\"\(mirror.registry.url)\"]\n")
        try scene.expectPulled("--registries", file)
    }

    @Test func aMirrorMayNameRepositoriesOtherwise() throws {
        let mirror = try PullScene()
        let scene = try PullScene { _ in .status(500) }
        let file = try table(
            scene,
            """
            mirrors:
              "\(scene.registry.name)":
                endpoint: ["\(mirror.registry.url)"]
                rewrite:
                  "^a/(.*)": "cache/$1"
            """)
        try scene.expectPulled("--registries", file)
        #expect(mirror.registry.requests.allSatisfy { $0.path.hasPrefix("/v2/cache/b/") || $0.path == "/v2/" })
    }

    @Test func aMirrorHasCredentialsOfItsOwn() throws {
        let mirror = try PullScene(PullFaultTests.basicOnly("me", Self.secret))
        let scene = try PullScene { _ in .status(500) }
        let file = try table(
            scene,
            """
            mirrors: {"\(scene.registry.name)": {endpoint: ["\(mirror.registry.url)"]}}
            configs: {"\(mirror.registry.name)": {auth: {username: me, password: \(Self.secret)}}}
            """)
        try scene.expectPulled("--registries", file)
    }

    @Test(arguments: ["mirrors: [", "mirrors: {a: {endpoint: [\"ftp://x\"]}}"]) func aWrongFileOfMirrorsIsNamed(text: String)
        throws
    {
        let scene = try PullScene()
        let file = try table(scene, text)
        expectSentence(try scene.pull("-q", "--registries", file), naming: "registries.yaml", status: 2)
    }

    @Test func aProxyIsNotAskedForThisMachine() throws {
        let scene = try PullScene()
        try scene.expectPulled(environment: ["HTTP_PROXY": "http://127.0.0.1:1", "HTTPS_PROXY": "http://127.0.0.1:1"])
    }

    @Test func aProxyIsAskedForOtherHosts() throws {
        let image = try PullScene.makeImage()
        var content = ScriptedRegistry.Content()
        try content.add(image, tag: "1")
        let proxy = try ScriptedRegistry(content) { request in request.method == "CONNECT" ? .status(403) : nil }
        let bench = try Workbench()
        let outcome = try bench.strata(
            "pull", "-q", "registry.invalid/a/b:1", "--retry", "1", environment: ["HTTPS_PROXY": proxy.url])
        #expect(outcome.status == 3)
        #expect(proxy.requests.first?.method == "CONNECT")
    }
}
