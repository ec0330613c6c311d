import Foundation
import OCISpec
import TestSupport
import Testing

/// The file of mirrors, as k3s reads it.
struct RegistriesFileTests {
    /// A registry that refuses, and a mirror of it that has the image where `place` says.
    private func mirrored(
        at place: String, _ text: (_ mirror: String, _ origin: String) -> String
    ) throws -> (outcome: Program.Outcome, mirror: [String], origin: [String]) {
        let image = try PullScene.makeImage()
        var content = ScriptedRegistry.Content()
        try content.add(image, tag: "1")
        let mirror = try ScriptedRegistry(content) { request in
            request.path.hasPrefix(place) || request.path == "/v2/" ? nil : .status(404)
        }
        let scene = try PullScene { _ in .status(500) }
        let file = try scene.bench.file("registries.yaml", Data(text(mirror.name, scene.registry.name).utf8))
        let outcome = try scene.pull("-q", "--retry", "1", "--registries", file)
        return (outcome, mirror.requests.map(\.path), scene.registry.requests.map(\.path))
    }

    // MARK: addresses

    @Test(arguments: [
        ("", "/v2/a/b/"), ("/", "/v2/a/b/"), ("/v2", "/v2/a/b/"), ("/v2/", "/v2/a/b/"), ("/v2/hub", "/v2/hub/a/b/"),
        ("/artifactory/api/docker/hub/v2", "/artifactory/api/docker/hub/v2/a/b/"), ("/x//y/", "/x/y/a/b/"), ("?ns=x", "/v2/a/b/"),
    ]) func anEndpointsPathStandsBeforeTheRepository(path: String, place: String) throws {
        let (outcome, mirror, origin) = try mirrored(at: place) { mirror, origin in
            "mirrors: {\"\(origin)\": {endpoint: [\"http://\(mirror)\(path)\"]}}"
        }
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(mirror.contains { $0.hasPrefix(place) } && origin.isEmpty)
    }

    @Test func aServerOfThisMachineWithoutASchemeSpeaksWithoutTLS() throws {
        let (outcome, _, origin) = try mirrored(at: "/v2/a/b/") { mirror, origin in
            "mirrors: {\"\(origin)\": {endpoint: [\"\(mirror)\"]}}"
        }
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(origin.isEmpty)
    }

    @Test func theRegistryItselfAtTheEndOfTheListIsAskedUnderTheImagesName() throws {
        let (outcome, mirror, origin) = try mirrored(at: "/v2/a/b/") { mirror, origin in
            """
            mirrors:
              "\(origin)":
                endpoint: ["http://\(mirror)/none", "\(origin)"]
                rewrite: {"a/b": "c/d"}
            """
        }
        #expect(outcome.status == 3)
        #expect(mirror.allSatisfy { $0.hasPrefix("/none/c/d/") } && !mirror.isEmpty)
        #expect(origin.allSatisfy { $0.hasPrefix("/v2/a/b/") } && !origin.isEmpty)
    }

    // MARK: secrets

    @Test(arguments: [
        "@s3cret99", "*s3cret99", "%s3cret99", "`s3cret99", "[s3cret99", "{s3cret99", "\"s3cret99", "'s3cret99", "s3c: s3cret99",
        "s3cret99\n     bad: x", "[s3cret99]", "\ts3cret99: @", "\"s3\\qs3cret99\"", "- s3cret99",
    ]) func whatAPasswordMakesOfTheFileIsToldByItsPlace(password: String) throws {
        let outcome = try refusal("configs:\n  x.test:\n    auth:\n      username: me\n      password: \(password)\n")
        #expect(outcome.status == 2, "\(outcome.errors)")
        #expect(outcome.errors.contains("line ") || outcome.errors.contains("wrong kind"), "\(outcome.errors)")
        #expect(!outcome.errors.contains("s3cret99"), "\(outcome.errors)")
    }

    @Test(arguments: [
        "configs: {\"me:s3cret99@x.test/y\": {}}", "configs: {\"https://me:s3cret99@x.test:99999\": {}}",
        "configs: {\"me:s3cret99@x.test\": {auth: 5}}", "configs: {\"me:s3cret99@x.test\": {tls: {key_file: /x}}}",
        "mirrors: {x.test: {endpoint: [\"https://me:s3cret99@m.test:99999\"]}}",
        "mirrors: {x.test: {endpoint: [\"https://me:s3c/s3cret99@m.test\"]}}",
        "a: 1\nme:s3cret99@x.test: 1\nme:s3cret99@x.test: 2",
    ]) func anAddressIsShownWithoutItsUser(text: String) throws {
        let outcome = try refusal(text)
        #expect(outcome.status == 2, "\(outcome.errors)")
        #expect(!outcome.errors.contains("s3cret99"), "\(outcome.errors)")
    }

    private func refusal(_ text: String) throws -> Program.Outcome {
        let bench = try Workbench()
        let file = try bench.file("registries.yaml", Data(text.utf8))
        return try bench.strata("pull", "-q", "127.0.0.1:1/a/b", "--retry", "1", "--timeout", "2", "--registries", file)
    }

    // MARK: names of repositories

    @Test(arguments: [
        ("(.*)", "cache/$1", "cache/a/b"), ("^a/(.*)", "x/${1}y", "x/by"), ("^a/(.*)", "x$1y/$0", "x/a/b"),
        ("(?P<first>a)/(?P<the_rest>.+)", "${the_rest}/$first", "b/a"), ("[a-z]", "x", "x/x"), ("a|b", "", nil),
        ("^b", "x", "a/b"), (#"\Aa\Q/\Eb\z"#, "c", "c"), ("[[:alpha:]]/", "$$", "$b"), ("(?i)A", "c", "c/b"), ("b*", "", "a/"),
    ]) func aRewriteIsGos(pattern: String, replacement: String, name: String?) throws {
        let (outcome, mirror, _) = try mirrored(at: "/none") { mirror, origin in
            """
            mirrors:
              "\(origin)":
                endpoint: ["http://\(mirror)"]
                rewrite: {'\(pattern)': '\(replacement)'}
            """
        }
        guard let name, !name.hasSuffix("/") else {
            expectSentence(outcome, naming: "which is not a valid repository name", status: 2)
            return
        }
        #expect(mirror.first == "/v2/\(name)/manifests/1")
    }

    @Test func theFirstRewriteThatChangesTheNameCounts() throws {
        let (_, mirror, _) = try mirrored(at: "/none") { mirror, origin in
            """
            mirrors:
              "\(origin)":
                endpoint: ["http://\(mirror)"]
                rewrite:
                  "^z": "never"
                  "^a": "a"
                  "^b": "never"
                  "/b$": "/first"
                  "^a/": "second/"
            """
        }
        #expect(mirror.first == "/v2/a/first/manifests/1")
    }

    @Test(arguments: ["(", #"(a)\1"#, "(?=a)", "a**", "a*+", "(?<=a)b", "*", "[a", #"a\"#, "(?U)a", "(?>a)", #"\Z"#])
    func whatIsNoPatternOfGosIsRefused(pattern: String) throws {
        let (outcome, mirror, _) = try mirrored(at: "/none") { mirror, origin in
            "mirrors: {\"\(origin)\": {endpoint: [\"http://\(mirror)\"], rewrite: {'\(pattern)': x}}}"
        }
        expectSentence(outcome, naming: "is not a regular expression", status: 2)
        #expect(mirror.isEmpty)
    }

    // MARK: which entry counts

    @Test func allOthersAreTheStarsButNotTheirOwnEntrys() throws {
        let (_, mirror, origin) = try mirrored(at: "/v2/a/b/") { mirror, origin in
            "mirrors: {\"*\": {endpoint: [\"http://\(mirror)\"]}, \"\(origin)\": }"
        }
        #expect(mirror.isEmpty && !origin.isEmpty)
    }

    @Test func aServerWithCredentialsOfItsOwnIsNotTheStars() throws {
        let (_, mirror, origin) = try mirrored(at: "/v2/a/b/") { mirror, origin in
            "{mirrors: {\"*\": {endpoint: [\"http://\(mirror)\"]}}, configs: {\"\(origin)\": {auth: {username: u, password: p}}}}"
        }
        #expect(mirror.isEmpty && !origin.isEmpty)
    }

    @Test(arguments: ["configs: {\"ORIGIN\": }", "configs: {\"ORIGIN\": {tls: , auth: }}", "other: [1]\nmirrors: {x: {more: 1}}"])
    func whatSaysNothingIsPassedOver(text: String) throws {
        let scene = try PullScene()
        let file = try scene.bench.file(
            "registries.yaml", Data(text.replacingOccurrences(of: "ORIGIN", with: scene.registry.name).utf8))
        try scene.expectPulled("--registries", file)
    }

    @Test(arguments: ["registry-1.docker.io", "docker.io"]) func theHubHasTwoNames(name: String) throws {
        let proxy = try ScriptedRegistry { request in request.method == "CONNECT" ? .status(403) : nil }
        let bench = try Workbench()
        let file = try bench.file(
            "registries.yaml",
            Data("configs: {\(name): {tls: {ca_file: /nowhere/of-the-hub.crt}}}".utf8))
        let outcome = try bench.strata(
            "pull", "-q", "busybox", "--retry", "1", "--registries", file, environment: ["HTTPS_PROXY": proxy.url])
        expectSentence(outcome, naming: "/nowhere/of-the-hub.crt", status: 2)
    }

    @Test func theStarsPasswordIsShownToNobody() throws {
        let scene = try PullScene(PullFaultTests.basicOnly("me", "s3cret"))
        let file = try scene.bench.file(
            "registries.yaml", Data("configs: {\"*\": {auth: {username: me, password: s3cret}}}".utf8))
        let outcome = try scene.pull("-q", "--registries", file)
        #expect(outcome.status == 3)
        #expect(scene.registry.requests.allSatisfy { $0.header("Authorization") == nil })
    }

    @Test(arguments: [
        "auth: {username: me, password: s3cret, identity_token: other}",
        "auth: {auth: \"\(Data("me:s3cret".utf8).base64EncodedString())\"}",
        "auth: {username: me, password: s3cret, auth: bm9uZQ==}",
    ]) func theFieldThatContainerdTakesFirstCounts(auth: String) throws {
        let scene = try PullScene(PullFaultTests.basicOnly("me", "s3cret"))
        let file = try scene.bench.file("registries.yaml", Data("configs: {\"\(scene.registry.name)\": {\(auth)}}".utf8))
        try scene.expectPulled("--registries", file)
    }

    // MARK: files that are wrong

    @Test(arguments: [
        "mirrors: {x: {endpoint: [\"http://127.0.0.1:75050\"]}}", "mirrors: {x: {endpoint: [\"127.0.0.1:0\"]}}",
        "mirrors: {x: {endpoint: [\"http://127.0.0.1:\"]}}", "mirrors: {x: {endpoint: [\"http://127.0.0.1:٨٠\"]}}",
        "mirrors: {\"x:99999\": {}}", "configs: {\"x:0\": {}}", "mirrors: {\"x/y\": {}}",
        "mirrors: {x: {endpoint: [\"http://\"]}}",
        "configs: {x: {auth: {auth: \"?\"}}}", "configs: {x: {tls: {cert_file: /a}}}", "configs: {x: {tls: {key_file: /a}}}",
        "- mirrors", "mirrors: {x: {endpoint: {}}}",
    ]) func aWrongFileIsNamed(text: String) throws {
        let scene = try PullScene()
        let file = try scene.bench.file("registries.yaml", Data(text.utf8))
        expectSentence(try scene.pull("-q", "--registries", file), naming: "registries.yaml", status: 2)
        #expect(scene.registry.requests.isEmpty)
    }

    @Test(arguments: [
        "unqualified-search-registries = [\"docker.io\"]\n[[registry]]\nprefix = \"docker.io\"\nlocation = \"mirror.example\"\n",
        "# ours\n\n[[registry]]\nlocation=\"x\"\n", "[registries.search]\nregistries = ['docker.io']\n",
    ]) func aFileOfPodmansIsCalledSo(text: String) throws {
        let scene = try PullScene()
        let file = try scene.bench.file("registries.conf", Data(text.utf8))
        for outcome in [
            try scene.pull("-q", "--registries", file), try scene.pull("-q", environment: ["STRATA_REGISTRIES": file]),
        ] {
            expectSentence(outcome, naming: "is a registries.conf of podman and skopeo", status: 2)
            #expect(outcome.errors.contains("mirrors:"))
        }
    }

    @Test func aFileOfContainerdsIsCalledSo() throws {
        let scene = try PullScene()
        let text = "server = \"https://docker.io\"\n\n[host.\"https://mirror.example\"]\n  capabilities = [\"pull\"]\n"
        let file = try scene.bench.file("hosts.toml", Data(text.utf8))
        expectSentence(try scene.pull("-q", "--registries", file), naming: "is a hosts.toml of containerd", status: 2)
    }
}
