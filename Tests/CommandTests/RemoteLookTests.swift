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

    /// An eStargz layer of these members: each a gzip member of its own, then the table, then the footer.
    private static func stargz(_ members: [TarMember]) throws -> (layer: BuiltLayer, tocDigest: Digest) {
        var entries: [[String: Any]] = []
        for member in members {
            let name = String(decoding: member.name, as: UTF8.self)
            var entry: [String: Any] = ["name": name, "mode": member.type == UInt8(ascii: "5") ? 0o755 : 0o644]
            switch Character(UnicodeScalar(member.type)) {
            case "5": entry["type"] = "dir"
            case "2":
                entry["type"] = "symlink"
                entry["linkName"] = String(decoding: member.linkName, as: UTF8.self)
            case "1":
                entry["type"] = "hardlink"
                entry["linkName"] = String(decoding: member.linkName, as: UTF8.self)
            default:
                entry["type"] = "reg"
                entry["size"] = member.body.count
                if !member.body.isEmpty { entry["digest"] = sha256(member.body).description }
            }
            entries.append(entry)
        }
        let table = Array(try JSONSerialization.data(withJSONObject: ["version": 1, "entries": entries]))
        let files = Tar(members, ending: []).bytes
        let end = Tar([.file("stargz.index.json", table)]).bytes
        let front = try Compressor.gzip(files, "-n")
        let digits = String(front.count, radix: 16)
        let text = Array((String(repeating: "0", count: 16 - digits.count) + digits + "STARGZ").utf8)
        let footer: [UInt8] =
            [0x1F, 0x8B, 8, 4, 0, 0, 0, 0, 0, 255, 26, 0, 0x53, 0x47, 22, 0] + text
            + [1, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0]
        let blob = front + (try Compressor.gzip(end, "-n")) + footer
        return (BuiltLayer(files + end, stored: blob, mediaType: MediaType.layerGzip), sha256(table))
    }

    private static func image(_ name: String) throws -> ImageBuilder {
        let layers = try [members, upper].map { members in
            let (layer, digest) = try stargz(members)
            return layer.with { $0.descriptor.annotations = ["containerd.io/snapshot/stargz/toc.digest": digest.description] }
        }
        return ImageBuilder(layers, named: name)
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

    @Test func aTableWithAnotherDigestIsRefused() throws {
        var content = ScriptedRegistry.Content()
        var image = try Self.image("x/y:1")
        image.layers[1].descriptor.annotations = ["containerd.io/snapshot/stargz/toc.digest": sha256([1]).description]
        try content.add(image, tag: "1")
        let registry = try ScriptedRegistry(content)
        let outcome = try Workbench().strata("analyze", "docker://\(registry.name)/a:1", "--remote")
        expectSentence(outcome, naming: "table of contents")
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
        #expect(scene.registry.requests("GET", containing: scene.layer.digest).allSatisfy { $0.header("Range") != nil })
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

    @Test func theTablesOfZstdChunkedGiveTheFiguresOfAPull() throws {
        guard DockerRegistry.isInstalled, Program.isInstalled("podman") else { return }
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
        guard outcome.status == 0 else {
            print("skipped: podman cannot make zstd:chunked layers here: \(outcome.errors)")
            return
        }
        let looking = try Workbench()
        let remote = try looking.strata("analyze", "docker://\(name)", "--remote", "--format", "json")
        #expect(remote.errors.contains("2 of 2 layers"), "\(remote.errors)")
        let pulling = try Workbench()
        try pulling.succeed("pull", name)
        #expect(try figures(object(remote.output)) == figures(pulling.document("analyze", name)))
    }
}
