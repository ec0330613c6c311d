import Foundation
import Glibc
import OCISpec
import TestSupport
import Testing

/// Stores in which something is odd: the rest works, and what is wrong is named with the way out.
struct OddStoreTests {
    private static let id = String(repeating: "ab", count: 32)

    private func rewriteIndex(_ store: ReclaimBench, _ change: (inout [[String: Any]]) -> Void) throws {
        let url = URL(fileURLWithPath: "\(store.bench.store)/index.json")
        var index = try object(String(decoding: try Data(contentsOf: url), as: UTF8.self))
        var entries = try #require(index["manifests"] as? [[String: Any]])
        change(&entries)
        index["manifests"] = entries
        try JSONSerialization.data(withJSONObject: index).write(to: url)
    }

    private func write(_ store: ReclaimBench, _ name: String, _ text: String) throws {
        let url = URL(fileURLWithPath: "\(store.bench.store)/\(name)")
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    // An entry that cannot be used

    @Test func anEntryOfAnotherAlgorithmIsNamedAndTheOthersWork() throws {
        let store = try ReclaimBench.withThreeImages()
        try rewriteIndex(store) { entries in
            entries.append([
                "mediaType": MediaType.manifest, "digest": "sha384:abc", "size": 10,
                "annotations": ["org.opencontainers.image.ref.name": "localhost/odd:1"],
            ])
        }
        let images = try store.bench.strata("images")
        #expect(images.status == 0)
        #expect(images.output.split(separator: "\n").count == 4)
        #expect(images.errors.contains("localhost/odd:1"))
        try store.bench.succeed("tag", "localhost/a:1", "localhost/c:1")
        let gc = try store.bench.strata("gc", "--min-age", "0s")
        #expect(gc.status == 3)
        #expect(gc.errors.contains("sha384:abc") && gc.errors.contains("localhost/odd:1"), "\(gc.errors)")
        #expect(try store.bench.strata("image", "prune", "-af").status == 3)
        let text = try String(contentsOfFile: "\(store.bench.store)/index.json", encoding: .utf8)
        #expect(text.contains("sha384:abc"))
        let fsck = try store.bench.strata("fsck")
        #expect(fsck.status == 0 && fsck.output.contains("odd-entry"), "\(fsck.output)")
    }

    /// The IDs that errors and notes tell.
    private func ids(_ text: String) -> [String] { text.matches(of: /odd-[0-9a-f]{12}/).map { String($0.output) } }

    private static let refName = "org.opencontainers.image.ref.name"

    @Test(arguments: ["id", "digest", "name", "familiar"])
    func anEntryThatCannotBeUsedGoesByWhatItIsCalledAndNothingElseGoes(handle: String) throws {
        let store = try ReclaimBench.withThreeImages()
        try rewriteIndex(store) { entries in
            entries.append([
                "mediaType": MediaType.manifest, "digest": "sha384:abc", "size": 10,
                "annotations": [Self.refName: "docker.io/library/odd:1"],
            ])
        }
        let blobs = store.bench.names("blobs/sha256")
        let gc = try store.bench.strata("gc", "--min-age", "0s")
        #expect(gc.status == 3)
        let id = try #require(ids(gc.errors).first)
        #expect(gc.errors.contains("strata rmi \(id)"), "\(gc.errors)")
        #expect(try ids(store.bench.strata("images").errors) == [id])
        #expect(try ids(store.bench.strata("fsck").output) == [id])
        let names = ["id": id, "digest": "sha384:abc", "name": "docker.io/library/odd:1", "familiar": "odd:1"]
        let rmi = try store.bench.strata("rmi", try #require(names[handle]))
        #expect(rmi.status == 0 && rmi.output == "Untagged: docker.io/library/odd:1\n", "\(rmi.output)\(rmi.errors)")
        #expect(store.bench.names("blobs/sha256") == blobs)
        #expect(try store.bench.imageNames().count == 3)
        let again = try store.bench.strata("gc", "--min-age", "0s")
        #expect(again.status == 0, "\(again.errors)")
        #expect(store.bench.names("blobs/sha256") == blobs)
    }

    @Test func whatAnEntryThatCannotBeUsedKeptGoesOnceItIsGoneAndNotBefore() throws {
        let store = try ReclaimBench.withThreeImages()
        // Its size is none, and its digest is that of the image.
        try rewriteIndex(store) { entries in entries[0]["size"] = "many" }
        let names = try store.bench.imageNames()
        #expect(names.count == 2)
        #expect(try store.bench.strata("gc", "--min-age", "0s").status == 3)
        let id = try #require(try ids(store.bench.strata("images").errors).first)
        try store.bench.succeed("rmi", id, names[0])
        #expect(try store.bench.imageNames() == [names[1]])
        try store.bench.succeed("gc", "--min-age", "0s")
        try store.bench.succeed("rmi", names[1])
        try store.bench.succeed("gc", "--min-age", "0s")
        #expect(store.bench.names("blobs/sha256") == [])
    }

    @Test func whatMayMeanSeveralEntriesIsRefusedWithTheirIDs() throws {
        let store = try ReclaimBench.withThreeImages()
        try rewriteIndex(store) { entries in
            for size in [1, 2] {
                entries.append([
                    "mediaType": MediaType.manifest, "digest": "sha384:abc", "size": size,
                    "annotations": [Self.refName: "localhost/a:1"],
                ])
            }
            entries.append([:])
            entries.append([:])
        }
        let refused = try store.bench.strata("rmi", "sha384:abc")
        #expect(refused.status == 1)
        let two = ids(refused.errors)
        #expect(Set(two).count == 2)
        // The name is an image's, and means that.
        #expect(try store.bench.strata("rmi", "localhost/a:1").errors.contains("nothing was deleted"))
        #expect(try store.bench.imageNames().contains { $0.contains("/a:1") } == false)
        let nameless = try #require(ids(try store.bench.strata("images").errors).first { !two.contains($0) })
        try store.bench.succeed("rmi", two[0], two[1], nameless)
        #expect(try store.bench.strata("images").errors == "")
        try store.bench.succeed("gc", "--min-age", "0s")
    }

    @Test func aPinnedEntryThatCannotBeUsedIsForced() throws {
        let store = try ReclaimBench.withThreeImages()
        try rewriteIndex(store) { entries in
            entries.append(["digest": "sha384:abc", "annotations": [Self.refName: "odd", "io.strata.pinned": "true"]])
        }
        #expect(try store.bench.strata("rmi", "odd").errors.contains("pinned"))
        #expect(try store.bench.strata("gc").status == 3)
        try store.bench.succeed("rmi", "-f", "odd")
        try store.bench.succeed("gc")
    }

    @Test func anImageThatListsWhatCannotBeUsedIsNamedAsTheWayOut() throws {
        let store = try ReclaimBench.withThreeImages()
        let index = Data(#"{"schemaVersion":2,"manifests":[{"mediaType":"a/b","digest":"sha384:abc","size":1}]}"#.utf8)
        let hex = Digest(hashing: Array(index)).hex
        try write(store, "blobs/sha256/\(hex)", String(decoding: index, as: UTF8.self))
        try rewriteIndex(store) { entries in
            entries.append([
                "mediaType": MediaType.index, "digest": "sha256:\(hex)", "size": index.count,
                "annotations": [Self.refName: "localhost/holder:1"],
            ])
        }
        let gc = try store.bench.strata("gc", "--min-age", "0s")
        #expect(gc.status == 3)
        #expect(gc.errors.contains("sha384:abc") && gc.errors.contains("strata rmi localhost/holder:1"), "\(gc.errors)")
        _ = try store.bench.strata("rmi", "localhost/holder:1")
        try store.bench.succeed("gc", "--min-age", "0s")
    }

    @Test func aLayoutOfAnotherVersionIsRefused() throws {
        let store = try ReclaimBench.withThreeImages()
        let layout = store.bench.folder.path("layout")
        try store.bench.succeed("save", "--type", "oci", "-o", layout, "localhost/a:1")
        try Data(#"{"imageLayoutVersion":"9.0.0"}"#.utf8).write(to: URL(fileURLWithPath: "\(layout)/oci-layout"))
        expectSentence(try store.bench.strata("gc", "--layout", layout), naming: "9.0.0")
    }

    // Containers

    @Test func whatAContainerAloneKeepsIsNoOrphan() throws {
        let store = try ReclaimBench.withThreeImages()
        try store.useByContainer("b:1", id: Self.id)
        try store.bench.succeed("rmi", "-f", "localhost/b:1")
        let fsck = try store.bench.strata("fsck")
        #expect(fsck.status == 0)
        #expect(!fsck.output.contains("orphan"), "\(fsck.output)")
    }

    @Test func whatAContainerNeedsAndIsGoneIsDamageWithItsName() throws {
        let store = try ReclaimBench.withThreeImages()
        try store.useByContainer("b:1", id: Self.id)
        try store.bench.succeed("rmi", "-f", "localhost/b:1")
        for name in store.bench.names("blobs/sha256") { unlink("\(store.bench.store)/blobs/sha256/\(name)") }
        try rewriteIndex(store) { $0 = [] }
        let fsck = try store.bench.strata("fsck")
        #expect(fsck.status == 1)
        #expect(fsck.output.contains("container-image"), "\(fsck.output)")
        #expect(fsck.output.contains("strata rm \(Self.id.prefix(12))"), "\(fsck.output)")
        let gc = try store.bench.strata("gc")
        #expect(gc.status == 3)
        #expect(gc.errors.contains("container \(Self.id.prefix(12))"), "\(gc.errors)")
        #expect(gc.errors.contains("strata rm \(Self.id.prefix(12))"), "\(gc.errors)")
    }

    @Test func aRecordThatCannotBeReadIsDamageWithTheWayOut() throws {
        let store = try ReclaimBench.withThreeImages()
        try write(store, "containers/\(Self.id)/config.json", "{")
        let fsck = try store.bench.strata("fsck")
        #expect(fsck.status == 1)
        #expect(fsck.output.contains("container-record") && fsck.output.contains("strata rm \(Self.id)"), "\(fsck.output)")
        for command in [["gc"], ["df"], ["rmi", "localhost/a:1"], ["image", "prune", "-f"]] {
            let outcome = try store.bench.program.run(command)
            #expect(outcome.status == 3, "\(command)")
            #expect(outcome.errors.contains("container \(Self.id.prefix(12))"), "\(outcome.errors)")
            #expect(outcome.errors.contains("strata rm \(Self.id)"), "\(outcome.errors)")
        }
        #expect(try store.bench.strata("rm", String(Self.id.prefix(12))).status != 0)
        try store.bench.succeed("rm", "-f", String(Self.id.prefix(12)))
        #expect(store.bench.names("containers") == [])
        try store.bench.succeed("gc")
    }

    // Another tool at work

    @Test(arguments: ["oci-put-blob123", "ingest/0123abcd/data", "blobs/sha256/0123.tmp"])
    func whatIsReleasedWhileAnotherToolWritesStaysUntilALaterCollection(name: String) throws {
        let store = try ReclaimBench.withThreeImages()
        try write(store, name, "half a layer")
        let blobs = store.bench.names("blobs/sha256")
        let rmi = try store.bench.strata("rmi", "localhost/a:1")
        #expect(
            rmi.status == 0 && rmi.errors.contains(name.split(separator: "/").prefix(2).joined(separator: "/")), "\(rmi.errors)")
        let prune = try store.bench.strata("image", "prune", "-af")
        #expect(prune.status == 0 && prune.errors.contains("another tool"), "\(prune.errors)")
        #expect(try store.bench.imageNames() == [])
        #expect(store.bench.names("blobs/sha256") == blobs)
        #expect(try store.bench.strata("gc").errors.contains("another tool"))
        #expect(store.bench.names("blobs/sha256") == blobs)
        unlink("\(store.bench.store)/\(name)")
        try store.bench.succeed("gc", "--min-age", "0s")
        #expect(store.bench.names("blobs/sha256") == [])
    }

    // Where folders are

    @Test func aFolderThatIsASymlinkIsRefusedBeforeAnythingGoes() throws {
        let store = try ReclaimBench.withThreeImages()
        let disk = store.bench.folder.path("disk")
        try FileManager.default.moveItem(atPath: "\(store.bench.store)/blobs", toPath: disk)
        try FileManager.default.createSymbolicLink(atPath: "\(store.bench.store)/blobs", withDestinationPath: disk)
        #expect(try store.bench.imageNames().count == 3)
        for command in [
            ["df"], ["gc"], ["rmi", "localhost/a:1"], ["image", "prune", "-af"], ["scan", "fixtures/app-docker.tar"],
        ] {
            expectSentence(try store.bench.program.run(command), naming: "blobs")
        }
        #expect(try store.bench.imageNames().count == 3)
    }

    // Short names of layers

    private func unpack(_ store: ReclaimBench) throws -> (layer: String, name: String) {
        // The last one of the third image.
        let diffID = BuiltLayer([.file("f4", size: 30_000, seed: 4)]).diffID.description
        let layer = diffID.replacingOccurrences(of: ":", with: "-")
        let name = String(diffID.dropFirst(7).prefix(12)).uppercased()
        try write(store, "layers/\(layer)/diff/file", "x")
        try write(store, "layers/\(layer)/link", name)
        try FileManager.default.createDirectory(atPath: "\(store.bench.store)/layers/l", withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: "\(store.bench.store)/layers/l/\(name)", withDestinationPath: "../\(layer)/diff")
        return (layer, name)
    }

    private func diskBytes(_ store: ReclaimBench) throws -> Int {
        try #require(Int(try store.bench.shell("du -s -B1 \"$STRATA_STORE\"").output.prefix { $0.isNumber }))
    }

    @Test func theShortNameGoesWithItsLayerAndComesBackWithIt() throws {
        let store = try ReclaimBench.withThreeImages()
        let (layer, name) = try unpack(store)
        let usage = try store.bench.document("df")
        let bytes = try diskBytes(store)
        #expect(usage["totalBytes"] as? Int == bytes)
        let outcome = try object(
            try store.bench.succeed("image", "prune", "-af", "--trash", "1h", "--format", "json"))
        #expect(store.bench.names("layers") == ["l"])
        #expect(store.bench.names("layers/l") == [])
        try store.bench.succeed("undo", try #require(outcome["planID"] as? String))
        #expect(store.bench.names("layers/l") == [name])
        #expect(store.bench.names("layers/\(layer)") == ["diff", "link"])
        try store.bench.succeed("rmi", "localhost/b:1")
        #expect(store.bench.names("layers/l") == [])
        try store.expectSound()
    }

    @Test func aShortNameWithoutALayerIsToldAndGoesWithACollection() throws {
        let store = try ReclaimBench.withThreeImages()
        let (layer, name) = try unpack(store)
        try FileManager.default.removeItem(atPath: "\(store.bench.store)/layers/\(layer)")
        try FileManager.default.createSymbolicLink(atPath: "\(store.bench.store)/layers/l/theirs", withDestinationPath: "../../x")
        let fsck = try store.bench.strata("fsck")
        #expect(fsck.output.contains("layers/l/\(name)"), "\(fsck.output)")
        try store.bench.succeed("gc")
        #expect(store.bench.names("layers/l") == ["theirs"])
    }

    // Bundles

    @Test func aBundleIsSavedWithTheImagesInIt() throws {
        let store = try ReclaimBench.withThreeImages()
        let image = try #require(try store.entries().first)
        let config = Array("{}".utf8)
        let fields: [String: Any] = [
            "schemaVersion": 2, "artifactType": "application/example",
            "config": ["mediaType": MediaType.empty, "digest": sha256(config).description, "size": 2],
            "layers": [["mediaType": image.mediaType, "digest": image.digest.description, "size": image.size]],
        ]
        let bundle = try JSONSerialization.data(withJSONObject: fields)
        for bytes in [config, Array(bundle)] {
            try Data(bytes).write(to: URL(fileURLWithPath: "\(store.bench.store)/blobs/sha256/\(sha256(bytes).hex)"))
        }
        try rewriteIndex(store) { entries in
            entries = [
                [
                    "mediaType": MediaType.manifest, "digest": sha256(Array(bundle)).description, "size": bundle.count,
                    "annotations": ["org.opencontainers.image.ref.name": "localhost/bundle:1"],
                ]
            ]
        }
        let layout = store.bench.folder.path("layout")
        try store.bench.succeed("save", "--type", "oci", "-o", layout, "localhost/bundle:1")
        let saved = try FileManager.default.contentsOfDirectory(atPath: "\(layout)/blobs/sha256")
        // The bundle, its config, and the image with its config and its two layers.
        #expect(saved.count == 6)
    }

    // Referrers

    @Test func aSignatureGoesWithItsImageAndNotBefore() throws {
        let store = try ReclaimBench.withThreeImages()
        let image = try #require(try store.entries().first)
        func blob(_ bytes: Data, _ type: String) throws -> [String: Any] {
            let digest = sha256(Array(bytes))
            try bytes.write(to: URL(fileURLWithPath: "\(store.bench.store)/blobs/sha256/\(digest.hex)"))
            return ["mediaType": type, "digest": digest.description, "size": bytes.count]
        }
        let signature = try blob(
            try JSONSerialization.data(
                withJSONObject: [
                    "schemaVersion": 2, "artifactType": "application/example",
                    "config": try blob(Data("{}".utf8), MediaType.empty),
                    "layers": [try blob(Data("signature".utf8), "application/example")],
                    "subject": ["mediaType": image.mediaType, "digest": image.digest.description, "size": image.size],
                ] as [String: Any]), MediaType.manifest)
        try rewriteIndex(store) { $0.append(signature) }
        let blobs = store.bench.names("blobs/sha256")
        #expect(try store.bench.succeed("images", "-q", "-f", "dangling=true") == "")
        try store.bench.succeed("image", "prune", "-f")
        #expect(store.bench.names("blobs/sha256") == blobs)
        let hex = String((signature["digest"] as? String ?? "").dropFirst(7))
        #expect(try store.bench.succeed("why", "sha256:\(hex)").contains("referrer"))
        let text = try store.bench.succeed("rmi", "localhost/a:1")
        #expect(text.contains("Deleted: sha256:\(hex)"), "\(text)")
        #expect(try store.entries().count == 2)
        #expect(store.bench.names("blobs/sha256").count == 7)
        try store.expectSound()
    }

    // Artifacts

    @Test func aNamedArtifactIsToldWhereImagesAreListedAndGoesByItsName() throws {
        let store = try ReclaimBench.withThreeImages()
        let config = Array("{}".utf8)
        let chart = try JSONSerialization.data(
            withJSONObject: [
                "schemaVersion": 2, "artifactType": "application/vnd.cncf.helm.config.v1+json", "layers": [],
                "config": ["mediaType": MediaType.empty, "digest": sha256(config).description, "size": 2],
            ] as [String: Any])
        let old = Data(#"{"mediaType":"application/vnd.oci.artifact.manifest.v1+json","artifactType":"a/b","blobs":[]}"#.utf8)
        for bytes in [config, Array(chart), Array(old)] {
            try Data(bytes).write(to: URL(fileURLWithPath: "\(store.bench.store)/blobs/sha256/\(sha256(bytes).hex)"))
        }
        try rewriteIndex(store) { entries in
            let types = [MediaType.manifest, "application/vnd.oci.artifact.manifest.v1+json"]
            for (number, bytes) in [chart, old].enumerated() {
                entries.append([
                    "mediaType": types[number], "digest": sha256(Array(bytes)).description, "size": bytes.count,
                    "annotations": ["org.opencontainers.image.ref.name": "localhost/chart:\(number)"],
                ])
            }
        }
        let images = try store.bench.strata("images")
        #expect(images.status == 0 && !images.output.contains("chart"), "\(images.output)")
        #expect(images.errors.contains("2 artifacts") && images.errors.contains("localhost/chart:0, localhost/chart:1"))
        #expect(try store.bench.strata("images", "localhost/chart:1").errors.contains("1 artifact is not listed"))
        #expect(try !store.bench.strata("images", "localhost/a").errors.contains("artifact"), "none is meant")
        #expect(try store.bench.succeed("df", "-v").contains("localhost/chart:0"))
        try store.bench.succeed("gc", "--min-age", "0s")
        #expect(store.bench.names("blobs/sha256").contains(sha256(Array(old)).hex))
        try store.bench.succeed("rmi", "localhost/chart:0", "localhost/chart:1")
        #expect(!store.bench.names("blobs/sha256").contains(sha256(Array(chart)).hex))
        #expect(try store.bench.strata("images").errors == "")
        try store.expectSound()
    }
}
