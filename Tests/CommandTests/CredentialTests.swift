import Foundation
import TestSupport
import Testing

/// Where a login is kept, and which of several a pull uses.
struct CredentialTests {
    private typealias Scene = CredentialScene

    // MARK: one ranking for reading and writing

    @Test func aLoginIsUsedWhateverPodmansFileHas() throws {
        let scene = try Scene()
        try scene.write(Scene.config([scene.host: Scene.old]), to: scene.podman)
        try scene.expectLoggedIn()
        try scene.expectPulled()
    }

    @Test func aLoginReplacesEveryOtherSpellingInItsFile() throws {
        let scene = try Scene()
        let spellings = ["https://\(scene.host)/v1/", "http://\(scene.host)", "https://\(scene.host)", "\(scene.host)/"]
        let keys = spellings + ["\(scene.host)/z"]
        try scene.write(Scene.config(Dictionary(uniqueKeysWithValues: keys.map { ($0, Scene.old) })), to: scene.docker)
        try scene.expectLoggedIn()
        try scene.expectPulled()
        #expect(try scene.entries(scene.docker).keys.sorted() == [scene.host, "\(scene.host)/z"])
    }

    @Test(arguments: ["credsStore", "credHelpers"]) func aLoginInAHelperIsUsedBeforeAnOldEntry(setting: String) throws {
        let scene = try Scene()
        let value: Any = setting == "credsStore" ? "test" : ["https://\(scene.host)/": "test"]
        try scene.write(Scene.config([scene.host: Scene.old], [setting: value]), to: scene.docker)
        try scene.write(Scene.config([scene.host: Scene.old]), to: scene.podman)
        let environment = try scene.helper(scene.keepingHelper)
        try scene.expectLoggedIn(environment: environment)
        try scene.expectPulled(environment: environment)
        #expect(try scene.kept().count == 1)
        #expect(try scene.entries(scene.docker) == [scene.host: [:]])
    }

    @Test func aLoginIsUsedBeforeWhatTheRegistriesFileHas() throws {
        let scene = try Scene()
        let table = try scene.pulling.bench.file(
            "registries.yaml", Data(#"configs: {"\#(scene.host)": {auth: {username: me, password: \#(Scene.old)}}}"#.utf8))
        let outcome = try scene.logIn(environment: [:], "--registries", table)
        #expect(outcome.output == "Login Succeeded\n", "\(outcome.errors)")
        try scene.expectPulled("--registries", table)
    }

    @Test func aPasswordIsTriedItselfAndNotWhatTheRegistriesFileHas() throws {
        let scene = try Scene(PullFaultTests.basicOnly(Scene.user, Scene.old))
        let table = try scene.pulling.bench.file(
            "registries.yaml", Data(#"configs: {"\#(scene.host)": {auth: {username: me, password: \#(Scene.old)}}}"#.utf8))
        expectSentence(try scene.logIn(environment: [:], "--registries", table), naming: "this user and password")
    }

    @Test func theHubsLoginIsTheOneThatDockerWrites() throws {
        let right = "Basic \(Scene.auth(Scene.secret))"
        let hub = try ScriptedRegistry { request in
            let isRight = request.header("Authorization") == right
            return isRight ? .status(404) : .status(401, ("WWW-Authenticate", #"Basic realm="hub""#))
        }
        let scene = try Scene()
        let names = ["docker.io", "index.docker.io", "registry-1.docker.io", "https://registry-1.docker.io/v2/"]
        var secrets = Dictionary(uniqueKeysWithValues: names.map { ($0, Scene.old) })
        secrets["https://index.docker.io/v1/"] = Scene.secret
        try scene.write(Scene.config(secrets), to: scene.docker)
        // What is tunnelled comes to a server without TLS.
        let hubPort = hub.port
        let tunnel = try ScriptedProxy { _ in .tunnel(hubPort) }
        let outcome = try scene.pulling.bench.strata(
            "pull", "-q", "busybox", "--insecure-registry", "--retry", "1", "--timeout", "4",
            environment: ["HTTP_PROXY": hub.url, "HTTPS_PROXY": "http://\(tunnel.name)"])
        scene.expectNoSecret(outcome)
        #expect(hub.requests.contains { $0.header("Authorization") == right }, "\(outcome.errors)")
        #expect(!hub.requests.contains { $0.header("Authorization") == "Basic \(Scene.auth(Scene.old))" })
    }

    // MARK: several entries that fit

    @Test func theVeryNameComesFirst() throws {
        let scene = try Scene()
        let others = ["https://\(scene.host)", "http://\(scene.host)", "https://\(scene.host)/v1/", "https://\(scene.host)/v2/"]
        var secrets = Dictionary(uniqueKeysWithValues: others.map { ($0, Scene.old) })
        secrets[scene.host] = Scene.secret
        try scene.write(Scene.config(secrets), to: scene.docker)
        for _ in 0..<4 { try scene.expectPulled() }
    }

    @Test func withoutTheVeryNameTLSComesBeforePlainHTTPAndShortBeforeLong() throws {
        let scene = try Scene()
        let others = [
            "http://\(scene.host)", "https://\(scene.host)/v1/", "https://\(scene.host)/v2/", "https://\(scene.host)/a",
        ]
        var secrets = Dictionary(uniqueKeysWithValues: others.map { ($0, Scene.old) })
        secrets["https://\(scene.host)"] = Scene.secret
        try scene.write(Scene.config(secrets), to: scene.docker)
        for _ in 0..<4 { try scene.expectPulled() }
    }

    @Test func ofSeveralHelpersTheOneOfTheVeryNameIsAsked() throws {
        let scene = try Scene()
        let others = (1...8).map { "https://\(scene.host)/v\($0)/" }
        var helpers = Dictionary(uniqueKeysWithValues: others.map { ($0, "nowhere") })
        helpers[scene.host] = "test"
        try scene.write(Scene.config([:], ["credHelpers": helpers]), to: scene.docker)
        try scene.expectPulled(environment: try scene.helper(Self.knowing))
    }

    @Test func aHelperIsAskedBeforeTheEntriesOfItsFile() throws {
        let scene = try Scene()
        try scene.write(Scene.config([scene.host: Scene.old], ["credsStore": "test"]), to: scene.docker)
        try scene.expectPulled(environment: try scene.helper(Self.knowing))
    }

    @Test func anEmptyNameExemptsARegistryFromTheHelper() throws {
        let scene = try Scene()
        let fields: [String: Any] = ["credsStore": "nowhere", "credHelpers": [scene.host: ""]]
        try scene.write(Scene.config([:], fields), to: scene.docker)
        try scene.expectLoggedIn()
        #expect(try scene.entries(scene.docker) == [scene.host: ["auth": Scene.auth(Scene.secret)]])
        try scene.expectPulled()
    }

    /// A helper that has the password.
    static let knowing = "[ \"$1\" = get ] && echo '{\"Username\":\"me\",\"Secret\":\"\(CredentialScene.secret)\"}'"

    // MARK: what a key stands for

    @Test(arguments: [
        "https://HOST/some/path", "https://HOST", "http://HOST/v1/", "HTTPS://HOST/", "https://user@HOST/v2/", "HOST/",
        "HOST/v1/", "HOST/v2/", "HOST/a", "HOST/a/", "HOST/a/b",
    ]) func aKeyStandsForTheImage(key: String) throws {
        let scene = try Scene()
        try scene.write(
            Scene.config([key.replacingOccurrences(of: "HOST", with: scene.host): Scene.secret]), to: scene.docker)
        try scene.expectPulled()
    }

    @Test(arguments: ["HOST/a/b/c", "HOST/a/bc", "HOST/A", "HOST0", "127.0.0.1", "https://127.0.0.1/HOST", "xHOST"])
    func aKeyStandsForSomethingElse(key: String) throws {
        let scene = try Scene()
        try scene.write(
            Scene.config([key.replacingOccurrences(of: "HOST", with: scene.host): Scene.secret]), to: scene.docker)
        try scene.expectRefused(naming: "requires a login for this")
    }

    @Test(arguments: ["LocalHost:PORT", "https://LOCALHOST:PORT/v1/"]) func theCaseOfAHostIsOfNoAccount(key: String) throws {
        let scene = try Scene()
        let port = scene.host.split(separator: ":")[1]
        try scene.write(
            Scene.config([key.replacingOccurrences(of: "PORT", with: port): Scene.secret]), to: scene.docker)
        let outcome = try scene.pulling.bench.strata("pull", "-q", "localhost:\(port)/a/b:1", "--retry", "1")
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    @Test func theFileOfOldClientsIsRead() throws {
        let scene = try Scene()
        let path = scene.pulling.bench.folder.path(".dockercfg")
        try scene.write(#"{"https://\#(scene.host)/v1/": {"auth": "\#(Scene.auth(Scene.secret))", "email": "x"}}"#, to: path)
        try scene.expectPulled()
        #expect(try scene.logOut().output == "Removing login credentials for \(scene.host)\n")
        #expect(try String(contentsOfFile: path, encoding: .utf8).filter { !$0.isWhitespace } == "{}")
    }

    // MARK: what the words name

    @Test(arguments: [true, false]) func anEntryForAPartGoesFirstAndIsNamed(isPodmans: Bool) throws {
        let scene = try Scene()
        let file = isPodmans ? scene.podman : scene.docker
        try scene.write(Scene.config(["\(scene.host)/a": Scene.old]), to: file)
        let login = try scene.logIn()
        #expect(login.output == "Login Succeeded\n")
        #expect(login.errors.contains("`\(scene.host)/a`") && login.errors.contains(file), "\(login.errors)")
        let said = try scene.expectRefused(naming: "`\(scene.host)/a`", file, "does not accept the credentials")
        #expect(said.contains("strata logout \(scene.host)/a"))
        #expect(try scene.logOut("\(scene.host)/a").output == "Removing login credentials for \(scene.host)/a\n")
        try scene.expectPulled()
    }

    @Test func theEntryThatIsRefusedIsNamed() throws {
        let scene = try Scene()
        try scene.write(Scene.config(["https://\(scene.host)/v1/": Scene.old]), to: scene.podman)
        try scene.expectRefused(naming: "`https://\(scene.host)/v1/`", scene.podman)
    }

    @Test func theHelperWhoseLoginIsRefusedIsNamed() throws {
        let scene = try Scene(PullFaultTests.basicOnly(Scene.user, "another"))
        try scene.write(Scene.config([:], ["credsStore": "test"]), to: scene.docker)
        try scene.expectRefused(
            naming: "docker-credential-test", "`credsStore` in \(scene.docker)", environment: try scene.helper(Self.knowing))
    }

    @Test func whoseLoginIsForbiddenIsNamed() throws {
        let allowed = PullFaultTests.basicOnly(Scene.user, Scene.secret)
        let scene = try Scene { request in
            allowed(request) ?? .status(403, body: #"{"errors":[{"code":"DENIED","message":"not yours"}]}"#)
        }
        try scene.write(Scene.config([scene.host: Scene.secret]), to: scene.docker)
        try scene.expectRefused(naming: "not yours", "`\(scene.host)` in \(scene.docker)")
    }

    @Test func aKeyIsShownWithoutThePasswordInIt() throws {
        let scene = try Scene()
        try scene.write(Scene.config(["https://me:\(Scene.secret)@\(scene.host)/v1/": Scene.old]), to: scene.docker)
        try scene.expectRefused(naming: "`https://\(scene.host)/v1/`")
    }
}
