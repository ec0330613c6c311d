import Foundation
import TestSupport
import Testing

/// Who a real registry lets in: by certificates, by passwords, by tokens.
struct RegistryAccessTests {
    private static let user = "me"
    private static let secret = "open-sesame-42"

    /// A store that has an image under a name in the registry.
    private func bench(_ registry: DockerRegistry) throws -> (bench: Workbench, name: String) {
        let bench = try Workbench()
        let name = "\(registry.name)/a/b:1"
        let image = try RegistryExchangeTests.image(.ociGzip, named: name)
        try bench.succeed("load", "-i", try bench.file("in.tar", try image.layout().tar))
        return (bench, name)
    }

    private func login(
        _ bench: Workbench, _ registry: DockerRegistry, _ user: String, _ secret: String, _ options: [String] = []
    ) throws -> Program.Outcome {
        let file = try bench.file("password", Data((secret + "\n").utf8))
        let outcome = try bench.program.run(
            ["login", "-u", user, "--password-stdin", registry.name] + options, input: .file(file))
        #expect(!(outcome.output + outcome.errors).contains(secret), "the password is shown")
        return outcome
    }

    // MARK: TLS

    @Test(.needs("docker-registry")) func aCertificateOfItsOwnIsTrustedOnlyWhenTheUserSaysSo() throws {
        let registry = try DockerRegistry(.everybody, .tls)
        let (bench, name) = try bench(registry)
        let outcome = try bench.strata("push", "-q", name)
        expectSentence(outcome, naming: "its certificate is self-signed")
        #expect(outcome.errors.contains("--cert-dir"))
        let absent = try bench.strata("push", name, "--cert-dir", "/nowhere/certs")
        #expect(absent.status == 2 && absent.errors.contains("/nowhere/certs"), "\(absent.errors)")
        try bench.succeed("push", name, "--cert-dir", try registry.certificateFolder())
        let pulling = try Workbench()
        try pulling.succeed("pull", name, "--insecure-registry")
        #expect(pulling.problems == [])
    }

    @Test(.needs("docker-registry")) func certificatesAreFoundByTheRegistrysName() throws {
        let registry = try DockerRegistry(.everybody, .tls)
        let (bench, name) = try bench(registry)
        let place = bench.folder.path(".config/containers/certs.d/\(registry.name)")
        try FileManager.default.createDirectory(
            atPath: (place as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: try registry.certificateFolder(), toPath: place)
        try bench.succeed("push", name)
    }

    @Test(.needs("docker-registry")) func aRegistryMayWantACertificateOfItsClients() throws {
        let registry = try DockerRegistry(.everybody, .tlsWithClients)
        let (bench, name) = try bench(registry)
        let folder = try registry.certificateFolder()
        try bench.succeed("push", name, "--cert-dir", folder)
        try FileManager.default.removeItem(atPath: folder + "/client.cert")
        let refused = try Workbench().strata("pull", "-q", name, "--cert-dir", folder, "--retry", "1")
        #expect(refused.status == 3, "\(refused.errors)")
    }

    // MARK: passwords

    @Test(.needs("docker-registry", "htpasswd")) func aPasswordOpensWhatIsShutWithoutIt() throws {
        let registry = try DockerRegistry(.password(user: Self.user, secret: Self.secret), .tls)
        let (bench, name) = try bench(registry)
        let certificates = ["--cert-dir", try registry.certificateFolder()]
        let stranger = try bench.program.run(["push", "-q", name] + certificates)
        expectSentence(stranger, naming: registry.name)
        #expect(stranger.errors.contains("strata login \(registry.name)"))
        let wrong = try login(bench, registry, Self.user, "wr0ng-secret", certificates)
        #expect(wrong.status == 3, "\(wrong.errors)")
        let right = try login(bench, registry, Self.user, Self.secret, certificates)
        #expect(right.output == "Login Succeeded\n", "\(right.errors)")
        for verb in ["push", "pull"] {
            let outcome = try bench.program.run([verb, name, "--verbose"] + certificates)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(!(outcome.output + outcome.errors).contains(Self.secret))
        }
        try bench.succeed("logout", registry.name)
        #expect(try bench.program.run(["pull", name] + certificates).status == 3)
    }

    @Test(.needs("docker-registry", "htpasswd")) func whatIsKeptIsForItsOwnerAlone() throws {
        let registry = try DockerRegistry(.password(user: Self.user, secret: Self.secret))
        let (bench, _) = try bench(registry)
        #expect(try login(bench, registry, Self.user, Self.secret).status == 0)
        let path = bench.folder.path(".docker/config.json")
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test(.needs("docker-registry", "skopeo", "htpasswd")) func skopeoAndThisProgramKnowEachOthersLogins() throws {
        let registry = try DockerRegistry(.password(user: Self.user, secret: Self.secret))
        let (bench, name) = try bench(registry)
        let skopeo = try bench.shell(
            "skopeo login --tls-verify=false --authfile \"$HOME/auth.json\" -u \"$1\" -p \"$2\" \"$3\"", Self.user,
            Self.secret,
            registry.name)
        #expect(skopeo.status == 0, "\(skopeo.errors)")
        let outcome = try bench.strata("push", name, environment: ["REGISTRY_AUTH_FILE": bench.folder.path("auth.json")])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try login(bench, registry, Self.user, Self.secret).status == 0)
        let looked = try bench.shell(
            "skopeo inspect -n --tls-verify=false --authfile \"$HOME/.docker/config.json\" \"docker://$1\"", name)
        #expect(looked.status == 0, "\(looked.errors)")
    }

    // MARK: tokens

    @Test(.needs("docker-registry")) func aTokenServerGivesWhatEverybodyMayDoAndNoMore() throws {
        let tokens = try TokenServer()
        let registry = try DockerRegistry(.token(realm: tokens.realm, certificate: tokens.certificate))
        let (bench, name) = try bench(registry)
        #expect(try bench.strata("push", "-q", name).status == 3)
        #expect(try login(bench, registry, TokenServer.user, "wr0ng-secret").status == 3)
        let outcome = try login(bench, registry, TokenServer.user, TokenServer.secret)
        #expect(outcome.status == 0, "\(outcome.errors)")
        try bench.succeed("push", name)
        let stranger = try Workbench()
        try stranger.succeed("pull", name)
        #expect(stranger.problems == [])
    }

    @Test(.needs("docker-registry")) func blobsAreMountedWithATokenForBothRepositories() throws {
        let tokens = try TokenServer()
        let registry = try DockerRegistry(.token(realm: tokens.realm, certificate: tokens.certificate))
        let (bench, name) = try bench(registry)
        #expect(try login(bench, registry, TokenServer.user, TokenServer.secret).status == 0)
        try bench.succeed("push", name)
        let other = "\(registry.name)/other:1"
        try bench.succeed("tag", name, other)
        #expect(try bench.succeed("push", other).components(separatedBy: "Mounted from a/b").count == 3)
    }

    @Test func loginNeedsSomebodyToAsk() throws {
        let outcome = try Workbench().strata("login", "127.0.0.1:1")
        expectSentence(outcome, naming: "standard input is not a terminal", status: 2)
    }

    @Test func loggingOutTwiceIsNoFailure() throws {
        #expect(try Workbench().succeed("logout", "127.0.0.1:1") == "Not logged in to 127.0.0.1:1\n")
    }
}
