import Foundation
import OCISpec
import TestSupport
import Testing

/// `gc`: what nothing reaches goes, and nothing else.
struct GcTests {
    @Test func orphansGoOnceTheyAreOldEnough() throws {
        let store = try ReclaimBench.withThreeImages()
        let orphan = try store.orphan("nobody's")
        let kept = store.bench.names("blobs/sha256").filter { $0 != orphan }
        try store.bench.succeed("gc")
        #expect(store.bench.names("blobs/sha256").contains(orphan), "it is younger than an hour")
        // The content's time can be set by anybody, and says nothing of when the file came.
        #expect(try store.bench.shell("touch -d '3 days ago' \"$1\"", "\(store.bench.store)/blobs/sha256/\(orphan)").status == 0)
        try store.bench.succeed("gc")
        #expect(store.bench.names("blobs/sha256").contains(orphan))
        let outcome = try object(try store.bench.succeed("gc", "--min-age", "0s", "--format", "json"))
        #expect(outcome["freedBytes"] as? Int == 4096)
        #expect(store.bench.names("blobs/sha256") == kept)
        try store.expectSound()
    }

    @Test func blobsOfAnEntryThatAnotherToolRemovedAreOrphans() throws {
        let store = try ReclaimBench.withThreeImages()
        let bytes = store.blobBytes()
        let path = "\(store.bench.store)/index.json"
        var index = try decodeDocument(ImageIndex.self, from: [UInt8](Data(contentsOf: URL(fileURLWithPath: path))))
        index.manifests.removeAll()
        try Data(encodeDocument(index)).write(to: URL(fileURLWithPath: path))
        let outcome = try object(try store.bench.succeed("gc", "--min-age", "0s", "--format", "json"))
        #expect(outcome["freedBytes"] as? Int == bytes)
        #expect(store.bench.names("blobs/sha256") == [])
    }

    @Test func partialDownloadsOfDeadProcessesGo() throws {
        let store = try ReclaimBench.withThreeImages()
        let folder = "\(store.bench.store)/ingest/00000000-0000-4000-8000-000000000000"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for name in ["holds", "resumable"] { try Data().write(to: URL(fileURLWithPath: "\(folder)/\(name)")) }
        try Data(repeating: 1, count: 100_000).write(to: URL(fileURLWithPath: "\(folder)/partial.1"))
        try store.bench.succeed("gc")
        #expect(store.bench.ingestNames.count == 1, "it may still be resumed")
        let outcome = try object(try store.bench.succeed("gc", "--min-age", "0s", "--format", "json"))
        #expect(store.bench.ingestNames == [])
        #expect((outcome["freedBytes"] as? Int ?? 0) > 100_000)
    }

    /// What buildx keeps beside a layout it writes to is no session, although the folder is called alike.
    @Test func aForeignLayoutIsLeftAsItIsButForOrphans() throws {
        let store = try ReclaimBench.withThreeImages()
        let layout = store.bench.folder.path("layout")
        try store.bench.succeed("save", "--type", "oci", "-o", layout, "localhost/a:1")
        let ingest = "\(layout)/ingest/0123abcd"
        try FileManager.default.createDirectory(atPath: ingest, withIntermediateDirectories: true)
        try Data("half a layer".utf8).write(to: URL(fileURLWithPath: "\(ingest)/data"))
        try Data("nobody's".utf8).write(
            to: URL(fileURLWithPath: "\(layout)/blobs/sha256/\(sha256(Array("nobody's".utf8)).hex)"))
        let before = try store.bench.shell("cd \"$1\" && find . | sort", layout).lines
        let outcome = try object(try store.bench.succeed("gc", "--layout", layout, "--min-age", "0s", "--format", "json"))
        #expect((outcome["items"] as? [Any])?.count == 1)
        let after = try store.bench.shell("cd \"$1\" && find . | sort", layout).lines
        #expect(Set(before).subtracting(after).count == 1)
        #expect(Set(after).subtracting(before).allSatisfy { $0.hasPrefix("./locks") }, "\(after)")
        #expect(try store.bench.strata("scan", layout).status == 0)
    }

    @Test func unpackedLayersThatNoImageHasGo() throws {
        let store = try ReclaimBench.withThreeImages()
        let layer = "\(store.bench.store)/layers/sha256-\(String(repeating: "0", count: 64))/diff"
        try FileManager.default.createDirectory(atPath: layer, withIntermediateDirectories: true)
        try Data(repeating: 1, count: 9000).write(to: URL(fileURLWithPath: "\(layer)/file"))
        let outcome = try object(try store.bench.succeed("gc", "--min-age", "0s", "--format", "json"))
        #expect((outcome["items"] as? [[String: Any]])?.first?["type"] as? String == "layer")
        #expect((outcome["freedBytes"] as? Int ?? 0) >= 12_288)
        #expect(store.bench.names("layers") == [])
    }
}
