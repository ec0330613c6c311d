import ContentStorage
import Foundation
import Glibc
import ImageStorage
import OCISpec
import Reclamation
import TestSupport
import Testing

/// What a plan says that things other than blobs give back is what leaves the file system with them.
struct LinkedFileTests {
    private static let now = Timestamp(seconds: 1_900_000_000)
    private let made: HandmadeStore

    init() throws { made = try HandmadeStore() }

    private func write(_ name: String, _ count: Int = 100_000) throws { try made.write(name, Data(count: count)) }

    private func link(_ old: String, _ new: String) throws {
        try made.write("\(new).folder", Data())
        try FileManager.default.removeItem(atPath: "\(made.path)/\(new).folder")
        try #require(Glibc.link("\(made.path)/\(old)", "\(made.path)/\(new)") == 0)
    }

    /// Allocated bytes below a folder of the store, each inode once.
    private func occupied() -> Int64 {
        var inodes: [UInt64: Int64] = [:]
        for folder in ["containers", "cache", "blobs", "trash/a", "trash/b", "ingest"] {
            let path = "\(made.path)/\(folder)"
            for name in FileManager.default.enumerator(atPath: path)?.compactMap({ $0 as? String }) ?? [] {
                var raw = stat()
                if lstat("\(path)/\(name)", &raw) == 0 { inodes[UInt64(raw.st_ino)] = Int64(raw.st_blocks) * 512 }
            }
        }
        return inodes.values.reduce(0, +)
    }

    private func expectPredicted(_ request: PruneRequest, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let store = try made.open()
        defer { store.catalog.close() }
        let plan = PruneDecision(request, try StoreLook(store), now: Self.now).plan(id: PlanID(), generation: "")
        let before = occupied()
        let outcome = try PlanExecution(store, now: Self.now).run(plan, isJustMade: true)
        #expect(outcome.items.allSatisfy { $0.status == .removed }, sourceLocation: sourceLocation)
        #expect(outcome.predictedBytes == outcome.freedBytes, sourceLocation: sourceLocation)
        #expect(outcome.freedBytes == before - occupied(), sourceLocation: sourceLocation)
    }

    @Test func aFileOfTwoContainersGoesWithTheLast() throws {
        let image = try made.addImage("a:1")
        for id in ["c1", "c2"] { try made.addContainer(id, image) }
        try write("containers/c1/diff/x")
        try link("containers/c1/diff/x", "containers/c2/diff/x")
        try link("containers/c1/diff/x", "containers/c1/diff/y")
        try expectPredicted(PruneRequest(containers: ContainerSelection()))
    }

    @Test func oneOfAContainerAndABlobGoesWithTheLast() throws {
        let image = try made.addImage("a:1")
        try made.addContainer("c1", image)
        try link("blobs/sha256/\(made.blobNames[0])", "containers/c1/diff/x")
        try expectPredicted(
            PruneRequest(images: PrunePolicy.flags(filter: ImageFilter(), isAll: true), containers: ContainerSelection()))
        #expect(made.blobNames == [])
    }

    @Test func oneOfWhatStaysGivesNothingBack() throws {
        let image = try made.addImage("a:1")
        try made.addContainer("c1", image)
        try link("blobs/sha256/\(made.blobNames[0])", "containers/c1/diff/x")
        try expectPredicted(PruneRequest(containers: ContainerSelection()))
    }

    @Test func oneOfTwoBinsAndAnOrphanGoesWithTheLast() throws {
        let orphan = try made.blob(Data(count: 50_000), MediaType.layer).digest
        for bin in ["a", "b"] {
            try made.write("trash/\(bin)/repair.json", Data("{}".utf8))
            try link("blobs/sha256/\(orphan.hex)", "trash/\(bin)/sha256-\(orphan.hex)")
        }
        let store = try made.open()
        defer { store.catalog.close() }
        let request = PruneRequest(leftovers: LeftoverSelection(minimumAge: .zero), emptiesTrash: true)
        let plan = PruneDecision(request, try StoreLook(store), now: Self.now).plan(id: PlanID(), generation: "")
        let outcome = try PlanExecution(store, now: Self.now).run(plan, isJustMade: true)
        #expect(outcome.predictedBytes == outcome.freedBytes)
        #expect(outcome.freedBytes >= 50_000)
        #expect(made.blobNames == [])
    }

    private func decide(_ request: PruneRequest) throws -> ReclamationPlan {
        let store = try made.open()
        defer { store.catalog.close() }
        return PruneDecision(request, try StoreLook(store), now: Self.now).plan(id: PlanID(), generation: "")
    }

    /// Of a layer that several steps have and no image, each keeps the others only as long as one of them stays.
    @Test(arguments: [true, false]) func recordsOfOneLayerGoWhereNoImageHasIt(hasImage: Bool) throws {
        let layer = try made.blob(Data("shared".utf8), MediaType.layer)
        if hasImage { try made.addImage("a:1", layers: [layer]) }
        for place in ["a", "b"] {
            let record = CacheRecord(layer: layer, diffID: layer.digest, created: "2024-01-01T00:00:00Z", text: place)
            try made.write(
                "cache/\(String(repeating: place, count: 64))/\(String(repeating: "c", count: 64)).json",
                Data(try encodeDocument(record)))
        }
        let plan = try decide(PruneRequest(cache: CacheSelection(isAll: false)))
        #expect(plan.victims.count == (hasImage ? 0 : 2))
        #expect(plan.victims.flatMap(\.releases) == (hasImage ? [] : [layer.digest]))
    }

    /// What `df` calls reclaimable a command takes: not a record that cannot be read, nor another tool's download.
    @Test func whatNoCommandTakesIsNotReclaimable() throws {
        let slot = String(repeating: "a", count: 64)
        try made.write("cache/\(slot)/\(String(repeating: "b", count: 64)).json", Data("{".utf8))
        try made.write("cache/\(slot)/looks", Data("x".utf8))
        try made.write("ingest/another/data", Data("x".utf8))
        let store = try made.open()
        defer { store.catalog.close() }
        let usage = DiskUsage(try StoreLook(store), now: PruneBench.now)
        for kind in [DiskUsage.Class.buildCache, .partial] {
            let line = try #require(usage.lines.first { $0.kind == kind })
            #expect(line.diskBytes > 0 && line.reclaimableBytes == 0, "\(kind)")
        }
        let request = PruneRequest(
            cache: CacheSelection(isAll: true), leftovers: LeftoverSelection(minimumAge: .zero), emptiesTrash: true)
        #expect(try decide(request).victims == [])
    }

    @Test(arguments: [true, false]) func recordsOfTheBuildCacheGiveTheirFilesBack(takesAll: Bool) throws {
        let (slot, other) = (String(repeating: "a", count: 64), String(repeating: "b", count: 64))
        for (place, contents) in [(slot, "c"), (slot, "d"), (other, "e")] {
            let layer = try made.blob(Data("layer \(contents)".utf8), MediaType.layer)
            let record = CacheRecord(layer: layer, diffID: layer.digest, created: "2024-01-01T00:00:00Z", text: contents)
            try made.write(
                "cache/\(place)/\(String(repeating: contents, count: 64)).json", Data(try encodeDocument(record)))
        }
        try write("cache/\(slot)/looks", 5000)
        try write("cache/mounts/\(other)/x")
        var selection = CacheSelection(isAll: true)
        if !takesAll { selection.keepBytes = 135_000 }
        try expectPredicted(PruneRequest(cache: selection))
        #expect(made.names("cache").contains(slot) == !takesAll)
    }
}
