import ContentStorage
import ImageStorage
import OCISpec
import Reclamation
import TestSupport
import Testing

/// The same policy night after night, with a trash, while the clock goes on and people use the store by day.
struct NightTests {
    private static func moment(_ night: Int) -> Timestamp {
        Timestamp(seconds: PruneBench.now.seconds + Int64(night) * 86_400)
    }

    /// Each night what goes and what stays is the model's, the bytes are the disk's, and a second run changes nothing.
    @Test(arguments: Seeds.first(40, and: [52, 180, 201, 203, 1090, 1820]))
    func tenNightsAreTheModelsAndEachIsAFixedPoint(seed: Int) throws {
        // Where a document cannot be read nothing is decided; other seeds have whole stores.
        guard var bench = try PruneBench(seed: seed + 20_000) else { return }
        var request = try bench.request()
        request.images?.trash = .seconds(bench.random.one(of: [0, 3600, 129_600, 432_000]))
        for night in 0..<10 {
            let now = Self.moment(night)
            if night > 0 {
                try bench.liveADay(night)
                // As above.
                guard bench.look.graph.unreadable.isEmpty else { return }
            }
            let freed = bench.freedBytes()
            let expected = bench.model(request, now: now, freedBytes: freed).decide()
            let decision = bench.decide(request, now: now, freedBytes: freed)
            bench.compare(decision, expected)
            let (before, sizes) = (bench.storeModel, bench.sizes)
            let outcome = try PlanExecution(bench.store, now: now).run(decision.plan(id: PlanID(), generation: ""))
            #expect(outcome.items.allSatisfy { $0.status == .removed }, "night \(night): \(outcome.items)")
            try bench.lookAgain()
            #expect(bench.look.graph.unreadable == [])
            bench.expectLeft(of: before, expected)
            let again = bench.decide(request, now: now, freedBytes: bench.freedBytes()).plan(id: PlanID(), generation: "")
            #expect(
                again.victims.map { "\($0.type) \($0.name)" } == [],
                "night \(night) of \(request): \(sizes), then \(bench.sizes), upkeep \(bench.look.upkeepBytes)")
        }
    }

    /// What lies in the trash counts as gone, so a budget takes the same whether it runs once or every night.
    @Test(arguments: Seeds.first(15), [0, 129_600])
    func aBudgetRunsTenNightsAndTakesWhatOneTakes(seed: Int, trashSeconds: Int) throws {
        // Where a document cannot be read nothing is decided; other seeds have whole stores.
        guard var bench = try PruneBench(seed: seed + 9000) else { return }
        var request = PruneRequest(images: PrunePolicy(rules: [], trash: .seconds(trashSeconds)))
        request.images?.budget.maxStoreBytes = bench.look.survey.totalBytes * Int64(bench.random.number(40...95)) / 100
        var taken: [[String]] = []
        for night in 0..<10 {
            let now = Self.moment(night)
            let plan = bench.decide(request, now: now).plan(id: PlanID(), generation: "")
            taken.append(plan.victims.map(\.name))
            _ = try PlanExecution(bench.store, now: now).run(plan)
            try bench.lookAgain()
        }
        #expect(taken.dropFirst().filter { !$0.isEmpty } == [], "\(taken)")
    }

    /// What a plan moved into the trash comes back as long as it is there, whatever came since, and what is undone stays so until
    /// the next night decides.
    @Test(arguments: Seeds.first(20))
    func whatWasUndoneADayLaterIsThere(seed: Int) throws {
        // Where a document cannot be read nothing is decided; other seeds have whole stores.
        guard var bench = try PruneBench(seed: seed + 30_000) else { return }
        var request = try bench.request()
        request.images?.trash = .seconds(432_000)
        let plan = bench.decide(request).plan(id: PlanID(), generation: "")
        _ = try PlanExecution(bench.store, now: PruneBench.now).run(plan)
        try bench.liveADay(1)
        // As above.
        guard bench.look.graph.unreadable.isEmpty else { return }
        let before = bench.storeModel
        let restored = try Undo(bench.store).run(plan: plan.id.text) ?? []
        try bench.lookAgain()
        #expect(bench.look.graph.unreadable == [])
        let listed = Set(bench.storeModel.images.map(\.id))
        #expect(Set(before.images.map(\.id)).subtracting(listed) == [], "what was there is there")
        let back = restored.filter { $0.outcome == .restored || $0.outcome == .nameTaken }.map(\.digest)
        let entries = Set(try bench.store.names().map(\.descriptor.digest))
        #expect(Set(back).subtracting(entries) == [])
        #expect(Set(before.items.keys).subtracting(bench.storeModel.items.keys) == [], "nothing goes by an undo")
    }
}
