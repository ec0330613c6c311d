import Foundation
import OCISpec
import TestSupport
import Testing

/// `strata registry ls` against registries as they behave in the field.
@Suite struct RegistryListTests {
    // MARK: Pages

    @Test func linksAreFollowedAsTheyAreGiven() throws {
        let place = LockedText()
        let scene = try FleetScene([FleetScene.image(1)]) { request in
            switch request.target {
            case "/v2/_catalog?n=1000": FleetScene.page("repositories", ["a/b"], next: "/v2/_catalog?last=a%2Fb&n=1000&x=%7E")
            // An address of its own, with an opaque cursor.
            case "/v2/_catalog?last=a%2Fb&n=1000&x=%7E":
                FleetScene.page("repositories", ["a/c"], next: "http://\(place.text)/v2/_catalog?next_page=gAAAA%3D%3D")
            case "/v2/_catalog?next_page=gAAAA%3D%3D": FleetScene.page("repositories", ["a/d"])
            case let target where target.hasSuffix("/tags/list?n=1000"): FleetScene.page("tags", ["1"])
            default: nil
            }
        }
        place.text = scene.registry.name
        #expect(try scene.list().texts("repository") == ["a/b", "a/c", "a/d"])
        #expect(scene.registry.requests("GET", containing: "_catalog").count == 3)
    }

    @Test func tagsComeInPagesToo() throws {
        let scene = try FleetScene((1...3).map(FleetScene.image)) { request in
            switch request.target {
            case "/v2/a/b/tags/list?n=1000": FleetScene.page("tags", ["1", "2"], next: "list?last=2&n=1000")
            case "/v2/a/b/tags/list?last=2&n=1000": FleetScene.page("tags", ["3"])
            default: FleetScene.catalog()(request)
            }
        }
        #expect(try scene.list().texts("tag") == ["1", "2", "3"])
    }

    @Test func aPageThatComesAgainEndsTheList() throws {
        for next in ["/v2/_catalog?n=1000", "/v2/_catalog?n=1000&again"] {
            let scene = try FleetScene([FleetScene.image(1)]) { request in
                guard request.path == "/v2/_catalog" else { return FleetScene.catalog()(request) }
                return FleetScene.page("repositories", ["a/b"], next: next)
            }
            #expect(try scene.list().texts("repository") == ["a/b"])
            #expect(scene.registry.requests("GET", containing: "_catalog").count <= 2)
        }
    }

    @Test func aRegistryThatRefusesThePageSizeIsAskedWithoutOne() throws {
        let scene = try FleetScene([FleetScene.image(1)]) { request in
            if request.query.contains("n=") {
                return .status(400, body: #"{"errors":[{"code":"PAGINATION_NUMBER_INVALID"}]}"#)
            }
            return FleetScene.catalog()(request)
        }
        #expect(try scene.list().texts("tag") == ["1"])
        #expect(scene.registry.requests.allSatisfy { !$0.query.contains("n=") || $0.query == "n=1000" })
    }

    @Test func emptiedRepositoriesHaveNoLines() throws {
        let scene = try FleetScene([FleetScene.image(1)]) { request in
            switch request.path {
            case "/v2/_catalog": FleetScene.page("repositories", ["a/b", "a/null", "a/gone"])
            case "/v2/a/null/tags/list": .status(200, body: #"{"name":"a/null","tags":null}"#)
            case "/v2/a/gone/tags/list": .status(404, body: #"{"errors":[{"code":"NAME_UNKNOWN"}]}"#)
            default: FleetScene.catalog()(request)
            }
        }
        let lines = try scene.list()
        #expect(lines.texts("repository") == ["a/b"])
        #expect(lines.texts("error") == [])
    }

    // MARK: Without a catalog

    @Test(arguments: [401, 403, 404, 405])
    func aRefusedCatalogIsToldWithTheWayOut(status: Int) throws {
        let scene = try FleetScene([FleetScene.image(1)]) { request in
            request.path == "/v2/_catalog" ? .status(status) : FleetScene.catalog()(request)
        }
        let outcome = try scene.bench.strata("registry", "ls", scene.host, "--retry", "1")
        expectSentence(outcome, naming: "does not list its repositories")
        #expect(outcome.errors.contains("--repositories FILE"))
        let file = try scene.bench.file("names", Data(#"{"repository": "a/b"}"#.utf8))
        #expect(try scene.list("--repositories", file).texts("tag") == ["1"])
        // The catalog was not asked again.
        #expect(scene.registry.requests("GET", containing: "_catalog").count == 1)
        #expect(try scene.list(source: "\(scene.host)/a/b").texts("tag") == ["1"])
        #expect(try scene.list(source: "\(scene.host)/a/b:1").texts("tag") == ["1"])
    }

    @Test func whatAFileSaysIsPassedOn() throws {
        let images = (1...3).map(FleetScene.image)
        let scene = try FleetScene(images, FleetScene.catalog(["1", "2"]))
        let untagged = try images[2].descriptor().digest
        let file = try scene.bench.file(
            "names",
            Data(
                """
                {"repository": "a/b", "owner": "team", "untagged": ["\(untagged)"], "lastPull": null}

                {"repository": "a/b", "tag": "2", "owner": {"name":"other"}, "lastPull": "2026-11-01", "digest": null, "error": "no"}
                {"repository": "c/d", "tag": "1", "pushed": 7}
                """.utf8))
        let lines = try scene.list("--repositories", file)
        #expect(lines.count == 4)
        func line(_ repository: String, _ tag: String?) -> [String: Any]? {
            lines.first { $0["repository"] as? String == repository && $0["tag"] as? String == tag }
        }
        #expect(line("a/b", "1")?["owner"] as? String == "team")
        #expect(line("a/b", "2")?["lastPull"] as? String == "2026-11-01")
        #expect((line("a/b", "2")?["owner"] as? [String: String]) == ["name": "other"])
        #expect(line("a/b", nil)?["digest"] as? String == untagged.description)
        #expect(line("a/b", nil)?["owner"] as? String == "team")
        #expect(line("c/d", "1")?["pushed"] as? Int == 7)
        #expect(lines.texts("error") == [])
        // Of `c/d` the file names its tags.
        #expect(scene.registry.requests("GET", containing: "c/d/tags").isEmpty)
        let bad = try scene.bench.file("bad", Data("{\"repository\": \"a/b\"}\n[]\n".utf8))
        expectSentence(
            try scene.bench.strata("registry", "ls", scene.host, "--repositories", bad), naming: "line 2", status: 2)
    }

    // MARK: An audit is no pull

    @Test func nothingThatIsAskedCountsAsAPull() throws {
        let scene = try FleetScene((1...2).map(FleetScene.image), FleetScene.catalog(["1", "2", "same"]))
        let image = try FleetScene.image(1).manifest()
        scene.registry.follow { request in
            let reply = FleetScene.catalog(["1", "2", "same"])(request)
            // A third tag of the first image.
            guard request.path.hasSuffix("/manifests/same") else { return reply }
            return .status(200, ("Docker-Content-Digest", sha256(image).description), ("Content-Type", MediaType.manifest))
        }
        #expect(try scene.list().texts("tag") == ["1", "2", "same"])
        let manifests = scene.registry.requests.filter { $0.path.contains("/manifests/") }
        #expect(manifests.filter { $0.method == "HEAD" }.count == 3)
        let fetched = manifests.filter { $0.method == "GET" }.map(\.path)
        #expect(fetched.count == 2)
        #expect(fetched.allSatisfy { $0.contains("/manifests/sha256:") })
        #expect(Set(fetched).count == fetched.count, "a manifest was fetched twice")
        // No layer was touched.
        #expect(!scene.registry.requests.contains { $0.path.contains(FleetScene.image(1).layers[0].descriptor.digest.hex) })
    }

    @Test func whatAnEarlierListingHasIsNotFetchedAgain() throws {
        let scene = try FleetScene((1...2).map(FleetScene.image), FleetScene.catalog(["1"]))
        let first = try scene.bench.strata("registry", "ls", scene.host)
        let whole = try FleetScene.lines(first.output)
        scene.registry.follow(FleetScene.catalog(["1", "2"]))
        let before = scene.registry.requests.count
        // The last line of a listing that was cut off is no line.
        let file = try scene.bench.file("known", Data((first.output + first.output.prefix(100)).utf8))
        let lines = try scene.list("--known", file)
        #expect(lines.texts("tag") == ["1", "2"])
        let known = lines.first { $0["tag"] as? String == "1" }
        #expect(NSDictionary(dictionary: known ?? [:]) == NSDictionary(dictionary: whole[0]))
        let later = scene.registry.requests.dropFirst(before).filter { $0.method == "GET" && !$0.path.hasSuffix("list") }
        #expect(later.filter { $0.path.contains("/manifests/") }.count == 1)
        #expect(later.filter { $0.path.contains("/blobs/") }.count == 1)
    }

    @Test func anIndexIsKnownWhenAllItsImagesAre() throws {
        let scene = try indexScene()
        let first = try scene.bench.strata("registry", "ls", scene.host)
        let lines = first.output.split(separator: "\n").map(String.init)
        #expect(lines.count == 2)
        let half = try scene.bench.file("half", Data((lines[0] + "\n").utf8))
        var before = scene.registry.requests("GET", containing: "/manifests/").count
        #expect(try scene.list("--known", half).count == 2)
        #expect(scene.registry.requests("GET", containing: "/manifests/").count > before)
        before = scene.registry.requests("GET", containing: "/manifests/").count
        let whole = try scene.bench.file("whole", Data(first.output.utf8))
        #expect(try scene.list("--known", whole).texts("platform") == ["linux/amd64", "linux/arm64"])
        #expect(try scene.list("--known", whole, "--platform", "linux/arm64").texts("platform") == ["linux/arm64"])
        #expect(scene.registry.requests("GET", containing: "/manifests/").count == before)
    }

    private func indexScene(_ script: @escaping ScriptedRegistry.Script = { _ in nil }) throws -> FleetScene {
        let images = ["amd64", "arm64"].map { name in
            FleetScene.image(name.count).with { $0.platform = Platform(os: "linux", architecture: name) }
        }
        var note = try FleetScene.image(9).descriptor()
        note.platform = Platform(os: "unknown", architecture: "unknown")
        let index = ImageIndex(
            manifests: try images.map { image in
                var entry = try image.descriptor()
                entry.platform = image.platform
                return entry
            } + [note])
        let bytes = try encodeDocument(index)
        return try FleetScene(images + [FleetScene.image(9)]) { request in
            if let reply = script(request) { return reply }
            let isIndex = request.path.hasSuffix("/manifests/multi") || request.path.hasSuffix("/manifests/\(sha256(bytes))")
            guard isIndex else { return FleetScene.catalog(["multi"])(request) }
            return ScriptedReply(
                headers: [("Content-Type", MediaType.index), ("Docker-Content-Digest", sha256(bytes).description)], body: bytes)
        }
    }

    @Test func anIndexGivesALineForEachPlatform() throws {
        let scene = try indexScene()
        let lines = try scene.list()
        #expect(lines.texts("platform") == ["linux/amd64", "linux/arm64"])
        #expect(Set(lines.texts("index")).count == 1)
        #expect(lines.allSatisfy { $0["images"] as? Int == 2 && $0["artifacts"] as? Int == 1 })
        #expect(lines.allSatisfy { ($0["layers"] as? [[String: Any]])?.count == 1 && ($0["diffIDs"] as? [String])?.count == 1 })
        #expect(try scene.list("--platform", "linux/arm64").texts("platform") == ["linux/arm64"])
        #expect(try scene.list("--artifacts").count == 3)
    }

    @Test func aPartThatIsMissingKeepsNoOtherFromBeingListed() throws {
        let lost = try FleetScene.image(5).with { $0.platform = Platform(os: "linux", architecture: "arm64") }.descriptor().digest
        let scene = try indexScene { $0.path.hasSuffix(lost.description) ? .status(404) : nil }
        let lines = try scene.list()
        #expect(lines.count == 2)
        let failure = lines.first { $0["error"] != nil }
        #expect(failure?["digest"] as? String == lost.description)
        #expect(failure?["retry"] as? Bool == false)
        #expect(failure?["tag"] as? String == "multi")
    }

    @Test func aTagThatCannotBeReadIsALineOfItsOwn() throws {
        let scene = try FleetScene(
            (1...3).map(FleetScene.image),
            FleetScene.catalog(["1", "2", "3"]) { request in
                if request.path.hasSuffix("/manifests/2") { return .status(500) }
                return request.path.hasSuffix("/manifests/3") ? .status(404) : nil
            })
        let lines = try scene.list()
        // The third went while the listing ran.
        #expect(lines.texts("tag") == ["1", "2"])
        let failure = lines.first { $0["error"] != nil }
        #expect(failure?["tag"] as? String == "2")
        #expect(failure?["retry"] as? Bool == true)
    }

    // MARK: Limits and tokens

    @Test(arguments: [429, 403])
    func whoIsAskedToWaitWaits(status: Int) throws {
        let scene = try FleetScene(
            (1...4).map(FleetScene.image),
            FleetScene.catalog(["1", "2", "3", "4"]) { request in
                request.method == "HEAD" && request.path.hasSuffix("/1") && request.number == 0
                    ? .status(status, ("Retry-After", "1")) : nil
            })
        #expect(try scene.list().texts("tag") == ["1", "2", "3", "4"])
        let heads = scene.registry.requests("HEAD", containing: "/manifests/1")
        #expect(heads.count == 2)
        let (first, second) = (heads[0].moment, heads[1].moment)
        #expect(second.timeIntervalSince(first) >= 0.9)
        // The others keep still as well, but for what was on its way already.
        let meanwhile = scene.registry.requests.filter {
            $0.moment > first.addingTimeInterval(0.5) && $0.moment < first.addingTimeInterval(0.9)
        }
        #expect(meanwhile.isEmpty, "\(meanwhile.map(\.path))")
    }

    @Test func requestsKeepToARate() throws {
        let scene = try FleetScene((1...4).map(FleetScene.image), FleetScene.catalog(["1", "2", "3", "4"]))
        #expect(try scene.list("--rate", "10", "--concurrency", "8").count == 4)
        let moments = scene.registry.requests.map(\.moment).sorted()
        // Two lists, and three requests for each image.
        #expect(moments.count == 14)
        let first = try #require(moments.first)
        let last = try #require(moments.last)
        #expect(last.timeIntervalSince(first) > 1.1)
    }

    /// A server that gives a new token whenever it is asked.
    private static func tokens() throws -> ScriptedServer {
        try ScriptedServer { .status(200, body: #"{"token":"T\#($0.number)","expires_in":3600}"#) }
    }

    /// A registry that wants a token of that server; `answer` gets what a request has, and what it would be challenged with.
    private static func guarded(
        by tokens: ScriptedServer,
        _ answer: @escaping @Sendable (ScriptedRequest, _ header: String, _ challenge: (String, String)) -> ScriptedReply?
    ) -> ScriptedRegistry.Script {
        let challenge = ("WWW-Authenticate", "Bearer realm=\"\(tokens.url)/token\",service=\"s\"")
        return { request in
            guard let header = request.header("Authorization") else { return .status(401, challenge) }
            return answer(request, header, challenge)
        }
    }

    @Test(arguments: [400, 401, 403])
    func aTokenThatRanOutIsAskedForAnew(status: Int) throws {
        let tokens = try Self.tokens()
        let scene = try FleetScene(
            (1...3).map(FleetScene.image),
            FleetScene.catalog(
                ["1", "2", "3"],
                Self.guarded(by: tokens) { request, header, challenge in
                    // From the third tag on what was given before is no good any more.
                    guard request.method == "HEAD", request.path.hasSuffix("/3"), request.number == 0 else { return nil }
                    return header.isEmpty ? nil : .status(status, challenge)
                }))
        let lines = try scene.list("--concurrency", "1")
        #expect(lines.texts("tag") == ["1", "2", "3"])
        #expect(lines.texts("error") == [])
        let last = scene.registry.requests("HEAD", containing: "/manifests/3").compactMap { $0.header("Authorization") }
        #expect(last.count == 2 && last[0] != last[1], "\(last)")
    }

    @Test(arguments: [400, 403])
    func aTokenThatAnotherRequestHasRenewedIsNoRefusal(status: Int) throws {
        let tokens = try Self.tokens()
        let scene = try FleetScene(
            (1...3).map(FleetScene.image),
            FleetScene.catalog(
                ["1", "2", "3"],
                Self.guarded(by: tokens) { request, header, _ in
                    // The first token of the repository has run out after its tags; one of its refusals comes late.
                    guard request.method == "HEAD", header == "Bearer T1" else { return nil }
                    return .status(status).with { $0.delaySeconds = request.path.hasSuffix("/3") ? 1 : 0.2 }
                }))
        let lines = try scene.list("--concurrency", "4")
        #expect(lines.texts("error") == [])
        #expect(lines.texts("tag") == ["1", "2", "3"])
        #expect(scene.registry.requests("HEAD", containing: "/manifests/3").count == 2)
    }

    @Test func aTokenThatRanOutDuringAPauseIsAskedForAnew() throws {
        let tokens = try Self.tokens()
        let script = Self.guarded(by: tokens) { request, header, challenge in
            if header == "Bearer T0", request.path.hasSuffix("/_catalog") {
                return request.number <= 1 ? .status(429, ("Retry-After", "1")) : .status(400, challenge)
            }
            return FleetScene.catalog(["1"])(request)
        }
        let scene = try FleetScene([FleetScene.image(1)], script)
        #expect(try scene.list().texts("tag") == ["1"])
    }

    // MARK: Other sources

    @Test func foldersAreListedLikeRegistries() throws {
        let bench = try Workbench()
        let images = [FleetScene.image(1).with { $0.names = ["localhost/a/b:1"] }, FleetScene.image(2).with { $0.names = [] }]
        try ImageBuilder.layout(images).write(to: bench.folder.path("layout"))
        let layout = try FleetScene.lines(try bench.succeed("registry", "ls", "oci:\(bench.folder.path("layout"))"))
        #expect(layout.texts("digest") == (try images.map { try $0.descriptor().digest.description }.sorted()))
        #expect(layout.texts("repository") == ["localhost/a/b"])
        #expect(!FileManager.default.fileExists(atPath: bench.store))
        try bench.succeed("scan", "oci:\(bench.folder.path("layout"))", "-q")
        let store = try FleetScene.lines(try bench.succeed("registry", "ls", "store:"))
        #expect(store.texts("digest") == layout.texts("digest"))
        #expect(store.texts("source") == Array(repeating: "store:\(bench.store)", count: 2))
    }

    @Test(.needs("docker-registry"))
    func aRegistryAndItsFolderTellTheSame() throws {
        let registry = try DockerRegistry()
        let bench = try Workbench()
        let layer = try TableLayer.estargz([.file("a", size: 3000, seed: 1)])
        for (number, image) in [FleetScene.image(1), ImageBuilder([layer], named: "x/y:2")].enumerated() {
            let folder = bench.folder.path("layout\(number)")
            try image.with { $0.names = ["localhost/x:1"] }.layout().write(to: folder)
            try bench.succeed("scan", "oci:\(folder)", "-q")
            try bench.succeed("tag", "localhost/x:1", "\(registry.name)/team/app\(number):1")
            try bench.succeed("push", "-q", "\(registry.name)/team/app\(number):1")
        }
        let seen = registry.requests.count
        let lines = try FleetScene.lines(try bench.succeed("registry", "ls", "docker://\(registry.name)"))
        #expect(lines.texts("repository") == ["team/app0", "team/app1"])
        let requests = registry.requests.dropFirst(seen)
        #expect(requests.filter { $0.method == "GET" && $0.path.contains("/manifests/") }.count == 2)
        let annotations = lines.compactMap { ($0["layers"] as? [[String: Any]])?.first?["annotations"] as? [String: String] }
        #expect(annotations == [[TableLayer.estargzDigest.text: layer.descriptor.annotations?[TableLayer.estargzDigest] ?? ""]])
        let folder = try FleetScene.lines(try bench.succeed("registry", "ls", "registry:\(registry.folder.path("data"))"))
        #expect(folder.texts("digest") == lines.texts("digest"))
        #expect(folder.texts("tag") == ["1", "1"])
    }

    @Test func aSourceThatIsNoneIsUsage() throws {
        let bench = try Workbench()
        for source in ["docker://", "busybox", "oci:", "http://h", "docker://h/a@sha256:00"] {
            #expect(try bench.strata("registry", "ls", source).status == 2, "\(source)")
        }
    }
}

/// A text that a script learns after it was made.
final class LockedText: @unchecked Sendable {
    private let lock = NSLock()
    private var value = ""

    var text: String {
        get { lock.withLock { value } }
        set { lock.withLock { value = newValue } }
    }
}
