import Foundation
import OCISpec
import TestSupport
import Testing

/// Pulls of documents that say odd things, or of which others say odd things.
struct PullDocumentTests {
    private typealias Reply = ScriptedRegistry.Reply

    /// A registry that has `image` under the tag 1.
    private func scene(_ image: ImageBuilder) throws -> PullScene {
        try PullScene({ _ in nil }) { try $0.add(image, tag: "1") }
    }

    /// A registry whose tag 1 is an index of images for these platforms.
    private func scene(platforms: [String]) throws -> (PullScene, ids: [String: String]) {
        var ids: [String: String] = [:]
        let scene = try PullScene({ _ in nil }) { content in
            var entries: [Descriptor] = []
            for text in platforms {
                let image = try PullScene.makeImage(for: #require(Platform(parsing: text)))
                try content.add(image, tag: "x")
                var entry = try image.descriptor()
                entry.platform = image.platform
                entries.append(entry)
                ids[sha256(try image.config()).description] = text
            }
            content.add(try encodeDocument(ImageIndex(manifests: entries)), type: MediaType.index, tag: "1")
        }
        return (scene, ids)
    }

    // MARK: heads

    @Test func aHeadThatNamesAConfigOfTheStoreLeadsToTheDocument() throws {
        let scene = try PullScene()
        try scene.expectPulled()
        let config = try scene.image.config()
        scene.registry.follow { request in
            guard request.method == "HEAD", request.path.contains("/manifests/") else { return nil }
            return Reply(
                headers: [("Content-Type", MediaType.manifest), ("Docker-Content-Digest", sha256(config).description)],
                body: config)
        }
        try scene.expectPulled()
    }

    // MARK: what is an image

    @Test(arguments: ["application/octet-stream", "application/json", "text/html"]) func configsOfOldTypesAreImages(type: String)
        throws
    {
        try scene(PullScene.makeImage().with { $0.configMediaType = type }).expectPulled()
    }

    @Test func aChartStaysAnArtifact() throws {
        let chart = try PullScene.makeImage().with { $0.configMediaType = "application/vnd.cncf.helm.config.v1+json" }
        try scene(chart).expectRefused(naming: "is an artifact")
    }

    @Test(arguments: [[], ["--no-index"]]) func anEncryptedImageIsCalledSo(options: [String]) throws {
        let secret = try PullScene.makeImage().with { $0.layers[0].descriptor.mediaType += "+encrypted" }
        let scene = try scene(secret)
        let outcome = try scene.bench.program.run(["pull", "-q", scene.name] + options)
        expectSentence(outcome, naming: "is an encrypted image: layer \(scene.layer.digest)")
        #expect(scene.registry.requests("GET", containing: "/blobs/").isEmpty)
    }

    @Test func anEncryptedImageThatIsOnlyLookedAtIsCalledSoToo() throws {
        let secret = try PullScene.makeImage().with { $0.layers[0].descriptor.mediaType += "+encrypted" }
        let scene = try scene(secret)
        expectSentence(try scene.bench.strata("analyze", "docker://\(scene.name)"), naming: "is an encrypted image")
    }

    // MARK: what cannot be kept

    @Test func aManifestByAnotherDigestIsRefusedBeforeAnythingIsKept() throws {
        let digest = "sha512:" + String(repeating: "a", count: 128)
        let scene = try PullScene()
        let outcome = try scene.bench.strata("pull", "-q", "\(scene.registry.name)/a/b@\(digest)")
        expectSentence(outcome, naming: "only sha256 digests are supported")
        #expect(scene.registry.requests.isEmpty)
        #expect(scene.bench.problems == [])
    }

    @Test(arguments: [[], ["--all-platforms"]]) func aManifestThatAnIndexListsByAnotherDigestIsRefused(options: [String]) throws {
        let image = try PullScene.makeImage()
        let scene = try PullScene({ _ in nil }) { content in
            var entry = try image.descriptor()
            entry.digest = Digest(hashing: try image.manifest(), with: .sha512)
            entry.platform = .host
            content.add(try encodeDocument(ImageIndex(manifests: [entry])), type: MediaType.index, tag: "1")
        }
        let outcome = try scene.bench.program.run(["pull", "-q", scene.name] + options)
        expectSentence(outcome, naming: "only sha256 digests are supported")
        #expect(try scene.bench.imageNames() == [])
        #expect(scene.bench.names("blobs/sha256") == [])
    }

    @Test func addressesDoNotMakeAnOrdinaryLayerForeign() throws {
        let image = try PullScene.makeImage().with { $0.layers[0].descriptor.urls = ["https://registry.invalid/x"] }
        let digest = image.layers[0].descriptor.digest.description
        let scene = try PullScene({ _ in nil }) { content in
            try content.add(image, tag: "1")
            content.blobs[digest] = nil
        }
        try scene.expectRefused(naming: digest)
    }

    // MARK: platforms

    @Test(arguments: [
        ("linux/arm", ["linux/arm/v5", "linux/arm/v7"], "linux/arm/v7"), ("linux/arm/v7", ["linux/arm/v6"], "linux/arm/v6"),
        ("linux/arm64", ["linux/amd64", "linux/arm64/v8"], "linux/arm64/v8"),
    ]) func theBestVariantComes(wanted: String, listed: [String], chosen: String) throws {
        let (scene, ids) = try scene(platforms: listed)
        try scene.expectPulled("--platform", wanted)
        let configs = scene.registry.requests("GET", containing: "/blobs/").compactMap { request in
            request.path.split(separator: "/").last.flatMap { ids[String($0)] }
        }
        #expect(configs == [chosen])
    }

    @Test func whatNeedsMoreThanWasAskedForIsNotTaken() throws {
        let (scene, _) = try scene(platforms: ["linux/arm/v7", "linux/amd64"])
        let errors = try scene.expectRefused(naming: "has no image for linux/arm/v6", "--platform", "linux/arm/v6")
        #expect(errors.contains("linux/arm/v7") && errors.contains("linux/amd64"))
    }

    @Test func aManifestThatStandsAloneMustBeForThePlatformAskedFor() throws {
        let scene = try scene(PullScene.makeImage(for: Platform(os: "linux", architecture: "s390x")))
        try scene.expectRefused(naming: "has no image for linux/arm64", "--platform", "linux/arm64")
        try scene.expectPulled()
        expectSentence(
            try scene.bench.strata("analyze", scene.name, "--platform", "linux/arm64"), naming: "has no image for linux/arm64")
        expectSentence(
            try scene.bench.strata("analyze", "docker://\(scene.name)", "--platform", "linux/arm64"),
            naming: "has no image for linux/arm64")
        try scene.bench.succeed("analyze", scene.name, "--platform", "linux/s390x")
    }

    @Test func aBuildTakesABaseThatStandsAloneAndSaysWhatItIsFor() throws {
        let scene = try scene(PullScene.makeImage(for: Platform(os: "linux", architecture: "s390x")))
        let file = try scene.bench.file("Dockerfile", Data("FROM \(scene.name)\nENV A=b\n".utf8))
        for _ in 0..<2 {
            let outcome = try scene.bench.strata("build", "--platform", "linux/arm64", "-f", file, scene.bench.folder.path)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.errors.contains("\(scene.name) is for linux/s390x, not for linux/arm64"), "\(outcome.errors)")
        }
    }

    @Test func aBuildFetchesThePlatformThatTheStoreLacks() throws {
        let (scene, _) = try scene(platforms: ["linux/amd64", "linux/arm64"])
        try scene.expectPulled("--platform", "linux/amd64")
        let file = try scene.bench.file("Dockerfile", Data("FROM \(scene.name)\nENV A=b\n".utf8))
        let outcome = try scene.bench.strata("build", "-q", "--platform", "linux/arm64", "-f", file, scene.bench.folder.path)
        #expect(outcome.status == 0, "\(outcome.errors)")
        try scene.bench.succeed("analyze", scene.name, "--platform", "linux/arm64")
    }

    @Test func anArtifactOfThePlatformIsNotTheChoice() throws {
        let (artifact, image) = (try PullScene.makeImage().with { $0.author = "x" }, try PullScene.makeImage())
        let scene = try PullScene({ _ in nil }) { content in
            try content.add(image, tag: "1")
            try content.add(artifact, tag: "2")
            var entries = [try artifact.descriptor(), try image.descriptor()]
            entries[0].artifactType = "application/vnd.amazon.soci.index.v2+json"
            for number in entries.indices { entries[number].platform = .host }
            content.add(try encodeDocument(ImageIndex(manifests: entries)), type: MediaType.index, tag: "1")
        }
        try scene.expectPulled()
        #expect(scene.bench.names("blobs/sha256").contains(try image.descriptor().digest.hex))
        #expect(!scene.bench.names("blobs/sha256").contains(try artifact.descriptor().digest.hex))
    }

    @Test func oneManifestMayBeListedForSeveralPlatforms() throws {
        let image = try PullScene.makeImage(for: Platform(os: "linux", architecture: "arm", variant: "v6"))
        let scene = try PullScene({ _ in nil }) { content in
            try content.add(image, tag: "1")
            let entries = try ["s390x", "riscv64"].map { architecture in
                var entry = try image.descriptor()
                entry.platform = Platform(os: "linux", architecture: architecture)
                return entry
            }
            content.add(try encodeDocument(ImageIndex(manifests: entries)), type: MediaType.index, tag: "1")
        }
        for platform in ["linux/riscv64", "linux/s390x"] {
            try scene.expectPulled("--platform", platform)
            try scene.bench.succeed("analyze", scene.name, "--platform", platform)
            try scene.bench.succeed("analyze", "docker://\(scene.name)", "--platform", platform)
        }
        let archive = scene.bench.folder.path("both.tar")
        try scene.bench.succeed("save", "--type", "oci-archive", "-o", archive, scene.name)
        for platform in ["linux/riscv64", "linux/s390x"] {
            try Workbench().succeed("scan", archive, "--platform", platform)
        }
    }

    @Test func whatAnIndexDoesNotSayIsLookedUp() throws {
        let foreign = Platform(os: "linux", architecture: "s390x")
        let (theirs, ours) = (try PullScene.makeImage(for: foreign), try PullScene.makeImage(for: .host))
        let scene = try PullScene({ _ in nil }) { content in
            for image in [theirs, ours] { try content.add(image, tag: "x") }
            let inner = try encodeDocument(ImageIndex(manifests: [try theirs.descriptor(), try ours.descriptor()]))
            let entry = Descriptor(mediaType: MediaType.index, digest: sha256(inner), size: Int64(inner.count))
            content.add(inner, type: MediaType.index)
            content.add(try encodeDocument(ImageIndex(manifests: [entry])), type: MediaType.index, tag: "1")
        }
        try scene.expectPulled()
        #expect(scene.bench.names("blobs/sha256").contains(try ours.descriptor().digest.hex))
        #expect(!scene.bench.names("blobs/sha256").contains(try theirs.descriptor().digest.hex))
    }

    @Test func theManifestThatAnIndexListsAndTheRegistryLacksIsNamed() throws {
        let image = try PullScene.makeImage()
        let digest = try image.descriptor().digest
        let scene = try PullScene({ _ in nil }) { content in
            var entry = try image.descriptor()
            entry.platform = .host
            content.documents = [:]
            content.add(try encodeDocument(ImageIndex(manifests: [entry])), type: MediaType.index, tag: "1")
        }
        try scene.expectRefused(naming: "but not its manifest \(digest)")
    }

    // MARK: whose word counts

    @Test func aServersWordForATypeDoesNotCount() throws {
        let scene = try PullScene()
        try scene.expectPulled()
        let registry = scene.registry
        registry.follow { [unowned registry] request in
            guard request.path.contains("/manifests/") else { return nil }
            return registry.proper(request).with { reply in
                reply.headers = reply.headers.map { $0.name == "Content-Type" ? ($0.name, MediaType.index) : $0 }
            }
        }
        try scene.expectPulled()
        #expect(try scene.indexTypes() == [MediaType.manifest])
        let other = try Workbench()
        try other.succeed("pull", "-q", scene.name)
        #expect(try PullScene.indexTypes(other) == [MediaType.manifest])
    }

    @Test func aDocumentGoesOutUnderItsOwnType() throws {
        let scene = try PullScene()
        try scene.expectPulled()
        let path = "\(scene.bench.store)/index.json"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        try text.replacingOccurrences(of: MediaType.manifest, with: MediaType.dockerManifest)
            .write(toFile: path, atomically: true, encoding: .utf8)
        let target = try ScriptedRegistry()
        try scene.bench.succeed("tag", scene.name, "\(target.name)/a/b:1")
        try scene.bench.succeed("push", "-q", "\(target.name)/a/b:1")
        #expect(target.content.documents["1"]?.type == MediaType.manifest)
    }

    @Test func aDocumentThatSaysAThingTwiceIsRefused() throws {
        let image = try PullScene.makeImage()
        let other = ImageBuilder([BuiltLayer([.file("other", text: "x")])])
        let layers = String(decoding: try encodeDocument(other.layers.map(\.descriptor)), as: UTF8.self)
        let text = String(decoding: try image.manifest(), as: UTF8.self)
        for name in ["layers", "Layers", #"\u006cayers"#] {
            let document = text.dropLast() + #","\#(name)":\#(layers)}"#
            let scene = try PullScene({ _ in nil }) { $0.add(Array(document.utf8), type: MediaType.manifest, tag: "1") }
            try scene.expectRefused(naming: "layers")
        }
    }

    // MARK: the head alone

    @Test(arguments: [
        Reply(raw: ""), Reply.status(500), Reply.status(429, ("Retry-After", "60")), Reply.status(405), Reply(isSilent: true),
    ]) fileprivate func aHeadThatFailsIsFollowedByTheWholeAtOnce(reply: ScriptedRegistry.Reply) throws {
        let scene = try PullScene { request in request.method == "HEAD" ? reply : nil }
        try scene.expectPulled("--timeout", "1")
        #expect(scene.registry.requests("HEAD", containing: "/manifests/").count == 1)
    }
}

extension PullScene {
    /// The image for another platform.
    static func makeImage(for platform: Platform) throws -> ImageBuilder { try makeImage().with { $0.platform = platform } }

    /// The types of the documents that the store's `index.json` names.
    func indexTypes() throws -> [String] { try Self.indexTypes(bench) }

    static func indexTypes(_ bench: Workbench) throws -> [String] {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(bench.store)/index.json"))
        return try decodeDocument(ImageIndex.self, from: Array(bytes)).manifests.map(\.mediaType)
    }
}
