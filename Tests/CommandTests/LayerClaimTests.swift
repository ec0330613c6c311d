import Foundation
import OCISpec
import TestSupport
import Testing

/// Images that call a blob the layer that it is not: whatever is known of that layer, the blob has to be read.
@Suite struct LayerClaimTests {
    private static let a = Tar([.file("a", size: 9000, seed: 1)]).bytes
    private static let b = Tar([.file("b", size: 9000, seed: 2)]).bytes

    private static func gzip(_ tar: [UInt8]) throws -> BuiltLayer {
        BuiltLayer(tar, stored: try Compressor.gzip(tar, "-n"), mediaType: MediaType.layerGzip)
    }

    private static func lie() throws -> BuiltLayer { try gzip(b).with { $0.diffID = sha256(a) } }

    /// A bench whose catalog knows the layer `a`, and a registry that has an image which claims to have it.
    private func scene() throws -> LookScene {
        let scene = try LookScene([try Self.lie()])
        let archive = try scene.bench.file("a.tar", try ImageBuilder([try Self.gzip(Self.a)]).layout().tar)
        try scene.bench.succeed("scan", "--no-import", archive)
        return scene
    }

    @Test(arguments: [
        ["analyze"], ["scan", "--no-import"], ["scan"], ["files"], ["check", "--max-size", "1GB"],
    ]) func aLayerIsNotKnownByItsDiffID(_ command: [String]) throws {
        let scene = try scene()
        let outcome = try scene.bench.program.run([command[0], scene.source] + command.dropFirst())
        expectSentence(outcome, naming: "but the config says \(sha256(Self.a))")
        #expect(try scene.bench.imageNames() == [])
    }

    @Test func aDiffWithALieIsNone() throws {
        let scene = try scene()
        let outcome = try scene.bench.strata("diff", scene.source, scene.source)
        expectSentence(outcome, naming: "but the config says")
    }

    @Test func oneOfTwoLayersOfTheSameDiffIDIsRead() throws {
        let scene = try LookScene([try Self.gzip(Self.b), try Self.gzip(Self.a).with { $0.diffID = sha256(Self.b) }])
        expectSentence(try scene.look("analyze"), naming: "but the config says \(sha256(Self.b))")
        expectSentence(try scene.look("check", "--max-size", "1kB"), naming: "but the config says \(sha256(Self.b))")
    }

    /// A look without a pull reads nothing; what it is told it may not contradict.
    @Test func whatWasReadBeforeIsNotTakenForAnother() throws {
        let scene = try scene()
        let (document, remarks) = try scene.remote()
        #expect(remarks.contains("only compressed sizes"))
        #expect(layers(document)[0]["contentBytes"] is NSNull)
        let archive = try scene.bench.file("b.tar", try ImageBuilder([try Self.gzip(Self.b)]).layout().tar)
        try scene.bench.succeed("scan", "--no-import", archive)
        expectSentence(try scene.look("analyze", "--remote"), naming: "but the config says")
    }

    @Test func anHonestLayerIsFetchedOnce() throws {
        let layer = try Self.gzip(Self.a)
        let scene = try LookScene([layer, layer])
        #expect(try scene.look("analyze").status == 0)
        #expect(try scene.look("files").status == 0)
        #expect(scene.fetchCount(0) == 1)
    }

    @Test func oneBlobIsNotTwoLayers() throws {
        let scene = try LookScene([try Self.gzip(Self.b), try Self.lie()])
        for command in [["pull"], ["pull", "--no-index"], ["analyze"], ["analyze", "--remote"]] {
            let outcome = try scene.bench.program.run([command[0], scene.source] + command.dropFirst())
            #expect(outcome.status == 3, "\(command)")
            #expect(outcome.errors.contains("is in the image twice, with different diff IDs"), "\(command): \(outcome.errors)")
        }
        #expect(try scene.bench.imageNames() == [])
    }

    // MARK: Archives

    /// Its layer has the length of the one that it claims to be.
    @Test(arguments: [["analyze"], ["scan", "--no-import"], ["scan"]]) func aDockerArchiveIsRead(_ command: [String]) throws {
        #expect(Self.a.count == Self.b.count)
        let bench = try Workbench()
        let honest = try bench.file("a.tar", try ImageBuilder([BuiltLayer(Self.a)], named: "localhost/a:1").dockerArchive().tar)
        try bench.succeed("load", "-q", "-i", honest)
        let lying = try bench.file(
            "b.tar",
            try ImageBuilder([BuiltLayer(Self.b).with { $0.diffID = sha256(Self.a) }], named: "localhost/b:1")
                .dockerArchive().tar)
        let outcome = try bench.program.run([command[0], lying] + command.dropFirst())
        #expect(outcome.status == 3 && outcome.errors.contains("\(sha256(Self.b))"), "\(outcome.errors)")
        #expect(try bench.strata("load", "-q", "-i", lying).status == 3)
        #expect(try bench.imageNames() == ["localhost/a:1"])
    }

    /// The archive has the tar, the store the same layer under gzip: nothing has to be stored twice.
    @Test func aKnownTarOfADockerArchiveIsNotStoredAgain() throws {
        let bench = try Workbench()
        let layout = try bench.file("l.tar", try ImageBuilder([try Self.gzip(Self.a)], named: "localhost/a:1").layout().tar)
        try bench.succeed("load", "-q", "-i", layout)
        let archive = try bench.file(
            "d.tar", try ImageBuilder([BuiltLayer(Self.a)], named: "localhost/d:1").dockerArchive().tar)
        try bench.succeed("load", "-q", "-i", archive)
        #expect(!bench.names("blobs/sha256").contains(sha256(Self.a).hex))
        #expect(bench.problems == [])
    }

    // MARK: The store

    /// A pull that leaves the reading for later keeps what came; who then needs the layer reads it.
    @Test func aLieInTheStoreIsFoundOut() throws {
        let lie = BuiltLayer(Self.b).with { $0.diffID = sha256(Self.a) }
        let scene = try LookScene([lie])
        try scene.bench.succeed("pull", "-q", "--no-index", scene.source)
        let name = "\(scene.registry.name)/a/b:1"
        let honest = try scene.bench.file("a.tar", try ImageBuilder([BuiltLayer(Self.a)], named: "localhost/a:1").layout().tar)
        try scene.bench.succeed("load", "-q", "-i", honest)
        expectSentence(try scene.bench.strata("analyze", name), naming: "\(sha256(Self.b))")
        expectSentence(try scene.bench.strata("push", "-q", name), naming: "\(sha256(Self.b))")
        #expect(scene.registry.requests("PATCH", containing: "/uploads/").isEmpty)
    }

    @Test(.enabled(if: ContainerScene.isPossible)) func aLieIsNotUnpackedUnderAnothersName() throws {
        let scene = try LookScene([try Self.lie()])
        try scene.bench.succeed("pull", "-q", "--no-index", scene.source)
        let outcome = try scene.bench.strata("create", "\(scene.registry.name)/a/b:1", "/a")
        #expect(outcome.status == 3)
        #expect(outcome.errors.contains("but the config says \(sha256(Self.a))"), "\(outcome.errors)")
        #expect(scene.bench.names("layers") == [])
    }
}
