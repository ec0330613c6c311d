import Foundation
import OCISpec
import TestSupport
import Testing

/// Names, entries, images, indexes: docs/reclaim.md has the table, and each test is a row of it in the commands' words.
struct NamesAndImagesTests {
    /// Two machines' images, and whatever entries a test lists.
    private struct Scene {
        let store: BuiltStore
        var bench: Workbench { store.bench }

        init() throws {
            store = try BuiltStore([
                ImageBuilder([BuiltStore.layer("amd")], named: "localhost/amd:1"),
                ImageBuilder([BuiltStore.layer("arm")], named: "localhost/arm:1").with {
                    $0.platform = Platform(os: "linux", architecture: "arm64")
                },
                ImageBuilder([BuiltStore.layer("arm two")], named: "localhost/arm:2").with {
                    $0.platform = Platform(os: "linux", architecture: "arm64")
                },
            ])
        }

        func child(_ number: Int) throws -> [String: Any] {
            let image = try store.images[number].descriptor()
            let machine = store.images[number].platform
            return [
                "mediaType": image.mediaType, "digest": image.digest.description, "size": image.size,
                "platform": ["os": machine.os, "architecture": machine.architecture],
            ]
        }

        /// An attestation about a child, another one for each run.
        func attestation(_ run: Int) throws -> [String: Any] {
            let config = try add([
                "architecture": "unknown", "os": "unknown", "rootfs": ["type": "layers", "diff_ids": []], "r": run,
            ])
            let layer = try add(["run": run])
            var child = try add([
                "schemaVersion": 2, "mediaType": MediaType.manifest,
                "config": config.merging(["mediaType": MediaType.config]) { $1 },
                "layers": [layer.merging(["mediaType": "application/vnd.in-toto+json"]) { $1 }],
            ]).merging(["mediaType": MediaType.manifest]) { $1 }
            child["platform"] = ["os": "unknown", "architecture": "unknown"]
            child["annotations"] = ["vnd.docker.reference.type": "attestation-manifest"]
            return child
        }

        func index(_ children: [[String: Any]]) throws -> [String: Any] {
            try add(["schemaVersion": 2, "mediaType": MediaType.index, "manifests": children])
                .merging(["mediaType": MediaType.index]) { $1 }
        }

        private func add(_ document: [String: Any]) throws -> [String: Any] {
            let bytes = try JSONSerialization.data(withJSONObject: document, options: .sortedKeys)
            let digest = sha256(Array(bytes))
            try bytes.write(to: URL(fileURLWithPath: store.blobPath(digest)))
            return ["digest": digest.description, "size": bytes.count]
        }

        func list(_ entries: [(name: String?, descriptor: [String: Any])]) throws {
            try store.edit { listed in
                listed = entries.map { name, descriptor in
                    var entry = descriptor
                    entry["platform"] = nil
                    entry["annotations"] = name.map { ["org.opencontainers.image.ref.name": $0] }
                    return entry
                }
            }
        }

        func container(from descriptor: [String: Any]) throws {
            let image = try JSONSerialization.data(
                withJSONObject: descriptor.filter { ["mediaType", "digest", "size"].contains($0.key) })
            try store.write(
                "containers/c0ffee/config.json",
                #"{"id":"c0ffee","name":"box","image":\#(String(decoding: image, as: UTF8.self))}"#)
        }

        func names() throws -> [String] { try bench.imageNames().sorted() }

        func policy(_ text: String) throws -> String { try bench.file("p.yaml", Data(("version: 1\n" + text).utf8)) }
    }

    private func digest(_ descriptor: [String: Any]) -> String { descriptor["digest"] as? String ?? "" }

    // A decision about a name touches that name only

    @Test func aTagWithADigestMeansThatNameAndNoOtherOfTheDigest() throws {
        let store = try BuiltStore.ofThree()
        try store.bench.succeed("tag", "localhost/b:1", "localhost/a:2")
        let digest = try store.manifest(1)
        expectSentence(try store.bench.strata("rmi", "localhost/a:1@\(digest)"), naming: "localhost/a:1@\(digest)")
        #expect(try store.bench.imageNames().count == 4)
        try store.bench.succeed("rmi", "-f", "localhost/a:2@\(digest)")
        #expect(try store.bench.imageNames().sorted() == ["localhost/a:1", "localhost/b:1", "localhost/c:1"])
    }

    @Test func aRuleThatKeepsOneNameKeepsTheImageWhole() throws {
        let scene = try Scene()
        try scene.bench.succeed("tag", "localhost/amd:1", "registry.example.com/prod/amd:1")
        let path = try scene.policy(
            """
            rules:
              - { name: ci, match: { ref: "localhost/amd:*" }, action: remove }
              - { name: prod, match: { ref: "**/prod/*" }, action: keep }
            """)
        try scene.bench.succeed("system", "prune", "-f", "--policy", path)
        #expect(
            try scene.names() == ["localhost/amd:1", "localhost/arm:1", "localhost/arm:2", "registry.example.com/prod/amd:1"])
        #expect(scene.bench.problems == [])
    }

    @Test func aNameThatNoFilterFitsStaysAndTheOtherGoes() throws {
        let scene = try Scene()
        try scene.bench.succeed("tag", "localhost/amd:1", "registry.example.com/prod/amd:1")
        let text = try scene.bench.succeed("image", "prune", "-af", "--filter", "ref=localhost/amd:1")
        #expect(text == "Deleted Images:\nuntagged: localhost/amd:1\n\nTotal reclaimed space: 0B\n")
        #expect(try scene.names() == ["localhost/arm:1", "localhost/arm:2", "registry.example.com/prod/amd:1"])
        #expect(try scene.store.blobs(0).allSatisfy(scene.store.has))
    }

    @Test func ofIndexesThatShareAPlatformTheOneGoesThatIsMeant() throws {
        let scene = try Scene()
        let old = try scene.index([scene.child(0), scene.child(1)])
        let new = try scene.index([scene.child(0), scene.child(2)])
        try scene.list([("localhost/m:old", old), ("localhost/m:new", new)])
        try scene.bench.succeed("image", "prune", "-af", "--filter", "ref=*/m:old")
        #expect(try scene.names() == ["localhost/m:new"])
        #expect(try (scene.store.blobs(0) + scene.store.blobs(2)).allSatisfy(scene.store.has))
        #expect(try !scene.store.has(scene.store.manifest(1)))
    }

    @Test func aPlatformUnderANameOfItsOwnOutlivesItsIndex() throws {
        let scene = try Scene()
        try scene.list([
            ("localhost/m:1", try scene.index([scene.child(0), scene.child(1)])), ("localhost/arm:1", try scene.child(1)),
        ])
        try scene.bench.succeed("rmi", "localhost/m:1")
        #expect(try scene.names() == ["localhost/arm:1"])
        #expect(try scene.store.blobs(1).allSatisfy(scene.store.has))
        #expect(try !scene.store.has(scene.store.manifest(0)))
    }

    // Dangling

    /// buildx pushes a tag again: the same image, and another attestation.
    private func pushedAgain() throws -> (scene: Scene, old: String) {
        let scene = try Scene()
        let old = try scene.index([scene.child(0), scene.attestation(1)])
        try scene.list([(nil, old), ("localhost/p:1", try scene.index([scene.child(0), scene.attestation(2)]))])
        return (scene, digest(old))
    }

    @Test(arguments: ["images -q -f dangling=true", "images -q --no-trunc -f dangling=true"])
    func dockersIdiomForDanglingImagesTouchesNoName(listing: String) throws {
        let (scene, old) = try pushedAgain()
        let ids = try scene.bench.program.run(listing.split(separator: " ").map(String.init)).lines
        #expect(ids.count == 1 && old.contains(ids[0]), "\(ids)")
        let removed = try scene.bench.program.run(["rmi"] + ids)
        #expect(removed.status == 0, "\(removed.errors)")
        #expect(try scene.names() == ["localhost/p:1"])
    }

    @Test func theDocumentsIDsAreAsSafe() throws {
        let (scene, old) = try pushedAgain()
        let rows = try scene.bench.document("images", "-f", "dangling=true")["images"] as? [[String: Any]] ?? []
        #expect(rows.map { $0["imageID"] as? String } == [old])
    }

    @Test func aPruneTakesADanglingEntryOfAnImageThatIsTaggedElsewhere() throws {
        let (scene, _) = try pushedAgain()
        let outcome = try scene.bench.document("image", "prune", "-f")
        #expect(outcome["freedBytes"] as? Int ?? 0 > 0)
        #expect(try scene.names() == ["localhost/p:1"])
        #expect(try scene.bench.succeed("images", "-q", "-f", "dangling=true") == "")
    }

    @Test func everyIDOfAListingRemovesItsOwnLine() throws {
        let (scene, _) = try pushedAgain()
        let removed = try scene.bench.program.run(["rmi"] + scene.bench.program.run(["images", "-q"]).lines)
        #expect(removed.status == 0, "\(removed.errors)")
        #expect(scene.bench.names("blobs/sha256").count == 6, "the two platforms that no entry lists any more")
    }

    /// The same digest with a name and without is one image: listings have one line, and a prune takes what is too much.
    @Test func anEntryWithoutANameBesideOneWithIsADuplicate() throws {
        let scene = try Scene()
        try scene.list([(nil, try scene.child(0)), ("localhost/amd:1", try scene.child(0))])
        #expect(try scene.bench.succeed("images", "-q").split(separator: "\n").count == 1)
        #expect(try scene.bench.succeed("images", "-q", "-f", "dangling=true") == "")
        try scene.bench.succeed("image", "prune", "-f")
        #expect(try scene.names() == ["localhost/amd:1"])
        let index = try object(String(contentsOfFile: scene.store.path("index.json"), encoding: .utf8))
        #expect((index["manifests"] as? [Any])?.count == 1)
        try scene.bench.succeed("rmi", "localhost/amd:1")
        #expect(try scene.bench.succeed("images", "-q") == "")
    }

    // Parts

    @Test func theDigestOfOnePlatformIsNoDigestOfTheImage() throws {
        let scene = try Scene()
        try scene.list([("localhost/m:1", try scene.index([scene.child(0), scene.child(1)]))])
        for text in [
            try scene.store.manifest(1).description, try scene.store.imageID(1).short, try scene.store.manifest(0).short,
        ] {
            let outcome = try scene.bench.strata("rmi", text)
            expectSentence(outcome, naming: "localhost/m:1", status: 1)
            #expect(outcome.errors.contains("it is only the image for linux/"), "\(outcome.errors)")
        }
        expectSentence(
            try scene.bench.strata("rmi", "localhost/m@\(try scene.store.manifest(1))"), naming: "linux/arm64", status: 1)
        #expect(try scene.names() == ["localhost/m:1"])
        try scene.bench.succeed("rmi", "-f", try scene.store.manifest(1).description)
        #expect(try scene.names() == [])
    }

    @Test func theIDThatAListingShowsMeansTheWholeImage() throws {
        let scene = try Scene()
        try scene.list([("localhost/m:1", try scene.index([scene.child(0), scene.child(1)]))])
        let id = try scene.bench.succeed("images", "-q").trimmingCharacters(in: .newlines)
        try scene.bench.succeed("rmi", id)
        #expect(try scene.names() == [])
    }

    @Test func aDigestThatIsListedMeansWhatIsListedAndNotThatOfWhichItIsAPart() throws {
        let scene = try Scene()
        try scene.list([
            ("localhost/m:1", try scene.index([scene.child(0), scene.child(1)])), ("localhost/arm:1", try scene.child(1)),
        ])
        try scene.bench.succeed("rmi", try scene.store.manifest(1).description)
        #expect(try scene.names() == ["localhost/m:1"])
    }

    // Containers

    @Test(arguments: [false, true]) func anImageIsInUseWhateverItWasCalledWhenItWasRun(byID: Bool) throws {
        let scene = try Scene()
        let index = try scene.index([scene.child(0), scene.child(1)])
        try scene.list([("localhost/m:1", index)])
        let plan = try scene.bench.succeed("plan", "-a", "-q").trimmingCharacters(in: .newlines)
        try scene.container(from: byID ? scene.child(0) : index)
        expectSentence(try scene.bench.strata("rmi", "localhost/m:1"), naming: "container c0ffee is using", status: 1)
        #expect(try scene.bench.succeed("apply", plan).contains("container c0ffee uses it"))
        try scene.bench.succeed("image", "prune", "-af")
        #expect(try scene.names() == ["localhost/m:1"])
        #expect(try (scene.store.blobs(0) + scene.store.blobs(1)).allSatisfy(scene.store.has))
    }

    @Test func aNameOfAnImageInUseGoesWhileAnotherImageHoldsWhatTheContainerUses() throws {
        let scene = try Scene()
        try scene.list([
            ("localhost/m:1", try scene.index([scene.child(0), scene.child(1)])),
            ("localhost/m:2", try scene.index([scene.child(0)])),
        ])
        try scene.container(from: scene.child(0))
        try scene.bench.succeed("rmi", "localhost/m:1")
        expectSentence(try scene.bench.strata("rmi", "localhost/m:2"), naming: "container c0ffee", status: 1)
    }

    // apply

    @Test func aNameOfAPlanStaysWhereItIsTheLastByThen() throws {
        let scene = try Scene()
        try scene.bench.succeed("tag", "localhost/amd:1", "again:1")
        let plan = try scene.bench.succeed("plan", "-a", "--filter", "ref=again", "-q").trimmingCharacters(in: .newlines)
        try scene.bench.succeed("rmi", "localhost/amd:1")
        let outcome = try scene.bench.document("apply", plan)
        let item = try #require((outcome["items"] as? [[String: Any]])?.first)
        #expect(item["status"] as? String == "skipped")
        #expect(item["detail"] as? String == "it is the only name of its image since")
        #expect(try scene.names().contains("docker.io/library/again:1") || scene.names().contains("again:1"))
    }

    // Bare names

    @Test func bareTagsAreOneRepository() throws {
        let scene = try Scene()
        try scene.list([("v1", try scene.child(0)), ("v2", try scene.child(1)), ("v3", try scene.child(2))])
        let plan = try scene.bench.document("image", "prune", "-af", "--keep-last", "2", "--dry-run")
        #expect((plan["victims"] as? [Any])?.count == 1)
    }

    // Many

    /// One read and one rewrite of the index: thousands take about as long as one.
    @Test func aThousandIDsAreOneChange() throws {
        let layer = BuiltStore.layer("one")
        let store = try BuiltStore(
            (0..<1000).map { number in ImageBuilder([layer], named: "localhost/p:\(number)").with { $0.author = "\(number)" } })
        let ids = try store.bench.program.run(["images", "-q", "--no-trunc"]).lines
        #expect(Set(ids).count == 1000)
        let removed = try store.bench.program.run(["rmi", "-q"] + ids)
        #expect(removed.status == 0, "\(removed.errors.prefix(300))")
        #expect(store.bench.names("blobs/sha256") == [])
    }
}
