import Foundation
import OCISpec
import TestSupport
import Testing

/// `--trash` and `undo`.
struct UndoTests {
    /// Prunes everything into the trash, and returns the plan's ID.
    private func prune(_ store: ReclaimBench, _ arguments: String...) throws -> String {
        let outcome = try store.bench.program.run(
            ["image", "prune", "-a", "-f", "--trash", "1h", "--format", "json"] + arguments)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try #require(try object(outcome.output)["planID"] as? String)
    }

    @Test func whatWasPrunedComesBackAsItWas() throws {
        let store = try ReclaimBench.withThreeImages()
        try store.bench.succeed("tag", "localhost/a:1", "localhost/x:1")
        let (entries, blobs, listing) = (
            try store.entries(), store.bench.names("blobs/sha256"), try store.bench.succeed("images")
        )
        let plan = try prune(store)
        #expect(try store.bench.imageNames() == [])
        #expect(store.bench.names("blobs/sha256") == [])
        let text = try store.bench.succeed("undo", plan)
        #expect(text.split(separator: "\n").count == 4)
        #expect(Set(try store.entries()) == Set(entries))
        #expect(store.bench.names("blobs/sha256") == blobs)
        #expect(try store.bench.succeed("images") == listing)
        #expect(store.bench.names("trash") == [])
        try store.expectSound()
        expectSentence(try store.bench.strata("undo", plan), naming: plan)
    }

    @Test func trashedBytesStayAndAreNotFreed() throws {
        let store = try ReclaimBench.withThreeImages()
        let bytes = store.blobBytes()
        let outcome = try object(
            try store.bench.succeed("image", "prune", "-a", "-f", "--trash", "1h", "--format", "json"))
        #expect(outcome["trashedBytes"] as? Int == bytes)
        #expect(outcome["freedBytes"] as? Int == 0)
        let usage = try object(try store.bench.succeed("df", "--format", "json"))
        let trash = (usage["classes"] as? [[String: Any]])?.first { $0["class"] as? String == "trash" }
        #expect((trash?["diskBytes"] as? Int ?? 0) >= bytes)
    }

    @Test func aNameThatAnotherImageHasByNowStaysWithIt() throws {
        let store = try ReclaimBench.withThreeImages()
        let plan = try prune(store, "--filter", "ref=localhost/b")
        try store.load("localhost/b:1", layers: [(50, 100)])
        let id = try store.bench.succeed("images", "-q", "localhost/b:1")
        #expect(try store.bench.succeed("undo", plan).contains("without its name"))
        #expect(try store.bench.succeed("images", "-q", "localhost/b:1") == id)
        #expect(try store.bench.succeed("images", "-q", "-f", "dangling=true").split(separator: "\n").count == 1)
        try store.expectSound()
    }

    @Test func aNameThatTheSameImageHasAgainIsThereAlready() throws {
        let store = try ReclaimBench.withThreeImages()
        let entries = try store.entries()
        let plan = try prune(store)
        let blobs = store.bench.names("trash").flatMap { store.bench.names("trash/\($0)") }
        #expect(!blobs.isEmpty)
        try store.bench.succeed("undo", plan)
        let again = try prune(store)
        // Another tool lists the image, and says something else of it.
        let index = URL(fileURLWithPath: "\(store.bench.store)/index.json")
        let listed = entries.map { entry in
            var copy = entry
            copy.annotations?["example"] = "yes"
            return copy
        }
        try Data(try encodeDocument(ImageIndex(manifests: listed))).write(to: index)
        let text = try store.bench.succeed("undo", again)
        #expect(!text.contains("without its name") && text.split(separator: "\n").count == 3, "\(text)")
        #expect(try store.entries() == listed)
    }

    @Test func anImageThatLostASharedLayerSinceDoesNotComeBackBroken() throws {
        let store = try ReclaimBench.withThreeImages()
        let plan = try prune(store, "--filter", "ref=localhost/b")
        try store.bench.succeed("rmi", "localhost/a:1", "localhost/a:2")
        let outcome = try store.bench.strata("undo", plan)
        #expect(outcome.status == 3)
        #expect(outcome.errors.contains("localhost/b:1 cannot be restored"))
        #expect(try store.bench.imageNames() == [])
        try store.expectSound()
    }

    @Test func trashWhoseTimeIsOverGoesWithTheNextRelease() throws {
        let store = try ReclaimBench.withThreeImages()
        _ = try object(
            try store.bench.succeed(
                "image", "prune", "-a", "-f", "--trash", "1s", "--filter", "ref=localhost/b", "--format", "json"))
        #expect(store.bench.names("trash").count == 1)
        // The time that the trash was given.
        Thread.sleep(forTimeInterval: 1.5)
        let outcome = try object(try store.bench.succeed("gc", "--format", "json"))
        #expect((outcome["freedBytes"] as? Int ?? 0) > 0)
        #expect(store.bench.names("trash") == [])
    }
}
