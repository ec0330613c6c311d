// https://www.rfc-editor.org/rfc/rfc9110#CONNECT, https://pkg.go.dev/golang.org/x/net/http/httpproxy

import Foundation
import OCISpec
import Synchronization
import TestSupport
import Testing

/// Registries behind proxies of HTTP and SOCKS, as the environment names them.
struct RegistryProxyTests {
    /// A registry with TLS for hosts that are only behind a proxy.
    private struct Scene {
        let pull: PullScene
        let front: TLSFront
        let certificate: Certificate
        var bench: Workbench { pull.bench }

        init() throws {
            pull = try PullScene()
            certificate = try Certificate.make(
                in: pull.bench.folder.path, "server", .init(names: ["DNS:registry.test", "IP:192.0.2.1", "IP:127.0.0.1"]))
            front = try TLSFront(to: pull.registry.port, certificate)
        }

        func pull(_ name: String, _ environment: [String: String]) throws -> Program.Outcome {
            let trust = ["SSL_CERT_FILE": certificate.file]
            return try bench.strata(
                "pull", "-q", "--retry", "1", "--timeout", "20", name, environment: trust.merging(environment) { $1 })
        }

        func expectPulled(
            _ name: String, _ environment: [String: String], sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            let outcome = try pull(name, environment)
            #expect(outcome.status == 0, "\(outcome.errors)", sourceLocation: sourceLocation)
            #expect(bench.problems == [], sourceLocation: sourceLocation)
        }
    }

    private static func basic(_ text: String) -> String { "Basic " + Data(text.utf8).base64EncodedString() }

    /// Pulls from a host that is not this machine; the proxy refuses.
    private func tryPull(_ host: String, _ environment: [String: String]) throws -> Program.Outcome {
        try Workbench().strata("pull", "-q", "--retry", "1", "--timeout", "2", "\(host)/a/b:1", environment: environment)
    }

    // MARK: what the environment has

    @Test(arguments: [
        "foo://me:s3cret99@proxy.test", "http://me:s3c/s3cret99@proxy.test", "http://me:s3cret99@proxy.test:99999",
        "http://me:s3cret99@", "me:s3c#s3cret99@proxy.test", "http:/me:s3cret99@proxy.test",
    ]) func aVariableThatNamesNoProxyIsNamedAndNotQuoted(value: String) throws {
        let outcome = try Workbench().strata("pull", "-q", "registry.test/a/b:1", environment: ["https_proxy": value])
        expectSentence(outcome, naming: "https_proxy is not a valid proxy address", status: 2)
        #expect(!outcome.errors.contains("s3cret99"), "\(outcome.errors)")
    }

    // MARK: through a proxy

    @Test(arguments: ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]) func aTunnelLeadsToTheRegistry(variable: String)
        throws
    {
        let scene = try Scene()
        let port = scene.front.port
        let proxy = try ScriptedProxy { _ in .tunnel(port) }
        try scene.expectPulled("registry.test/a/b:1", [variable: "http://\(proxy.name)"])
        #expect(proxy.requests.allSatisfy { $0.method == "CONNECT" && $0.path == "registry.test:443" })
        #expect(!proxy.requests.isEmpty)
    }

    @Test func aProxyNeedsNoScheme() throws {
        let scene = try Scene()
        let port = scene.front.port
        let proxy = try ScriptedProxy { _ in .tunnel(port) }
        try scene.expectPulled("registry.test:5000/a/b:1", ["HTTPS_PROXY": proxy.name])
        #expect(proxy.requests.allSatisfy { $0.path == "registry.test:5000" })
        #expect(!proxy.requests.isEmpty)
    }

    // MARK: passwords

    @Test(arguments: [
        ("us%40er:p%3Aw%2Fd", "us@er:p:w/d"), ("bob:s3cret", "bob:s3cret"), ("bob:a%25b%20c", "bob:a%b c"), ("bob", "bob:"),
        ("bob:", "bob:"), ("b%C3%B6b:p%23%3F", "böb:p#?"),
    ]) func escapesInAProxysPasswordAreResolved(text: String, credentials: String) throws {
        let proxy = try ScriptedProxy { _ in .answer(.status(502)) }
        let outcome = try tryPull("registry.test", ["HTTPS_PROXY": "http://\(text)@\(proxy.name)"])
        #expect(outcome.status == 3)
        #expect(Set(proxy.authorizations) == [Self.basic(credentials)])
    }

    @Test func aProxysPasswordIsNotShown() throws {
        let proxy = try ScriptedProxy { _ in .answer(.status(407, ("Proxy-Authenticate", #"Basic realm="x""#))) }
        let outcome = try Workbench().strata(
            "pull", "--verbose", "--retry", "1", "registry.test/a/b:1",
            environment: ["HTTPS_PROXY": "http://bob:s3cret@\(proxy.name)"])
        #expect(outcome.status == 3)
        #expect(outcome.errors.contains(proxy.name))
        #expect(!(outcome.output + outcome.errors).contains("s3cret"))
    }

    @Test func aProxysPasswordGoesNowhereElse() throws {
        let scene = try Scene()
        let port = scene.front.port
        let proxy = try ScriptedProxy { _ in .tunnel(port) }
        try scene.expectPulled("registry.test/a/b:1", ["HTTPS_PROXY": "http://bob:s3cret@\(proxy.name)"])
        #expect(Set(proxy.authorizations) == [Self.basic("bob:s3cret")])
        let headers = scene.pull.registry.requests.flatMap(\.headers)
        #expect(!headers.contains { $0.name.lowercased().hasPrefix("proxy-") })
    }

    // MARK: a proxy with TLS

    @Test func aProxyWithTLSIsShownNothingWithoutIt() throws {
        let heard = Heard()
        let listener = try LoopbackListener { connection in
            if let bytes = connection.receive() { heard.bytes.withLock { $0 += bytes } }
        }
        let proxy = "127.0.0.1:\(listener.port)"
        let outcome = try Workbench().strata(
            "pull", "-q", "--retry", "1", "registry.test/a/b:1",
            environment: ["HTTPS_PROXY": "https://bob:s3cret@\(proxy)"])
        expectSentence(outcome, naming: proxy)
        let text = String(decoding: heard.bytes.withLock { $0 }, as: UTF8.self)
        #expect(!text.contains("CONNECT"))
        #expect(!text.contains(Data("bob:s3cret".utf8).base64EncodedString()))
        #expect(!outcome.errors.contains("s3cret"))
    }

    @Test func aProxyWithTLSLeadsToTheRegistry() throws {
        let scene = try Scene()
        let port = scene.front.port
        let proxy = try ScriptedProxy { _ in .tunnel(port) }
        let front = try TLSFront(to: proxy.port, scene.certificate)
        try scene.expectPulled("registry.test/a/b:1", ["HTTPS_PROXY": "https://bob:s3cret@\(front.name)"])
        #expect(Set(proxy.authorizations) == [Self.basic("bob:s3cret")])
    }

    @Test func aProxyWhoseCertificateIsNotTrustedIsNamed() throws {
        let bench = try Workbench()
        let proxy = try ScriptedProxy { _ in .answer(.status(502)) }
        let front = try TLSFront(to: proxy.port, try Certificate.make(in: bench.folder.path, "proxy", .init()))
        let outcome = try tryPull("registry.test", ["HTTPS_PROXY": "https://bob:s3cret@\(front.name)"])
        expectSentence(outcome, naming: front.name)
        #expect(outcome.errors.contains("proxy"))
        #expect(proxy.requests.isEmpty)
    }

    // MARK: a proxy that fails

    @Test func aProxyThatIsDownIsNamed() throws {
        let outcome = try tryPull("registry.test", ["HTTPS_PROXY": "http://127.0.0.1:1"])
        expectSentence(outcome, naming: "127.0.0.1:1")
        #expect(outcome.errors.contains("proxy"))
    }

    @Test func aProxyWhoseNameIsNotKnownIsNamed() throws {
        let outcome = try tryPull("registry.test", ["HTTPS_PROXY": "http://proxy.invalid:3128"])
        expectSentence(outcome, naming: "proxy.invalid:3128")
    }

    @Test(arguments: [403, 407, 502, 503]) func aProxyThatRefusesIsNamed(status: Int) throws {
        let proxy = try ScriptedProxy { _ in .answer(.status(status, body: "no way")) }
        let outcome = try tryPull("registry.test", ["HTTPS_PROXY": "http://\(proxy.name)"])
        expectSentence(outcome, naming: proxy.name)
        #expect(outcome.errors.contains("\(status)") && outcome.errors.contains("proxy"), "\(outcome.errors)")
        #expect(!outcome.errors.contains("strata login"), "\(outcome.errors)")
    }

    @Test func aProxyThatHangsUpIsNamed() throws {
        let proxy = try ScriptedProxy { _ in .answer(ScriptedReply(hangsUp: true)) }
        let outcome = try tryPull("registry.test", ["HTTPS_PROXY": "http://\(proxy.name)"])
        expectSentence(outcome, naming: proxy.name)
    }

    @Test func aProxyThatDoesNotAnswerIsNamed() throws {
        let proxy = try ScriptedProxy { _ in .answer(ScriptedReply(isSilent: true)) }
        let outcome = try tryPull("registry.test", ["HTTPS_PROXY": "http://\(proxy.name)"])
        expectSentence(outcome, naming: proxy.name)
    }

    // MARK: exemptions

    /// A value of `NO_PROXY`, a registry, and whether it is exempt.
    static let exemptions = [
        ("192.0.2.0/24", "192.0.2.1", true), ("192.0.2.0/24", "198.51.100.1", false), ("192.0.2.0/24", "192.0.2.1:5000", true),
        ("192.0.2.128/25", "192.0.2.1", false), ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.10", false),
        ("192.0.2.1:5000", "192.0.2.1:5000", true), ("192.0.2.1:5000", "192.0.2.1:5001", false),
        ("192.0.2.0/33", "192.0.2.1", false),
        ("0.0.0.0/0", "192.0.2.1", true), ("0.0.0.0/0", "registry.test", false), ("2001:db8::/32", "[2001:db8::1]:5000", true),
        ("2001:db8::/32", "[2001:db9::1]:5000", false), ("2001:db8::1", "[2001:db8:0::1]:5000", true),
        ("[2001:db8::1]:5000", "[2001:db8::1]:5000", true), ("[2001:db8::1]:5001", "[2001:db8::1]:5000", false),
        ("registry.test", "registry.test", true), ("REGISTRY.Test", "registry.test", true), ("test", "registry.test", true),
        (".test", "registry.test", true), ("*.test", "registry.test", true), ("stry.test", "registry.test", false),
        ("registry.test:5000", "registry.test:5000", true), ("registry.test:5001", "registry.test:5000", false),
        ("registry.test:443", "registry.test", true), ("other.test, registry.test", "registry.test", true),
        ("other.test,,", "registry.test", false), ("*", "registry.test", true), ("", "registry.test", false),
    ]

    @Test(arguments: exemptions) func someHostsNeedNoProxy(value: String, host: String, isExempt: Bool) throws {
        let proxy = try ScriptedProxy { _ in .answer(.status(502)) }
        let outcome = try tryPull(host, ["HTTPS_PROXY": "http://\(proxy.name)", "NO_PROXY": value])
        #expect(outcome.status == 3, "\(outcome.errors)")
        #expect(proxy.requests.isEmpty == isExempt, "\(proxy.requests.map(\.path))")
    }

    @Test func exemptionsMayBeWrittenSmall() throws {
        let proxy = try ScriptedProxy { _ in .answer(.status(502)) }
        _ = try tryPull("registry.test", ["https_proxy": "http://\(proxy.name)", "no_proxy": "registry.test"])
        #expect(proxy.requests.isEmpty)
    }

    // MARK: SOCKS

    @Test(arguments: ["socks5", "socks5h", "socks"]) func aSOCKSProxyLeadsToTheRegistry(scheme: String) throws {
        let scene = try Scene()
        let socks = try ScriptedSOCKS(to: scene.front.port)
        try scene.expectPulled("registry.test/a/b:1", ["ALL_PROXY": "\(scheme)://\(socks.name)"])
        #expect(!socks.requests.isEmpty)
        #expect(socks.requests.allSatisfy { $0.host == "registry.test" && $0.port == 443 }, "\(socks.requests)")
    }

    @Test func aSOCKSProxyIsGivenAddressesAsTheyAre() throws {
        let scene = try Scene()
        let socks = try ScriptedSOCKS(to: scene.front.port)
        try scene.expectPulled("192.0.2.1:5000/a/b:1", ["HTTPS_PROXY": "socks5://\(socks.name)"])
        #expect(socks.requests.allSatisfy { $0.host == "192.0.2.1" && $0.port == 5000 }, "\(socks.requests)")
        #expect(!socks.requests.isEmpty)
    }

    @Test func aSOCKSProxysPasswordMayHaveEscapes() throws {
        let scene = try Scene()
        let socks = try ScriptedSOCKS(to: scene.front.port, credentials: "us@er:p:w/d")
        try scene.expectPulled("registry.test/a/b:1", ["HTTPS_PROXY": "socks5h://us%40er:p%3Aw%2Fd@\(socks.name)"])
        #expect(!socks.requests.isEmpty)
    }

    @Test func aSOCKSProxyThatRefusesIsNamed() throws {
        let scene = try Scene()
        let socks = try ScriptedSOCKS(to: scene.front.port, credentials: "bob:right")
        let outcome = try scene.pull("registry.test/a/b:1", ["HTTPS_PROXY": "socks5h://bob:s3cret@\(socks.name)"])
        expectSentence(outcome, naming: socks.name)
        #expect(!outcome.errors.contains("s3cret"))
    }

    private final class Heard: Sendable {
        let bytes = Mutex<[UInt8]>([])
    }
}
