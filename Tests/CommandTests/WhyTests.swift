import Foundation
import Glibc
import OCISpec
import TestSupport
import Testing

/// `why`: what keeps a thing of the store, and what an image's layers do to a path.
struct WhyTests {
    // A path of an image

    private static let members: [[TarMember]] = [
        [
            .directory("etc"), .file("etc/conf", text: "old"), .directory("usr"), .directory("usr/lib"),
            .file("usr/lib/x", text: "library"), .symlink("lib", to: "usr/lib"), .directory("opt"), .directory("opt/d"),
            .file("opt/d/f", text: "hidden"), .file("srv", text: "service"), .directory("tmp"), .file("tmp/t", text: "t"),
            .file("kept", text: "kept"), .directory("gone"), .file("gone/y", text: "y"),
        ],
        [
            .file("etc/conf", text: "new one"), .file("usr/lib/x", text: "library", mode: 0o755), .directory("opt"),
            .directory("opt/d"), .opaque("opt/d"), .whiteout("srv"), .file("tmp", text: "no directory"), .whiteout("gone"),
        ],
    ]

    /// The store with an image that does everything to its paths, and the image's layers.
    private func storied() throws -> (bench: Workbench, layers: [BuiltLayer]) {
        let bench = try Workbench()
        let image = ImageBuilder(Self.members.map { BuiltLayer($0) }, named: "localhost/story:1")
        try bench.succeed("load", "-q", "-i", try bench.file("story.tar", Data(try image.layout().tar)))
        return (bench, image.layers)
    }

    private func subject(_ bench: Workbench, _ arguments: String...) throws -> [String: Any] {
        let outcome = try bench.program.run(["why", "--format", "json"] + arguments)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let document = try object(outcome.output)
        #expect(document["kind"] as? String == "reasons")
        return try #require((document["subjects"] as? [[String: Any]])?.first)
    }

    /// What happens to a path: `layer change cause`.
    private func events(_ path: String) throws -> [String] {
        let story = try subject(try storied().bench, path, "localhost/story:1")
        return (story["events"] as? [[String: Any]] ?? []).map { event in
            ["\(event["layer"] ?? "")", event["change"] as? String, event["cause"] as? String].compactMap(\.self)
                .joined(separator: " ")
        }
    }

    @Test(arguments: [
        ("kept", ["0 stored"]), ("/kept", ["0 stored"]), ("./etc/conf", ["0 stored", "1 replaced overwritten"]),
        ("usr/lib/x", ["0 stored", "1 replaced metadataOnly"]), ("srv", ["0 stored", "1 hidden deleted"]),
        ("gone/y", ["0 stored", "1 hidden deleted"]), ("opt/d/f", ["0 stored", "1 hidden opaque"]),
        ("tmp/t", ["0 stored", "1 hidden typeChange"]), ("tmp", ["0 stored", "1 replaced typeChange"]),
        ("lib/x", ["0 stored", "1 replaced metadataOnly"]),
    ])
    func everyLayersPartIsTold(path: String, expected: [String]) throws {
        #expect(try events(path) == expected)
    }

    @Test func whatShowsIsKeptThroughTheLayerThatStoresIt() throws {
        let (bench, layers) = try storied()
        let story = try subject(bench, "etc/conf", "localhost/story:1")
        let chain = try #require((story["keptBy"] as? [[[String: Any]]])?.first)
        #expect(chain.map { $0["link"] as? String } == ["name", "manifest", "layer"])
        #expect(chain.last?["digest"] as? String == layers[1].descriptor.digest.description)
        #expect(story["shows"] as? String == "file" && story["bytes"] as? Int == 7)
    }

    @Test func aPathThroughALinkSaysWhereItLeads() throws {
        let text = try storied().bench.succeed("why", "lib/x", "localhost/story:1")
        #expect(text.hasPrefix("/lib/x leads to /usr/lib/x\n"), "\(text)")
    }

    @Test func theStoryReadsWell() throws {
        let (bench, layers) = try storied()
        let text = try bench.succeed("why", "srv", "localhost/story:1")
        #expect(text.hasPrefix("/srv in localhost/story:1: it does not show\n"), "\(text)")
        #expect(text.contains(layers[1].descriptor.digest.short) && text.contains("deletes it"))
    }

    @Test func aPathThatNoLayerHasIsAnError() throws {
        expectSentence(try storied().bench.strata("why", "no/such", "localhost/story:1"), naming: "no/such")
    }

    @Test func anImageOutsideTheStoreIsAnsweredToo() throws {
        let bench = try Workbench()
        let text = try bench.succeed("why", "etc/os-release", "fixtures/app-docker.tar")
        #expect(text.contains("a file of 53B, which shows"), "\(text)")
        #expect(!text.contains("kept by"))
    }

    // Things of the store

    /// A store of everything that leads somewhere.
    private func keeping() throws -> BuiltStore {
        let base = BuiltStore.layer("base")
        let images = [
            ImageBuilder([base, BuiltStore.layer("a")], named: "localhost/a:1"),
            ImageBuilder([base], named: "localhost/b:1"), ImageBuilder([BuiltStore.layer("c")], named: "localhost/c:1"),
        ]
        let store = try BuiltStore(images)
        try store.bench.succeed("load", "-q", "-i", "fixtures/multi-platform.tar")
        try store.addContainer("c0ffee", of: 2)
        try store.edit { $0.removeAll { "\($0["annotations"] ?? "")".contains("localhost/c:1") } }
        return store
    }

    private func chains(_ subject: [String: Any]) -> [[String]] {
        (subject["keptBy"] as? [[[String: Any]]] ?? []).map { $0.compactMap { $0["link"] as? String } }
    }

    @Test func aSharedLayerHasAChainFromEachName() throws {
        let store = try keeping()
        let found = try subject(store.bench, store.layer(0, 0).description)
        #expect(chains(found) == [["name", "manifest", "layer"], ["name", "manifest", "layer"]])
        let names = (found["keptBy"] as? [[[String: Any]]] ?? []).compactMap { $0[0]["name"] as? String }
        #expect(names == ["localhost/a:1", "localhost/b:1"])
        #expect(found["diskBytes"] as? Int == store.diskBytes([store.layer(0, 0)]))
    }

    @Test func configAndManifestHaveTheirs() throws {
        let store = try keeping()
        #expect(chains(try subject(store.bench, try store.imageID(1).description)) == [["name", "manifest", "config"]])
        #expect(chains(try subject(store.bench, try store.manifest(1).description)) == [["name", "manifest"]])
    }

    @Test func aContainerKeepsWhatNoNameDoes() throws {
        let store = try keeping()
        #expect(chains(try subject(store.bench, store.layer(2, 0).description)) == [["container", "manifest", "layer"]])
        let text = try store.bench.succeed("why", store.layer(2, 0).description)
        #expect(text.contains("container box > manifest"), "\(text)")
    }

    @Test func everythingKeptHasAChainFromARootToItself() throws {
        let store = try keeping()
        let names = store.bench.names("blobs/sha256")
        #expect(names.count > 15)
        for name in names {
            let found = try subject(store.bench, "sha256:\(name)")
            let kept = found["keptBy"] as? [[[String: Any]]] ?? []
            #expect(!kept.isEmpty, "\(name)")
            for chain in kept {
                #expect(["name", "dangling", "container"].contains(chain.first?["link"] as? String), "\(chain)")
                #expect(chain.last?["digest"] as? String == "sha256:\(name)", "\(chain)")
            }
        }
    }

    @Test func attestationsAndNestedDocumentsAreNamedAsSuch() throws {
        let store = try keeping()
        let links = try store.bench.names("blobs/sha256").flatMap { chains(try subject(store.bench, "sha256:\($0)")) }
        #expect(links.contains(["name", "index", "attestation", "layer"]))
        #expect(links.contains(["name", "index", "manifest", "config"]))
    }

    @Test func aSubjectIsKeptByItsReferrer() throws {
        let store = try BuiltStore([ImageBuilder([BuiltStore.layer("a")], named: "localhost/a:1")])
        let subject = try store.images[0].descriptor()
        let manifest = """
            {"schemaVersion":2,"artifactType":"application/example","config":{"mediaType":"application/vnd.oci.empty.v1+json",\
            "digest":"\(sha256(Data("{}".utf8)))","size":2},"layers":[],"subject":{"mediaType":"\(subject.mediaType)",\
            "digest":"\(subject.digest)","size":\(subject.size)}}
            """
        let digest = sha256(Data(manifest.utf8))
        try store.write("blobs/sha256/\(digest.hex)", manifest)
        try store.write("blobs/sha256/\(sha256(Data("{}".utf8)).hex)", "{}")
        try store.edit { entries in
            entries = [["mediaType": subject.mediaType, "digest": digest.description, "size": manifest.utf8.count]]
        }
        let found = try self.subject(store.bench, store.layer(0, 0).description)
        #expect(chains(found) == [["dangling", "manifest", "subject", "layer"]])
    }

    @Test(arguments: ["short", "path", "relative"])
    func aBlobIsFoundHoweverItIsCalled(spelling: String) throws {
        let store = try keeping()
        let digest = store.layer(0, 1)
        let text =
            switch spelling {
            case "short": digest.short
            case "path": store.blobPath(digest)
            default: "blobs/sha256/\(digest.hex)"
            }
        #expect(try subject(store.bench, text)["digest"] as? String == digest.description)
    }

    @Test func aDiffIDLeadsToTheBlobsOfThatLayer() throws {
        let bench = try Workbench()
        try bench.succeed("load", "-q", "-i", "fixtures/app-oci-gzip.tar")
        let inspected = try object("{\"a\":\(try bench.succeed("inspect", "localhost/strata/app:1"))}")
        let image = try #require((inspected["a"] as? [[String: Any]])?.first)
        let diffID = try #require(((image["RootFS"] as? [String: Any])?["Layers"] as? [String])?.first)
        let found = try subject(bench, diffID)
        #expect(found["digest"] as? String != diffID)
        #expect(chains(found).first?.last == "layer")
    }

    @Test func anUnpackedLayerIsKeptThroughTheConfig() throws {
        let store = try keeping()
        let name = "layers/sha256-\(store.images[0].layers[1].diffID.hex)"
        try store.write("\(name)/diff/etc/x", "x")
        for text in [name, "\(name)/diff/etc/x"] {
            let found = try subject(store.bench, text)
            #expect(found["type"] as? String == "unpackedLayer")
            #expect(chains(found) == [["name", "manifest", "config", "unpackedLayer"]])
        }
    }

    @Test func anUnpackedLayerOfNoImageIsKeptByNothing() throws {
        let store = try keeping()
        try store.write("layers/sha256-\(String(repeating: "a", count: 64))/diff/x", "x")
        let text = try store.bench.succeed("why", "layers/sha256-\(String(repeating: "a", count: 64))")
        #expect(text.contains("an unpacked layer") && text.contains("nothing keeps it"), "\(text)")
    }

    @Test func anOrphanIsKeptByNothing() throws {
        let store = try keeping()
        let digest = sha256(Data("orphan".utf8))
        try store.write("blobs/sha256/\(digest.hex)", "orphan")
        let text = try store.bench.succeed("why", digest.description)
        #expect(text.contains("\n  nothing keeps it; it is as it was written on 20"), "\(text)")
    }

    @Test func anOrphanIsNotCalledSoWhileADocumentCannotBeRead() throws {
        let store = try BuiltStore.ofThree()
        try Data("torn".utf8).write(to: URL(fileURLWithPath: store.blobPath(try store.manifest(0))))
        let text = try store.bench.succeed("why", store.layer(0, 1).description)
        let manifest = try store.manifest(0)
        #expect(text.contains("nothing is known to keep it") && text.contains(manifest.description), "\(text)")
    }

    @Test func aDigestThatIsNowhereIsSaidToBeSo() throws {
        let text = try keeping().bench.succeed("why", "sha256:" + String(repeating: "0", count: 64))
        #expect(text.contains("that the store does not have\n  nothing asks for it"), "\(text)")
    }

    @Test func aMissingBlobThatAnImageNeedsHasItsChain() throws {
        let store = try BuiltStore.ofThree()
        try FileManager.default.removeItem(atPath: store.blobPath(store.layer(0, 1)))
        let found = try subject(store.bench, store.layer(0, 1).description)
        #expect(found["diskBytes"] is NSNull)
        #expect(chains(found) == [["name", "manifest", "layer"]])
    }

    @Test func whatALiveSessionHoldsIsKeptByIt() throws {
        let store = try keeping()
        let digest = sha256(Data("coming".utf8))
        try store.write("blobs/sha256/\(digest.hex)", "coming")
        try store.write("ingest/4f0e/holds", "\(digest)\n")
        let lock = open(store.path("ingest/4f0e"), O_RDONLY | O_DIRECTORY)
        defer { close(lock) }
        #expect(flock(lock, LOCK_EX) == 0)
        #expect(chains(try subject(store.bench, digest.description)) == [["session", "blob"]])
    }

    @Test(arguments: [
        ("stray.txt", "stray"), ("containers/c0ffee/config.json", "container"), ("trash/4f0e/x", "trash"),
        ("ingest/4f0e/partial.1", "session"), ("index.json", "own"), ("blobs", "own"), ("layers/odd/x", "stray"),
    ])
    func everyFileOfTheStoreIsExplained(name: String, type: String) throws {
        let store = try keeping()
        if !store.bench.names("").contains(name), type != "container" { try store.write(name, "x") }
        let found = try subject(store.bench, name)
        #expect(found["type"] as? String == type)
        #expect(found["path"] as? String == name)
        #expect(try subject(store.bench, store.path(name))["type"] as? String == type)
    }

    @Test func aTextThatMeansNothingIsAnError() throws {
        expectSentence(try keeping().bench.strata("why", "nosuch"), naming: "nosuch")
    }

    @Test func aNameIsKeptByItself() throws {
        let store = try keeping()
        let found = try subject(store.bench, "localhost/a:1")
        let manifest = try store.manifest(0)
        #expect(found["digest"] as? String == manifest.description)
    }
}
