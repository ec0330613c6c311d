import Foundation
import OCISpec
import TestSupport
import Testing

/// A look at an image in a registry of which no layer is fetched.
final class RemoteLookTests {
    private let runFolder = "/tmp/strata-\(UUID().uuidString.prefix(13))"

    deinit { try? FileManager.default.removeItem(atPath: runFolder) }

    private static let members: [TarMember] = [
        .directory("etc"), .file("etc/a", size: 400_000, seed: 1), .file("etc/b", size: 90_000, seed: 2),
        .symlink("etc/l", to: "a"), .hardLink("etc/h", to: "etc/b"),
    ]
    private static let upper: [TarMember] = [
        .file("etc/a", size: 300_000, seed: 3), .file("etc/c", size: 90_000, seed: 2), .whiteout("etc/b"),
    ]

    private static func image(_ name: String) throws -> ImageBuilder {
        ImageBuilder(try [members, upper].map { try TableLayer.estargz($0) }, named: name)
    }

    /// The figures of an analysis that do not depend on how it was come by.
    private func figures(_ document: [String: Any]) throws -> NSDictionary {
        var document = document
        var totals = try #require(document["totals"] as? [String: Any])
        totals["tarBytes"] = nil
        document["totals"] = totals
        document["layers"] = (document["layers"] as? [[String: Any]])?.map { layer in
            var layer = layer
            layer["tarBytes"] = nil
            return layer
        }
        return document as NSDictionary
    }

    @Test func theTablesOfEStargzGiveTheFiguresOfAPull() throws {
        var content = ScriptedRegistry.Content()
        let image = try Self.image("x/y:1")
        try content.add(image, tag: "1")
        let registry = try ScriptedRegistry(content)
        let name = "\(registry.name)/a/b:1"
        let looking = try Workbench()
        let remote = try looking.document("analyze", "docker://\(name)", "--remote")
        for layer in image.layers {
            let asked = registry.requests("GET", containing: layer.descriptor.digest.description)
            #expect(!asked.isEmpty && asked.allSatisfy { $0.header("Range") != nil })
        }
        #expect(((remote["layers"] as? [[String: Any]])?[0]["tarBytes"]) is NSNull)
        let pulling = try Workbench()
        try pulling.succeed("pull", name)
        #expect(try figures(remote) == figures(pulling.document("analyze", name)))
        #expect(looking.names("blobs/sha256") == [])
    }

    @Test func ofOtherLayersTheSizesAreTold() throws {
        let scene = try PullScene()
        let outcome = try scene.bench.strata("analyze", "docker://\(scene.name)", "--remote", "--format", "json")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("only compressed sizes"))
        let document = try object(outcome.output)
        let layers = try #require(document["layers"] as? [[String: Any]])
        #expect(layers.map { $0["compressedBytes"] as? Int } == scene.image.layers.map { Int($0.descriptor.size) })
        #expect(layers.allSatisfy { $0["contentBytes"] is NSNull && $0["tarBytes"] is NSNull })
        #expect(scene.registry.requests("GET", containing: scene.layer.digest).isEmpty)
    }

    @Test func aServerWithoutRangesIsNotReadWhole() throws {
        let image = try Self.image("x/y:1")
        let blobs = Dictionary(uniqueKeysWithValues: image.layers.map { ($0.descriptor.digest.description, $0.blob) })
        var content = ScriptedRegistry.Content()
        try content.add(image, tag: "1")
        let registry = try ScriptedRegistry(content) { request in
            guard let blob = blobs.first(where: { request.path.hasSuffix($0.key) }) else { return nil }
            return ScriptedRegistry.Reply(body: blob.value)
        }
        let outcome = try Workbench().strata("analyze", "docker://\(registry.name)/a:1", "--remote")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("only compressed sizes"))
    }

    @Test func whatWasReadBeforeIsToldFromTheCatalog() throws {
        let scene = try PullScene()
        try scene.expectPulled()
        let outcome = try scene.bench.strata("analyze", "docker://\(scene.name)", "--remote")
        #expect(outcome.errors.contains("2 of 2 layers"))
        #expect(outcome.output == (try scene.bench.succeed("analyze", scene.name)))
    }

    @Test func onlyRegistriesAreLookedAtRemotely() throws {
        #expect(try Workbench().strata("analyze", "fixtures/app-docker.tar", "--remote").status == 2)
    }

    @Test(.needs("docker-registry", "podman")) func theTablesOfZstdChunkedGiveTheFiguresOfAPull() throws {
        let registry = try DockerRegistry()
        let bench = try Workbench()
        let image = try RegistryExchangeTests.image(.ociGzip, named: "localhost/x:1")
        try bench.succeed("load", "-i", try bench.file("in.tar", try image.layout().tar))
        try bench.succeed("save", "--type", "oci-archive", "-o", bench.folder.path("x.tar"), "localhost/x:1")
        let name = "\(registry.name)/chunked:1"
        var shell = Program.shell
        shell.environment = ["HOME": bench.folder.path, "D": bench.folder.path, "R": runFolder, "TMPDIR": bench.folder.path]
        let outcome = try shell.run([
            "-c",
            """
            podman="podman --root $D/pr --runroot $R/p --storage-driver vfs"
            $podman load -q -i $D/x.tar && $podman push -q --tls-verify=false --format oci --compression-format zstd:chunked \
            localhost/x:1 docker://$1
            """, "sh", name,
        ])
        try Skip.unless(outcome.status == 0, "podman cannot make zstd:chunked layers here: \(outcome.errors)")
        let looking = try Workbench()
        let remote = try looking.strata("analyze", "docker://\(name)", "--remote", "--format", "json")
        #expect(remote.errors.contains("2 of 2 layers"), "\(remote.errors)")
        let pulling = try Workbench()
        try pulling.succeed("pull", name)
        #expect(try figures(object(remote.output)) == figures(pulling.document("analyze", name)))
    }
}
