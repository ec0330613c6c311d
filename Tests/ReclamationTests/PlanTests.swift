import ContentStorage
import Foundation
import Glibc
import ImageStorage
import OCISpec
import Reclamation
import StorageIO
import SystemPackage
import TestSupport
import Testing

/// Decisions of random policies over random stores: what they are, what they predict, what carrying them out then frees, and that
/// deciding again finds nothing.
struct PlanTests {
    /// Policies are cheap beside stores, so each store is asked for several.
    @Test(arguments: 1...700)
    func whatGoesIsWhatTheTableSaysTakenWordForWord(seed: Int) throws {
        guard var bench = try PruneBench(seed: seed) else { return }
        for _ in 0..<3 {
            let request = try bench.request()
            let expected = bench.model(request).decide()
            let decision = bench.decide(request)
            bench.compare(decision, expected)
        }
    }

    @Test(arguments: 1...400)
    func whatADecisionPredictsIsWhatCarryingItOutFreesAndDecidingAgainFindsNothing(seed: Int) throws {
        guard var bench = try PruneBench(seed: seed + 5000) else { return }
        let request = try bench.request()
        let expected = bench.model(request).decide()
        let plan = bench.decide(request).plan(id: PlanID(), generation: "")
        let before = Self.occupied(bench.made.folder.path)
        let outcome = try PlanExecution(bench.store, now: PruneBench.now).run(plan)
        #expect(outcome.items.allSatisfy { $0.status == .removed }, "\(outcome.items)")
        if plan.trashSeconds == 0 {
            #expect(outcome.predictedBytes == outcome.freedBytes)
            #expect(outcome.freedBytes == before - Self.occupied(bench.made.folder.path))
        }
        let after = try StoreModel(bench.made.path, liveSessions: bench.made.liveSessions)
        #expect(Set(after.items.keys) == Set(bench.storeModel.items.keys).subtracting(expected.items))
        let left = bench.storeModel.images.filter { !expected.images.contains($0.id) }
        #expect(Set(after.images.map(\.id)) == Set(left.map(\.id)))
        for image in left {
            let names = Set(image.names).filter { !expected.names.contains([image.id, $0]) }
            #expect(Set(after.images.first { $0.id == image.id }?.names ?? []) == names)
        }
        #expect(
            Set(after.containers.map(\.name)) == Set(bench.storeModel.containers.map(\.name)).subtracting(expected.containers))

        try bench.lookAgain()
        #expect(bench.look.graph.unreadable == [])
        let again = bench.decide(request, freedBytes: outcome.freedBytes).plan(id: PlanID(), generation: "")
        #expect(again.victims.map { "\($0.type) \($0.name)" } == [])
    }

    /// What lies in the trash counts as gone, so a budget takes the same whether it runs once or every night.
    @Test(arguments: 1...40, [0, 129_600])
    func aBudgetRunsTenNightsAndTakesWhatOneTakes(seed: Int, trashSeconds: Int) throws {
        guard var bench = try PruneBench(seed: seed + 9000) else { return }
        var request = PruneRequest(images: PrunePolicy(rules: [], trash: .seconds(trashSeconds)))
        request.images?.budget.maxStoreBytes = bench.look.survey.totalBytes * Int64(bench.random.number(40...95)) / 100
        var taken: [[String]] = []
        for night in 0..<10 {
            let now = Timestamp(seconds: PruneBench.now.seconds + Int64(night) * 86_400)
            let plan = bench.decide(request, now: now).plan(id: PlanID(), generation: "")
            taken.append(plan.victims.map(\.name))
            _ = try PlanExecution(bench.store, now: now).run(plan)
            try bench.lookAgain()
        }
        #expect(taken.dropFirst().filter { !$0.isEmpty } == [], "\(taken)")
    }

    @Test(arguments: 1...60)
    func whatWentToTheTrashComesBackAsItWas(seed: Int) throws {
        guard let bench = try PruneBench(seed: seed) else { return }
        var builder = PlanBuilder(bench.look)
        let users = bench.look.containersByImage
        for image in bench.look.images where users[image.digest] == nil { builder.remove(image.digest, reason: "test") }
        let plan = builder.plan(id: PlanID(), generation: "", trash: .seconds(3600))
        func entries() throws -> Set<[String]> {
            Set(try bench.store.names().map { [$0.reference ?? "", $0.descriptor.digest.description] })
        }
        let before = try entries()
        let outcome = try PlanExecution(bench.store, now: PruneBench.now).run(plan)
        #expect(outcome.freedBytes == 0)
        let restored = try Undo(bench.store).run(plan: plan.id.text) ?? []
        // Of two entries with one name the earlier one never had it.
        #expect(restored.allSatisfy { $0.outcome == .restored || $0.outcome == .nameTaken })
        let after = try StoreModel(bench.made.path, liveSessions: bench.made.liveSessions)
        #expect(Set(after.items.keys) == Set(bench.storeModel.items.keys))
        #expect(try entries() == before)
    }

    /// A plan as a document is read back as it was.
    @Test(arguments: 1...40) func aPlanIsReadBackAsItWas(seed: Int) throws {
        guard let bench = try PruneBench(seed: seed) else { return }
        var builder = PlanBuilder(bench.look)
        for image in bench.look.images { builder.remove(image.digest, reason: "test") }
        builder.add(Orphans(bench.look, minimumAge: .zero, now: PruneBench.now))
        builder.keep("x", reason: "y")
        let plan = builder.plan(id: PlanID(), generation: "g", trash: .seconds(60))
        #expect(try decodeDocument(ReclamationPlan.self, from: try encodeDocument(plan)) == plan)
    }

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
