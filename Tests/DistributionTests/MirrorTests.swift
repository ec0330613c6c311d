import Distribution
import Foundation
import TestSupport
import Testing

/// A `registries.yaml`: where else a registry's images are, and what they are called there.
@Suite struct MirrorTests {
    private func table(_ text: String) throws -> MirrorTable {
        let folder = try TemporaryDirectory()
        let path = folder.path("registries.yaml")
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return try MirrorTable(path: path, isRequired: true)
    }

    private func mirrors(_ text: String, of registry: String, _ repository: String = "team/app") throws -> [String] {
        try table(text).mirrors(of: registry, repository: repository).map {
            "\($0.endpoint.scheme)://\($0.endpoint.authority)\($0.endpoint.root) \($0.repository)"
        }
    }

    @Test func aFileThatIsNotThereHasNone() throws {
        let table = try MirrorTable(path: "/nowhere/registries.yaml", isRequired: false)
        #expect(try table.mirrors(of: "docker.io", repository: "a").isEmpty)
        #expect(throws: DistributionError.self) { _ = try MirrorTable(path: "/nowhere/registries.yaml", isRequired: true) }
    }

    @Test func endpointsComeInTheirOrderEachOnce() throws {
        let text = "mirrors:\n  docker.io:\n    endpoint: [\"https://a.example\", \"b.example:5000\", \"https://a.example\"]\n"
        #expect(
            try mirrors(text, of: "docker.io") == ["https://a.example/v2 team/app", "https://b.example:5000/v2 team/app"])
        #expect(try mirrors(text, of: "other.example") == [])
    }

    @Test func theStarStandsForAllThatHaveNoEntry() throws {
        let text = """
            mirrors:
              "*": { endpoint: ["https://all.example"] }
              own.example: { endpoint: ["https://own-mirror.example"] }
            configs:
              known.example: { auth: { username: u, password: p } }
            """
        #expect(try mirrors(text, of: "any.example") == ["https://all.example/v2 team/app"])
        #expect(try mirrors(text, of: "own.example") == ["https://own-mirror.example/v2 team/app"])
        #expect(try mirrors(text, of: "known.example") == [], "a server that `configs` say something of has no other mirrors")
    }

    @Test func theFirstRewriteThatChangesTheNameCounts() throws {
        let text = """
            mirrors:
              docker.io:
                endpoint: ["https://m.example"]
                rewrite: { "^none/(.*)": "x/$1", "^team/(.*)": "mirror/$1", "(.*)": "all/$1" }
            """
        #expect(try mirrors(text, of: "docker.io") == ["https://m.example/v2 mirror/app"])
        #expect(try mirrors(text, of: "docker.io", "lib/a") == ["https://m.example/v2 all/lib/a"])
    }

    /// What a rewrite makes becomes a part of an address.
    @Test(arguments: ["", "../up", "a//b", "a/./b", "a?b", "a b", "ä"]) func aRewriteThatMakesNoNameIsAnError(name: String) throws
    {
        let text = "mirrors:\n  docker.io:\n    endpoint: [\"https://m.example\"]\n    rewrite: { \".*\": \"\(name)\" }\n"
        #expect(throws: DistributionError.self) { _ = try mirrors(text, of: "docker.io") }
    }

    @Test(arguments: [
        "mirrors: { docker.io: { endpoint: [\"ftp://a.example\"] } }", "mirrors: { \"a b\": { endpoint: [] } }",
        "mirrors: { docker.io: { endpoint: [\"http://a.example:75050\"] } }", "mirrors: { docker.io: { rewrite: { \"(\": x } } }",
        "configs: { a.example: { tls: { cert_file: /c } } }", "mirrors: [", "[[registry]]\nlocation = \"a\"\n",
    ])
    func aFileThatIsNotOneIsRefused(text: String) {
        #expect(throws: DistributionError.self) { _ = try table(text) }
    }

    @Test(arguments: [
        ("docker.io", "https", "registry-1.docker.io", "/v2"), ("127.0.0.1:5000", "http", "127.0.0.1:5000", "/v2"),
        ("localhost:443", "https", "localhost:443", "/v2"), ("https://m.example/a/../b/", "https", "m.example", "/b"),
        ("http://u:p@m.example:80/v2", "http", "m.example:80", "/v2"), ("[::1]:5000", "http", "[::1]:5000", "/v2"),
    ])
    func anAddressIsReadAsK3sReadsIt(text: String, scheme: String, authority: String, root: String) throws {
        let endpoint = try #require(MirrorEndpoint(text))
        #expect(endpoint.scheme == scheme && endpoint.authority == authority && endpoint.root == root, "\(endpoint)")
    }

    @Test(arguments: ["", "ftp://a", "a:0", "a:65536", "http://", "a b"]) func whatIsNoAddressIsNone(text: String) {
        #expect(MirrorEndpoint(text) == nil)
    }
}
