import ContentStorage
import Foundation
import Glibc
import ImageStorage
import OCISpec
import Reclamation
import SystemPackage
import TestSupport
import Testing

/// Every figure of random stores against a model that knows nothing of the modules.
struct AccountingTests {
    /// A store with what the modules and what the model say of it.
    private struct Bench {
        let made: RandomStore
        let look: StoreLook
        let model: StoreModel

        init(seed: Int) throws {
            made = try RandomStore(seed: seed)
            look = try StoreLook(try Bench.open(made))
            model = try StoreModel(made.path, liveSessions: made.liveSessions)
        }

        static func open(_ made: RandomStore) throws -> ImageStore {
            try ImageStore.open(at: FilePath(made.path), create: true, patience: .seconds(5))
        }

        /// Some of the images, by the digests that the index lists.
        func selection(seed: Int) -> [Digest] {
            var random = SeededNumbers(seed: seed + 7777)
            return random.some(of: look.images.map(\.digest), percent: 50)
        }
    }

    @Test(arguments: Seeds.first(60))
    func theClassesSumToWhatDuSays(seed: Int) throws {
        let bench = try Bench(seed: seed)
        let usage = DiskUsage(bench.look, now: PruneBench.now)
        let du = try Program("du").run(["-s", "-B1", bench.made.path]).output
        let expected = try #require(Int64(du.prefix { $0.isNumber }))
        #expect(usage.lines.reduce(0) { $0 + $1.diskBytes } == expected)
        #expect(usage.totalBytes == expected)
    }

    @Test(arguments: Seeds.first(60))
    func everyLineIsTheModels(seed: Int) throws {
        let bench = try Bench(seed: seed)
        let lines = bench.model.lines()
        for line in DiskUsage(bench.look, now: PruneBench.now).lines {
            let found = StoreModel.Line(
                count: line.count, activeCount: line.activeCount, diskBytes: line.diskBytes,
                reclaimableBytes: line.reclaimableBytes)
            #expect(found == lines[line.kind.rawValue], "\(line.kind)")
        }
    }

    @Test(arguments: Seeds.first(60))
    func everyImagesFiguresAreTheModels(seed: Int) throws {
        let bench = try Bench(seed: seed)
        let rows = DiskUsage(bench.look, now: PruneBench.now).images()
        #expect(Set(rows.map(\.image.digest.description)) == Set(bench.model.images.map(\.id)))
        for image in bench.model.images {
            let row = try #require(rows.first { $0.image.digest.description == image.id })
            #expect(row.diskBytes == bench.model.diskBytes(image.root.reached), "\(image.id)")
            #expect(row.uniqueBytes == bench.model.uniqueBytes(image), "\(image.id)")
            #expect(row.sharedBytes == row.diskBytes - row.uniqueBytes)
            #expect(row.freesBytes == bench.model.freedBytes(bench.model.released([image.id])), "\(image.id)")
            #expect(row.containerCount == image.containers.count)
            #expect(row.image.entries.count == image.entries.count)
        }
    }

    @Test(arguments: Seeds.first(60))
    func whatASelectionFreesIsTheModelsAndWhatReleasingItThenFrees(seed: Int) throws {
        let bench = try Bench(seed: seed)
        let selection = bench.selection(seed: seed)
        let predicted = bench.look.graph.reclaimableBytes(selection.map(StoreGraph.Owner.image))
        let released = bench.model.released(Set(selection.map(\.description)))
        #expect(predicted == bench.model.freedBytes(released))
        let gone = Set(bench.look.images.filter { selection.contains($0.digest) }.flatMap(\.entries).map(\.descriptor))
        let before = Self.occupied(bench.made.folder.path)
        let outcome = try Release(try Bench.open(bench.made), now: Timestamp(seconds: 1_800_000_000)).run { names in
            names.filter { gone.contains($0.descriptor) }
        }
        #expect(outcome.freedBytes == predicted)
        #expect(before - Self.occupied(bench.made.folder.path) == predicted)
        let after = try StoreModel(bench.made.path, liveSessions: bench.made.liveSessions)
        #expect(Set(after.items.keys) == Set(bench.model.items.keys).subtracting(released))
        #expect(
            after.images.map(\.id).sorted()
                == bench.model.images.map(\.id).filter { id in
                    !selection.contains { $0.description == id }
                }.sorted())
    }

    @Test(arguments: Seeds.first(60))
    func victimsInTurnFreeWhatTheyFreeTogether(seed: Int) throws {
        let bench = try Bench(seed: seed)
        // Where a document cannot be read, nothing counts as freed.
        guard bench.look.graph.unreadable.isEmpty else { return }
        let victims = bench.selection(seed: seed).map(StoreGraph.Owner.image)
        var graph = bench.look.graph
        var items: Set<StoreItem> = []
        var sum: Int64 = 0
        for victim in victims {
            let alone = graph.bytesIfRemoved(victim)
            let (released, freed) = graph.remove(victim)
            #expect(freed == alone)
            #expect(items.isDisjoint(with: released))
            items.formUnion(released)
            sum += freed
        }
        #expect(sum == bench.look.graph.reclaimableBytes(victims))
    }

    @Test(arguments: Seeds.first(60))
    func theOrphansAreTheModelsAndFreeWhatTheyFreeTogether(seed: Int) throws {
        let bench = try Bench(seed: seed)
        let orphans = Orphans(bench.look, minimumAge: .seconds(-60), now: Timestamp(seconds: Int64(Date().timeIntervalSince1970)))
        let isBroken = bench.model.roots().contains(where: \.isBroken)
        let expected = isBroken ? [] : Set(bench.model.items.keys).subtracting(bench.model.reached())
        let found = orphans.found.map { orphan in
            if case .blob(let digest) = orphan.item { "blob \(digest)" } else { "layer \(orphan.item.digest)" }
        }
        #expect(Set(found) == expected)
        #expect(orphans.freesBytes == bench.model.freedBytes(expected))
        #expect(orphans.unreadable.isEmpty == !isBroken)
    }

    @Test(arguments: Seeds.first(20))
    func aSecondLookWithWhatIsRememberedSaysTheSame(seed: Int) throws {
        let made = try RandomStore(seed: seed)
        let store = try ImageStore.open(at: FilePath(made.path), create: true)
        _ = try StoreLook(store)
        let (first, second) = (
            DiskUsage(try StoreLook(try Self.reopened(made)), now: PruneBench.now),
            DiskUsage(try StoreLook(try Self.reopened(made)), now: PruneBench.now)
        )
        #expect(first.lines == second.lines)
        #expect(first.images().map(\.freesBytes) == second.images().map(\.freesBytes))
    }

    private static func reopened(_ made: RandomStore) throws -> ImageStore {
        try ImageStore.open(at: FilePath(made.path), create: true)
    }

    /// Bytes of all that a release may free: the store and its surroundings, without what any command writes for itself.
    private static func occupied(_ folder: String) -> Int64 {
        var inodes: [UInt64: Int64] = [:]
        let walk = FileManager.default.enumerator(atPath: folder)
        while let name = walk?.nextObject() as? String {
            let own = ["store/index.json", "store/catalog", "store/trash", "store/locks"]
            if own.contains(where: name.hasPrefix) { continue }
            var raw = stat()
            if lstat("\(folder)/\(name)", &raw) == 0 { inodes[UInt64(raw.st_ino)] = Int64(raw.st_blocks) * 512 }
        }
        return inodes.values.reduce(0, +)
    }
}
