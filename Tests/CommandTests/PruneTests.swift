import Foundation
import OCISpec
import TestSupport
import Testing

/// `image prune`, `system prune`, `plan`, `apply`: which images go, what that frees, and what is skipped.
struct PruneTests {
    /// The names that the outcome of a prune says are gone.
    private func removed(_ store: ReclaimBench, _ arguments: String...) throws -> [String] {
        let outcome = try store.bench.program.run(["image", "prune", "-f", "--format", "json"] + arguments)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let items = try object(outcome.output)["items"] as? [[String: Any]] ?? []
        return items.filter { $0["status"] as? String == "removed" }.compactMap { $0["name"] as? String }
    }

    @Test func onlyDanglingImagesGoWithoutAll() throws {
        let store = try ReclaimBench.withThreeImages()
        try store.load("localhost/a:1", layers: [(9, 5000)])
        #expect(try store.bench.imageNames().count == 3)
        let before = store.blobBytes()
        let outcome = try object(try store.bench.succeed("image", "prune", "-f", "--format", "json"))
        #expect((outcome["items"] as? [Any])?.count == 1)
        #expect(outcome["freedBytes"] as? Int == before - store.blobBytes())
        #expect(outcome["predictedBytes"] as? Int == outcome["freedBytes"] as? Int)
        #expect(try store.bench.imageNames().sorted() == ["localhost/a:1", "localhost/a:2", "localhost/b:1"])
        try store.expectSound()
    }

    @Test func allImagesGoWithAllButThoseThatAreNeeded() throws {
        let store = try ReclaimBench.withThreeImages()
        try store.bench.succeed("pin", "localhost/a:1")
        try store.useByContainer("localhost/b:1", id: "c1")
        #expect(try removed(store, "-a") == ["localhost/a:2"])
        #expect(try removed(store, "-a") == [])
        try store.expectSound()
    }

    @Test(arguments: [
        (["--filter", "label!=keep"], ["localhost/a:2", "localhost/b:1"]),
        (["--filter", "ref=localhost/a"], ["localhost/a:1", "localhost/a:2"]),
        (["--filter", "until=2024-02-15"], ["localhost/a:1", "localhost/a:2"]),
        (["--filter", "until=2024-02-15", "--filter", "label!=keep"], ["localhost/a:2"]),
        (["--keep-last", "1"], ["localhost/a:1"]),
        (["--keep", "^localhost/a"], ["localhost/b:1"]),
        (["--filter", "used<1s"], []),
        (["--filter", "size>36kB"], ["localhost/b:1"]),
    ])
    func whatGoesIsWhatEveryConditionAllows(flags: [String], expected: [String]) throws {
        let store = try ReclaimBench.withThreeImages()
        let outcome = try store.bench.program.run(["image", "prune", "-a", "-f", "--format", "json"] + flags)
        let items = try object(outcome.output)["items"] as? [[String: Any]] ?? []
        #expect(items.compactMap { $0["name"] as? String }.sorted() == expected)
        try store.expectSound()
    }

    /// Section 5 of the semantics: images of reproducible builds are of unknown age, not old.
    @Test func whatWasMadeIn1970IsNotOld() throws {
        let store = try ReclaimBench()
        try store.load("localhost/r:1", layers: [(1, 1000)], created: "1970-01-01T00:00:00Z")
        try store.load("localhost/z:1", layers: [(2, 1000)], created: "0001-01-01T00:00:00Z")
        try store.load("localhost/n:1", layers: [(3, 1000)])
        #expect(try removed(store, "-a", "--filter", "until=1h") == [])
    }

    @Test func aBudgetTakesTheLeastRecentlyUsedUntilItIsMet() throws {
        let store = try ReclaimBench.withThreeImages()
        // Used in the order b, a:2, a:1: the first to go is b.
        for name in ["localhost/b:1", "localhost/a:2", "localhost/a:1"] {
            try store.bench.succeed("analyze", name)
            Thread.sleep(forTimeInterval: 1.1)
        }
        let usage = try object(try store.bench.succeed("df", "--format", "json"))
        let total = try #require(usage["totalBytes"] as? Int)
        let outcome = try object(
            try store.bench.succeed("image", "prune", "-f", "--max-store", "\(total - 35_000)B", "--format", "json"))
        let names = (outcome["items"] as? [[String: Any]])?.compactMap { $0["name"] as? String }
        #expect(names == ["localhost/b:1"])
        #expect(outcome["freedBytes"] as? Int == outcome["predictedBytes"] as? Int)
    }

    @Test func aBudgetThatCannotBeMetIsTold() throws {
        let store = try ReclaimBench.withThreeImages()
        for name in ["localhost/a:1", "localhost/a:2", "localhost/b:1"] { try store.bench.succeed("pin", name) }
        let outcome = try store.bench.strata("image", "prune", "-f", "--max-store", "1kB")
        #expect(outcome.status == 0)
        #expect(outcome.errors.contains("the budget is still exceeded by"))
        #expect(try store.bench.imageNames().count == 3)
    }

    @Test func aDryRunIsThePlanAndChangesNothing() throws {
        let store = try ReclaimBench.withThreeImages()
        let before = try store.entries()
        let plan = try object(try store.bench.succeed("image", "prune", "-a", "--dry-run", "--format", "json"))
        #expect(plan["kind"] as? String == "reclamation-plan")
        #expect(try store.entries() == before)
        let victims = try #require(plan["victims"] as? [[String: Any]])
        let totals = try #require(plan["totals"] as? [String: Any])
        #expect(victims.reduce(0) { $0 + ($1["freesBytes"] as? Int ?? 0) } == totals["freesBytes"] as? Int)
        let bytes = store.blobBytes()
        let outcome = try object(try store.bench.succeed("image", "prune", "-a", "-f", "--format", "json"))
        #expect(outcome["freedBytes"] as? Int == totals["freesBytes"] as? Int)
        #expect(store.blobBytes() == 0)
        #expect(outcome["freedBytes"] as? Int == bytes)
    }

    @Test func nobodyToAskIsAnError() throws {
        let store = try ReclaimBench.withThreeImages()
        expectSentence(try store.bench.strata("image", "prune", "-a"), naming: "nobody can be asked", status: 2)
        #expect(try store.bench.imageNames().count == 3)
    }

    @Test func theTextIsDockers() throws {
        let store = try ReclaimBench()
        try store.load("localhost/a:1", layers: [(1, 10)])
        let lines = try store.bench.succeed("image", "prune", "-a", "-f").split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.first == "Deleted Images:")
        #expect(lines.dropFirst().first == "untagged: localhost/a:1")
        #expect(lines.filter { $0.hasPrefix("deleted: sha256:") }.count == 3)
        #expect(lines.dropLast().last?.hasPrefix("Total reclaimed space: ") == true)
    }

    @Test func applySkipsWhatChangedAndDeletesNothingElse() throws {
        let store = try ReclaimBench.withThreeImages()
        let plan = try store.bench.succeed("plan", "-a", "-q").trimmingCharacters(in: .newlines)
        try store.bench.succeed("tag", "localhost/a:1", "localhost/c:1")
        try store.bench.succeed("pin", "localhost/a:2")
        try store.load("localhost/new:1", layers: [(77, 3000)])
        let outcome = try object(try store.bench.succeed("apply", plan, "--format", "json"))
        let items = try #require(outcome["items"] as? [[String: Any]])
        let status = Dictionary(uniqueKeysWithValues: items.map { ($0["name"] as? String ?? "", $0["status"] as? String ?? "") })
        #expect(status == ["localhost/a:1": "skipped", "localhost/a:2": "skipped", "localhost/b:1": "removed"])
        #expect(try store.bench.imageNames().count == 4)
        try store.expectSound()
        expectSentence(try store.bench.strata("apply", plan), naming: plan)
    }

    /// What `--format json` writes is what `-o` writes, and both can be applied.
    @Test func aPlanOnStandardOutputIsAppliedAsWell() throws {
        let store = try ReclaimBench.withThreeImages()
        let plan = try store.bench.succeed("plan", "-a", "--format", "json")
        try store.bench.succeed("apply", try store.bench.file("plan.json", Data(plan.utf8)))
        #expect(try store.bench.imageNames() == [])
        #expect(store.blobBytes() == 0)
    }

    @Test func aPlanInAFileIsAppliedAndOneThatDoesNotAddUpIsNot() throws {
        let store = try ReclaimBench.withThreeImages()
        let path = store.bench.folder.path("plan.json")
        try store.bench.succeed("plan", "-a", "-o", path)
        var text = try String(contentsOfFile: path, encoding: .utf8)
        let changed = try store.bench.file(
            "changed.json", Data(text.replacing(#/"freesBytes":\d+/#, with: "\"freesBytes\":1").utf8))
        expectSentence(try store.bench.strata("apply", changed), naming: changed, status: 2)
        text = text.replacingOccurrences(of: "reclamation-plan", with: "image-list")
        expectSentence(
            try store.bench.strata("apply", try store.bench.file("other.json", Data(text.utf8))), naming: "other.json", status: 2)
        #expect(try store.bench.imageNames().count == 3)
        try store.bench.succeed("apply", path)
        #expect(try store.bench.imageNames() == [])
        #expect(store.blobBytes() == 0)
    }

    /// A manifest that a root needs and that cannot be read is never taken for one without layers.
    @Test(arguments: ["missing", "unreadable"], [["image", "prune", "-a", "-f"], ["gc", "--min-age", "0s"], ["plan", "-a"]])
    func anUnreadableManifestEndsItBeforeAnythingGoes(how: String, command: [String]) throws {
        let store = try ReclaimBench.withThreeImages()
        try store.orphan("nobody's")
        let victim = try #require(try store.entries().last).digest
        let path = "\(store.bench.store)/blobs/sha256/\(victim.hex)"
        if how == "missing" {
            try FileManager.default.removeItem(atPath: path)
        } else {
            #expect(try store.bench.shell("chmod u+w \"$1\" && printf x > \"$1\"", path).status == 0)
        }
        let before = store.bench.names("blobs/sha256")
        expectSentence(try store.bench.program.run(command), naming: victim.hex.prefix(12).description)
        #expect(store.bench.names("blobs/sha256") == before)
        #expect(try store.entries().count == 3)
    }
}
