// https://www.rfc-editor.org/rfc/rfc8446#section-5.1

import Foundation
import OCISpec
import Synchronization
import TestSupport
import Testing

/// Plain HTTP is asked only of a server of which nothing of TLS has come; and nobody is asked for a key's password.
struct PlainFallbackTests {
    /// A way to another port of this machine that keeps what each connection began with.
    private final class Relay: Sendable {
        private let listener: LoopbackListener
        private let seen: Firsts

        private final class Firsts: Sendable {
            let bytes = Mutex<[[UInt8]]>([])
        }

        /// `meetTLS` is done in place of the relaying where a connection begins with a handshake.
        init(to port: Int, meetTLS: (@Sendable (LoopbackConnection) -> Void)? = nil) throws {
            let seen = Firsts()
            self.seen = seen
            listener = try LoopbackListener { connection in
                guard let first = connection.receive() else { return }
                seen.bytes.withLock { $0.append(first) }
                if first.first == 0x16, let meetTLS { return meetTLS(connection) }
                guard let other = connection.connect(to: port) else { return }
                connection.tunnel(to: other, first: first)
                other.close()
            }
        }

        var name: String { "127.0.0.1:\(listener.port)" }
        /// How many connections began with a handshake of TLS.
        var handshakeCount: Int { seen.bytes.withLock { all in all.count { $0.first == 0x16 } } }
        /// Whether a connection began with anything but a handshake of TLS.
        var sawPlainText: Bool { seen.bytes.withLock { all in all.contains { $0.first != 0x16 } } }
    }

    /// A registry behind TLS and a relay, with a password that must not be seen.
    private struct Scene {
        let pull: PullScene
        let certificate: Certificate
        let front: TLSFront
        let relay: Relay
        let folder: String

        init(
            _ script: @escaping ScriptedRegistry.Script = { _ in nil }, showing client: ((Workbench) throws -> Certificate)? = nil
        )
            throws
        {
            pull = try PullScene(script)
            certificate = try Certificate.make(in: pull.bench.folder.path, "server", .init())
            front = try TLSFront(to: pull.registry.port, certificate)
            relay = try Relay(to: front.port)
            folder = try Certificate.folder(
                in: pull.bench.folder, trusting: [certificate], showing: try client?(pull.bench))
        }

        func expectNothingInClear(
            naming text: String, status: Int32 = 3, sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            let outcome = try pull.bench.strata(
                "pull", "-q", "\(relay.name)/a/b:1", "--cert-dir", folder, "--timeout", "2", "--retry", "1")
            expectSentence(outcome, naming: text, status: status, sourceLocation: sourceLocation)
            #expect(!relay.sawPlainText, "plain HTTP was asked", sourceLocation: sourceLocation)
            #expect(!outcome.errors.contains("http://"), "\(outcome.errors)", sourceLocation: sourceLocation)
        }
    }

    @Test func aServerThatIsSlowAfterTLSStoodIsNotAskedWithoutIt() throws {
        try Scene { _ in ScriptedReply(isSilent: true) }.expectNothingInClear(naming: "no answer in time")
    }

    @Test func aServerThatHangsUpAfterTLSStoodIsNotAskedWithoutIt() throws {
        try Scene { _ in ScriptedReply(hangsUp: true) }.expectNothingInClear(naming: "closed the connection after the TLS")
    }

    @Test func aServerThatSpeaksAnotherProtocolOverTLSIsNotAskedWithoutIt() throws {
        try Scene { _ in ScriptedReply(raw: "SSH-2.0-x\r\nSSH-2.0-x\r\n") }.expectNothingInClear(naming: "HTTP/0.9")
    }

    @Test func aRedirectThatFailsSaysNothingAgainstTLS() throws {
        let scene = try Scene { _ in .status(307, ("Location", "https://127.0.0.1:1/x")) }
        try scene.expectNothingInClear(naming: "127.0.0.1:1/x")
    }

    @Test func aHandshakeThatIsCutAfterItBeganIsTLS() throws {
        // The head of a record, as a server's first words begin.
        let listener = try LoopbackListener { connection in
            guard connection.receive() != nil else { return }
            connection.send([22, 3, 3, 0, 200, 2, 0, 0])
            connection.linger()
        }
        let relay = try Relay(to: listener.port)
        let outcome = try Workbench().strata("pull", "-q", "\(relay.name)/a/b:1", "--timeout", "4", "--retry", "1")
        expectSentence(outcome, naming: "cut")
        #expect(!relay.sawPlainText, "plain HTTP was asked")
    }

    @Test func aServerThatIsSilentToTLSIsAskedWithoutIt() throws {
        let scene = try PullScene()
        let relay = try Relay(to: scene.registry.port) { _ = $0.stays(forSeconds: 30) }
        let outcome = try scene.bench.strata("pull", "-q", "\(relay.name)/a/b:1", "--timeout", "4", "--retry", "1")
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    @Test func manyRepositoriesFindOutOnceThatTheirServerHasNoTLS() throws {
        let names = (0..<6).map { "a/\($0)" }
        let scene = try FleetScene([FleetScene.image(1)]) { request in
            switch request.path {
            case "/v2/_catalog": FleetScene.page("repositories", names)
            case let path where path.hasSuffix("/tags/list"): FleetScene.page("tags", ["1"])
            default: nil
            }
        }
        // As servers in Go answer.
        let answer = "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTPS request to an HTTP server.\n"
        let relay = try Relay(to: scene.registry.port) { _ = $0.send(Array(answer.utf8)) }
        #expect(try scene.list(source: "docker://\(relay.name)").texts("repository") == names)
        #expect(relay.handshakeCount == 1)
    }

    // MARK: this side's key

    @Test func aKeyThatDoesNotFitIsNoReasonForPlainHTTP() throws {
        let scene = try Scene(showing: { bench in
            let one = try Certificate.make(in: bench.folder.path, "one", .init())
            let two = try Certificate.make(in: bench.folder.path, "two", .init())
            return Certificate(file: one.file, key: two.key)
        })
        try scene.expectNothingInClear(naming: "TLS failed")
    }

    @Test(arguments: [["pkcs8", "-topk8", "-v2", "aes256"], ["ec", "-aes256"]])
    func anEncryptedKeyIsRefusedAndNobodyIsAsked(command: [String]) throws {
        let scene = try Scene(showing: { bench in
            let one = try Certificate.make(in: bench.folder.path, "one", .init())
            let key = bench.folder.path("locked.key")
            let made = try Program("openssl").run(command + ["-in", one.key, "-passout", "pass:secret", "-out", key])
            #expect(made.status == 0, "\(made.errors)")
            return Certificate(file: one.file, key: key)
        })
        try scene.expectNothingInClear(naming: "its private key is encrypted", status: 2)
    }

    // MARK: proxies

    @Test(arguments: [403, 407, 502]) func aProxyThatRefusesToLeadOnEndsTheSearch(status: Int) throws {
        let proxy = try ScriptedProxy { _ in .answer(.status(status)) }
        let outcome = try Workbench().strata(
            "pull", "-q", "registry.test/a/b:1", "--insecure-registry", "--timeout", "2", "--retry", "1",
            environment: ["HTTPS_PROXY": "http://\(proxy.name)", "HTTP_PROXY": "http://\(proxy.name)"])
        expectSentence(outcome, naming: "\(status)")
        #expect(proxy.requests.allSatisfy { $0.method == "CONNECT" })
    }
}
