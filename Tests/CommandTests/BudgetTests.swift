import Foundation
import Glibc
import OCISpec
import TestSupport
import Testing

/// Budgets of prunes: what they measure, what counts as gone, and that they come to rest.
struct BudgetTests {
    /// Ten images of 100 kB each, made on the first days of 2024, as another tool writes them: nobody knows when they came.
    private func ofTen() throws -> BuiltStore {
        let store = try BuiltStore(
            (0..<10).map { number in
                let layer = BuiltStore.layer("layer \(number)", size: 100_000)
                let config = ImageConfig(
                    platform: Platform(os: "linux", architecture: "amd64"), rootfs: RootFS(diffIDs: [layer.diffID]),
                    created: "2024-01-0\(number)T00:00:00Z".replacing("01-00", with: "01-10"))
                let bytes = try encodeDocument(config)
                return ImageBuilder([layer], named: "localhost/app:\(number)").with { $0.configOverride = bytes }
            })
        return store
    }

    private func total(_ store: BuiltStore) throws -> Int {
        try #require(try store.bench.document("df")["totalBytes"] as? Int)
    }

    @Test func whatNobodyKnowsFallsBackOnWhenItWasMade() throws {
        let store = try ofTen()
        let plan = try store.bench.document("image", "prune", "-f", "--max-store", "\(try total(store) - 150_000)B", "--dry-run")
        let names = (plan["victims"] as? [[String: Any]])?.compactMap { $0["name"] as? String }
        #expect(names?.prefix(2) == ["localhost/app:1", "localhost/app:2"], "app:0 was made on the tenth")
    }

    /// A policy with a trash and a budget is run every night.
    @Test(arguments: ["24h", "0s"]) func theSamePolicyAgainTakesNothingMore(trash: String) throws {
        let store = try ofTen()
        let path = try store.bench.file(
            "p.yaml", Data("version: 1\ntrash: \(trash)\nbudget: { max-store: 900kB }\nrules: []\n".utf8))
        var counts: [Int] = []
        for _ in 0..<4 {
            try store.bench.succeed("system", "prune", "-f", "-q", "--policy", path)
            counts.append(try store.bench.imageNames().count)
        }
        #expect(Set(counts).count == 1 && (2...8).contains(counts[0]), "\(counts)")
    }

    @Test func whatElseGoesCountsFirst() throws {
        let store = try ofTen()
        for number in 0..<5 {
            let bytes = Data(repeating: UInt8(number), count: 100_000)
            try bytes.write(to: URL(fileURLWithPath: store.blobPath(sha256(Array(bytes)))))
        }
        try store.addContainer("c0ffee", of: 9)
        try Data(repeating: 1, count: 300_000).write(to: URL(fileURLWithPath: store.path("containers/c0ffee/big")))
        let limit = "\(try total(store) - 330_000)B"
        // The container and one image, since the orphans are too young.
        let plan = try store.bench.document("system", "prune", "-f", "--max-store", limit, "--dry-run")
        let types = (plan["victims"] as? [[String: Any]])?.compactMap { $0["type"] as? String }
        #expect(types == ["container", "image"])
    }

    /// `cp -al` and rsnapshot make hard links: names in the store's directory count, although nothing comes back.
    @Test func hardLinksElsewhereCountInTheStoreAndNotOnTheDisk() throws {
        let store = try ofTen()
        try store.bench.succeed("df")
        let limit = "\(try total(store) - 250_000)B"
        #expect(try store.bench.shell("cp -al \"$STRATA_STORE\" \"$1\"", store.bench.folder.path("copy")).status == 0)
        let plan = try store.bench.document("image", "prune", "-f", "--max-store", limit, "--dry-run")
        let victims = try #require(plan["victims"] as? [[String: Any]])
        #expect((2...4).contains(victims.count))
        #expect(victims.allSatisfy { $0["freesBytes"] as? Int ?? 0 < 5000 })
        let outcome = try store.bench.strata("image", "prune", "-f", "--min-free", "1GB", "--high", "1%", "--dry-run")
        #expect(outcome.output.hasPrefix("nothing to remove"), "\(outcome.output)")
        #expect(outcome.errors.contains("the budget is still exceeded by"), "\(outcome.errors)")
    }

    @Test(arguments: [
        ("--max-store", "20"), ("--min-free", "500"), ("--high", "0.85"), ("--high", "101%"), ("--high", "0"), ("--high", "nan"),
    ])
    func anArgumentThatMeansSomethingElseIsRefused(option: String, value: String) throws {
        let store = try BuiltStore.ofThree()
        let outcome = try store.bench.strata("image", "prune", "-f", option, value)
        expectSentence(outcome, naming: option, status: 2)
        #expect(value != "0.85" || outcome.errors.contains("write 85% for 0.85"), "\(outcome.errors)")
        #expect(try store.bench.imageNames().count == 3)
    }

    @Test func moreThanTheFileSystemHasIsNeverFree() throws {
        let store = try BuiltStore.ofThree()
        let outcome = try store.bench.strata("image", "prune", "-f", "--min-free", "9000TB")
        #expect(outcome.status == 0)
        #expect(outcome.errors.contains("this budget removes nothing"), "\(outcome.errors)")
        #expect(try store.bench.imageNames().count == 3)
    }

    /// A file system without a limit says that it has 0 of 0 blocks.
    @Test(.needsRoot) func aSizeThatIsNotKnownRemovesNothing() throws {
        let store = try BuiltStore.ofThree()
        let outcome = try store.bench.shell(
            """
            unshare -m sh -c 'mkdir -p "$1" && mount -t tmpfs -o size=0 none "$1" && cp -a "$STRATA_STORE" "$1/s" &&
            "$STRATA" --store "$1/s" image prune -f -q --min-free 1GB --high 80% && "$STRATA" --store "$1/s" images -q | wc -l' - "$1"
            """, store.bench.folder.path("m"))
        try Skip.unless(!outcome.errors.contains("unshare"), "\(outcome.errors)")
        #expect(outcome.lines.last == "3", "\(outcome.output)\(outcome.errors)")
        #expect(outcome.errors.contains("does not report its size"), "\(outcome.errors)")
    }

    // The trash

    /// Here because something is mounted over a file in it.
    @Test(.needsRoot) func aBinThatCannotBeEmptiedIsAFailure() throws {
        let store = try BuiltStore.ofThree()
        try store.bench.succeed("image", "prune", "-af", "--trash", "24h")
        let outcome = try store.bench.shell(
            """
            exec unshare -m sh -c 'B=$(echo "$STRATA_STORE"/trash/*/sha256-* | cut -d" " -f1); mount --bind "$B" "$B" || exit 99
            exec "$STRATA" gc --empty-trash --format json' sh
            """)
        try Skip.unless(outcome.status != 99, "nothing can be mounted here")
        #expect(outcome.status == 3, "\(outcome.errors)")
        let item = try #require((try object(outcome.output)["items"] as? [[String: Any]])?.first)
        #expect(item["status"] as? String == "failed")
        #expect((item["detail"] as? String)?.contains("cannot remove") == true)
        try store.bench.succeed("gc", "--empty-trash")
        #expect(store.bench.names("trash") == [])
    }

    @Test(arguments: [["gc"], ["system", "prune", "-f"]]) func theTrashIsEmptiedWhenSomebodySaysSo(command: [String]) throws {
        let store = try BuiltStore.ofThree()
        try store.bench.succeed("image", "prune", "-af", "--trash", "24h")
        try store.write("trash/mended/repair.json", "{}")
        let line = try store.line("trash")
        #expect(line["reclaimableBytes"] as? Int == line["diskBytes"] as? Int)
        let commands = try #require(try store.bench.document("df")["reclaimedBy"] as? [String: String])
        #expect(commands["trash"] == "strata gc --empty-trash")
        let plan = try store.bench.program.run(command + ["--empty-trash", "--dry-run", "--format", "json"])
        #expect((try object(plan.output)["victims"] as? [Any])?.count == 2)
        let outcome = try object(try store.bench.program.run(command + ["--empty-trash", "--format", "json"]).output)
        #expect(outcome["freedBytes"] as? Int == line["diskBytes"] as? Int)
        #expect(outcome["freedBytes"] as? Int == outcome["predictedBytes"] as? Int)
        #expect(store.bench.names("trash") == [])
    }

    @Test func aPlanEmptiesNoBinByAPath() throws {
        let store = try BuiltStore.ofThree()
        try store.bench.succeed("image", "prune", "-af", "--trash", "24h")
        let path = store.bench.folder.path("plan.json")
        try store.bench.succeed("plan", "--empty-trash", "-o", path)
        let bin = try #require(store.bench.names("trash").first)
        let text = try String(contentsOfFile: path, encoding: .utf8).replacing(bin, with: "../blobs")
        let outcome = try store.bench.strata("apply", try store.bench.file("other.json", Data(text.utf8)))
        #expect(outcome.status != 0 || outcome.output.contains("it is gone, or in use"), "\(outcome.output)")
        #expect(store.bench.names("trash") == [bin])
        #expect(!store.bench.names("blobs").isEmpty)
    }
}
