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
    @Test(arguments: Seeds.first(150))
    func whatGoesIsWhatTheTableSaysTakenWordForWord(seed: Int) throws {
        // Where a document cannot be read nothing is decided; other seeds have whole stores.
        guard var bench = try PruneBench(seed: seed) else { return }
        for _ in 0..<3 {
            let request = try bench.request()
            let expected = bench.model(request).decide()
            let decision = bench.decide(request)
            bench.compare(decision, expected)
        }
    }

    @Test(arguments: Seeds.first(100, and: [286, 1519, 1678, 1933]))
    func whatADecisionPredictsIsWhatCarryingItOutFreesAndDecidingAgainFindsNothing(seed: Int) throws {
        // Where a document cannot be read nothing is decided; other seeds have whole stores.
        guard var bench = try PruneBench(seed: seed + 5000) else { return }
        let request = try bench.request()
        let expected = bench.model(request).decide()
        let plan = bench.decide(request).plan(id: PlanID(), generation: "")
        let occupied = Self.occupied(bench.made.folder.path)
        let outcome = try PlanExecution(bench.store, now: PruneBench.now).run(plan)
        #expect(outcome.items.allSatisfy { $0.status == .removed }, "\(outcome.items)")
        if plan.trashSeconds == 0 {
            #expect(outcome.predictedBytes == outcome.freedBytes)
            #expect(outcome.freedBytes == occupied - Self.occupied(bench.made.folder.path))
        }
        let before = bench.storeModel
        try bench.lookAgain()
        bench.expectLeft(of: before, expected)
        #expect(bench.look.graph.unreadable == [])
        let again = bench.decide(request, freedBytes: outcome.freedBytes).plan(id: PlanID(), generation: "")
        #expect(again.victims.map { "\($0.type) \($0.name)" } == [])
    }

    @Test(arguments: Seeds.first(40, and: [207_744, 719_725]))
    func whatWentToTheTrashComesBackAsItWas(seed: Int) throws {
        // Where a document cannot be read nothing is decided; other seeds have whole stores.
        guard let bench = try PruneBench(seed: seed) else { return }
        var builder = PlanBuilder(bench.look)
        let users = bench.look.containersByImage
        for image in bench.look.images where users[image.digest] == nil { builder.remove(image.digest, reason: "test") }
        let plan = builder.plan(id: PlanID(), generation: "", trash: .seconds(3600))
        // An entry that stands twice, alike in everything, is one: the other has no name, and need not come back.
        func entries() throws -> Set<[String]> {
            let listed = try bench.store.names()
            let named = Set(listed.filter { $0.name != nil }.map(\.descriptor))
            let all = listed.filter { $0.name != nil || !named.contains($0.descriptor) }
            return Set(all.map { [$0.reference ?? "", $0.descriptor.digest.description] })
        }
        let before = try entries()
        let outcome = try PlanExecution(bench.store, now: PruneBench.now).run(plan)
        #expect(outcome.freedBytes == 0)
        let restored = try Undo(bench.store).run(plan: plan.id.text) ?? []
        // Of two entries with one name the earlier one never had it.
        #expect(restored.allSatisfy { $0.outcome == .restored || $0.outcome == .nameTaken })
        let after = try StoreModel(bench.made.path, liveSessions: bench.made.liveSessions)
        #expect(Set(after.items.keys) == Set(bench.storeModel.items.keys))
        let now = try entries()
        #expect(before.subtracting(now) == [], "lost")
        #expect(now.subtracting(before) == [], "invented")
    }

    /// A plan as a document is read back as it was.
    @Test(arguments: Seeds.first(20)) func aPlanIsReadBackAsItWas(seed: Int) throws {
        // Where a document cannot be read nothing is decided; other seeds have whole stores.
        guard let bench = try PruneBench(seed: seed) else { return }
        var builder = PlanBuilder(bench.look)
        for image in bench.look.images { builder.remove(image.digest, reason: "test") }
        builder.add(Orphans(bench.look, minimumAge: .zero, now: PruneBench.now))
        builder.keep("x", reason: "y")
        let plan = builder.plan(id: PlanID(), generation: "g", trash: .seconds(60))
        #expect(try decodeDocument(ReclamationPlan.self, from: plan.document) == plan)
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
