// https://www.rfc-editor.org/rfc/rfc8446#section-6

import Foundation
import OCISpec
import TestSupport
import Testing

/// TLS that fails is told by its cause, and never taken for a server without TLS; whose word is trusted, the environment may say.
struct RegistryTLSTests {
    /// A registry behind TLS.
    private struct Scene {
        let pull: PullScene
        let front: TLSFront
        let certificate: Certificate
        var bench: Workbench { pull.bench }
        var name: String { "\(front.name)/a/b:1" }

        init(_ claims: Certificate.Claims = .init(), _ manner: TLSFront.Manner = .init()) throws {
            pull = try PullScene()
            certificate = try Certificate.make(in: pull.bench.folder.path, "server", claims)
            front = try TLSFront(to: pull.registry.port, certificate, manner)
        }

        /// Pulls, and trusts the server's certificate.
        func pull(_ options: String..., environment: [String: String] = [:]) throws -> Program.Outcome {
            let folder = try Certificate.folder(in: bench.folder, trusting: [certificate])
            return try bench.program.run(
                ["pull", "-q", name, "--cert-dir", folder, "--retry", "2", "--timeout", "10"] + options, environment: environment)
        }

        func expectPulled(_ outcome: Program.Outcome, sourceLocation: SourceLocation = #_sourceLocation) throws {
            #expect(outcome.status == 0, "\(outcome.errors)", sourceLocation: sourceLocation)
            #expect(try bench.imageNames() == [name], sourceLocation: sourceLocation)
            #expect(bench.problems == [], sourceLocation: sourceLocation)
        }

        /// Expects the cause, and not a word of plain HTTP, nor of the machine that built the program.
        func expectRefused(
            _ outcome: Program.Outcome, naming cause: String, sourceLocation: SourceLocation = #_sourceLocation
        ) {
            expectSentence(outcome, naming: front.name, sourceLocation: sourceLocation)
            let errors = outcome.errors
            #expect(errors.lowercased().contains(cause), "\(errors)", sourceLocation: sourceLocation)
            for text in ["http://", "plain HTTP", "does not speak TLS", ".swift", ".cpp", ".c:", Program.packageRoot] {
                #expect(!errors.contains(text), "\(errors)", sourceLocation: sourceLocation)
            }
            #expect(pull.registry.requests.isEmpty, sourceLocation: sourceLocation)
        }
    }

    // MARK: alerts

    @Test func aCertificateThatIsWantedOfTheClientIsAskedFor() throws {
        let bench = try Workbench()
        let authority = try Certificate.make(in: bench.folder.path, "clients", .init())
        let scene = try Scene(.init(), .with { $0.clientAuthority = authority })
        scene.expectRefused(try scene.pull(), naming: "certificate required")
    }

    @Test func aClientWithoutACertificateIsRefusedByOlderTLSToo() throws {
        let bench = try Workbench()
        let authority = try Certificate.make(in: bench.folder.path, "clients", .init())
        let scene = try Scene(
            .init(),
            .with {
                $0.clientAuthority = authority
                $0.maximumVersion = "1.2"
            })
        scene.expectRefused(try scene.pull(), naming: "handshake failure")
    }

    @Test func aClientWithTheRightCertificateIsLetIn() throws {
        let bench = try Workbench()
        let authority = try Certificate.make(in: bench.folder.path, "clients", .init())
        let client = try Certificate.make(in: bench.folder.path, "me", .init(), by: authority)
        let scene = try Scene(.init(), .with { $0.clientAuthority = authority })
        let folder = try Certificate.folder(in: bench.folder, trusting: [scene.certificate], showing: client)
        try scene.expectPulled(try scene.bench.strata("pull", "-q", scene.name, "--cert-dir", folder))
    }

    @Test func aClientWithAnothersCertificateIsRefused() throws {
        let bench = try Workbench()
        let authority = try Certificate.make(in: bench.folder.path, "clients", .init())
        let stranger = try Certificate.make(in: bench.folder.path, "stranger", .init())
        let scene = try Scene(.init(), .with { $0.clientAuthority = authority })
        let folder = try Certificate.folder(in: bench.folder, trusting: [scene.certificate], showing: stranger)
        let outcome = try scene.bench.strata("pull", "-q", scene.name, "--cert-dir", folder, "--retry", "2")
        scene.expectRefused(outcome, naming: "unknown")
    }

    @Test(arguments: [
        (40, "handshake failure"), (49, "access denied"), (70, "protocol version"), (71, "insufficient security"),
        (80, "internal error"), (112, "unrecognized name"),
    ]) func anAlertIsToldByItsName(alert: Int, name: String) throws {
        let scene = try Scene(.init(), .with { $0.alert = alert })
        scene.expectRefused(try scene.pull(), naming: name)
    }

    @Test(arguments: ["1.2", "1.3"]) func eitherVersionIsSpoken(version: String) throws {
        let scene = try Scene(
            .init(),
            .with {
                $0.minimumVersion = version
                $0.maximumVersion = version
            })
        try scene.expectPulled(try scene.pull())
    }

    // MARK: certificates

    @Test func aCertificateThatHasExpiredIsCalledSo() throws {
        let scene = try Scene(.init(startDays: -20, endDays: -10))
        scene.expectRefused(try scene.pull(), naming: "expired")
    }

    @Test func aCertificateThatDoesNotHoldYetIsCalledSo() throws {
        let scene = try Scene(.init(startDays: 10, endDays: 20))
        scene.expectRefused(try scene.pull(), naming: "not valid yet")
    }

    @Test(arguments: [["DNS:registry.test"], ["IP:192.0.2.1"]]) func aCertificateForAnotherHostIsCalledSo(names: [String]) throws
    {
        let scene = try Scene(.init(names: names))
        let outcome = try scene.pull()
        scene.expectRefused(outcome, naming: "host")
        #expect(!outcome.errors.contains("expired"))
    }

    @Test func aCertificateThatNobodyVouchesForLeadsToTheFolders() throws {
        let scene = try Scene()
        let outcome = try scene.bench.strata("pull", "-q", scene.name, "--retry", "1")
        scene.expectRefused(outcome, naming: "certificate")
        #expect(outcome.errors.contains("--cert-dir"))
        #expect(!outcome.errors.contains("expired"))
    }

    @Test func anAuthorityVouchesForItsServers() throws {
        let scene = try PullScene()
        let authority = try Certificate.make(in: scene.bench.folder.path, "authority", .init())
        let certificate = try Certificate.make(in: scene.bench.folder.path, "server", .init(), by: authority)
        let front = try TLSFront(to: scene.registry.port, certificate)
        let folder = try Certificate.folder(in: scene.bench.folder, trusting: [authority])
        try scene.bench.succeed("pull", "-q", "\(front.name)/a/b:1", "--cert-dir", folder)
    }

    @Test(arguments: [-10.0, 30.0]) func withTheFlagAnyCertificateWillDo(endDays: Double) throws {
        let scene = try Scene(.init(names: ["DNS:registry.test"], startDays: -20, endDays: endDays))
        try scene.expectPulled(
            try scene.bench.strata("pull", "-q", scene.name, "--insecure-registry", "--retry", "1"))
    }

    // MARK: no TLS

    @Test func aServerOfThisMachineThatAnswersTLSInPlainTextIsAskedWithoutIt() throws {
        // The answer to TLS is that of Go's servers.
        let scene = try Scene(.init(), .with { $0.plainAnswer = "HTTP/1.0 400 Bad Request\r\n\r\nClient sent no HTTPS\n" })
        let outcome = try scene.pull()
        expectSentence(outcome, naming: scene.front.name)
        #expect(outcome.errors.contains("400"), "\(outcome.errors)")
    }

    // MARK: authorities by the environment

    @Test func aFileOfTheEnvironmentVouches() throws {
        let scene = try Scene()
        try scene.expectPulled(
            try scene.bench.strata("pull", "-q", scene.name, environment: ["SSL_CERT_FILE": scene.certificate.file]))
    }

    @Test(arguments: [0, 1]) func aFileMayHaveSeveralCertificates(place: Int) throws {
        let scene = try Scene()
        let other = try Certificate.make(in: scene.bench.folder.path, "other", .init())
        let files = place == 0 ? [scene.certificate, other] : [other, scene.certificate]
        let text = try files.map { try String(contentsOfFile: $0.file, encoding: .utf8) }.joined()
        let bundle = try scene.bench.file("bundle.pem", Data("# authorities\n\(text)".utf8))
        try scene.expectPulled(
            try scene.bench.strata("pull", "-q", scene.name, environment: ["SSL_CERT_FILE": bundle]))
    }

    /// Names under which certificates lie in such folders; nil for the one that OpenSSL looks for.
    @Test(arguments: ["registry.pem", "ca.crt", nil], [0, 1])
    func aFolderOfTheEnvironmentVouches(file: String?, place: Int) throws {
        let scene = try Scene()
        let folders = ["first", "second"].map { scene.bench.folder.path($0) }
        for folder in folders { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }
        let hash = try Program("openssl").run(["x509", "-noout", "-subject_hash", "-in", scene.certificate.file]).lines.first
        let name = file ?? "\(hash ?? "").0"
        try FileManager.default.copyItem(atPath: scene.certificate.file, toPath: "\(folders[place])/\(name)")
        // What else lies about in such folders.
        try Data("no certificate".utf8).write(to: URL(fileURLWithPath: folders[place] + "/README"))
        let value = folders.joined(separator: ":")
        try scene.expectPulled(try scene.bench.strata("pull", "-q", scene.name, environment: ["SSL_CERT_DIR": value]))
    }

    @Test func anotherFileDoesNotVouch() throws {
        let scene = try Scene()
        let other = try Certificate.make(in: scene.bench.folder.path, "other", .init())
        let outcome = try scene.bench.strata(
            "pull", "-q", scene.name, "--retry", "1", environment: ["SSL_CERT_FILE": other.file])
        scene.expectRefused(outcome, naming: "certificate")
    }

    @Test func theEnvironmentCountsForTokenServersToo() throws {
        let tokens = try ScriptedServer { _ in .status(200, body: #"{"token":"t"}"#) }
        let bench = try Workbench()
        let certificate = try Certificate.make(in: bench.folder.path, "tokens", .init())
        let front = try TLSFront(to: tokens.port, certificate)
        let challenge = ScriptedReply.status(401, ("WWW-Authenticate", #"Bearer realm="\#(front.url)/token""#))
        let scene = try PullScene { $0.header("Authorization") == nil ? challenge : nil }
        try scene.expectPulled("--retry", "1", environment: ["SSL_CERT_FILE": certificate.file])
    }

    @Test func theEnvironmentCountsForMirrorsAndRedirectsToo() throws {
        let mirror = try PullScene()
        let certificate = try Certificate.make(in: mirror.bench.folder.path, "mirror", .init())
        let front = try TLSFront(to: mirror.registry.port, certificate)
        let url = front.url
        let scene = try PullScene { $0.path.contains("/manifests/") ? nil : .status(307, ("Location", "\(url)\($0.path)")) }
        try scene.expectPulled("--retry", "1", environment: ["SSL_CERT_FILE": certificate.file])
        let file = try scene.bench.file(
            "registries.yaml", Data("mirrors: {\"\(scene.registry.name)\": {endpoint: [\"\(url)\"]}}\n".utf8))
        let asked = scene.registry.requests.count
        let other = try Workbench()
        let outcome = try other.strata(
            "pull", "-q", scene.name, "--registries", file, environment: ["SSL_CERT_FILE": certificate.file])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(scene.registry.requests.count == asked, "the registry was asked although its mirror has all")
    }
}
