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

    private func remove(_ store: BuiltStore, policy rules: String) throws {
        let path = try store.bench.file("p.yaml", Data("version: 1\nrules:\n\(rules)\n".utf8))
        try store.bench.succeed("image", "prune", "-f", "--policy", path)
    }

    /// A chart or a bill of materials has a name beside the images of its repository, and came with them.
    @Test func whatIsNoImageTakesNoImagesPlaceAmongTheNewest() throws {
        let config = Array("{}".utf8)
        let artifacts = (1...2).map { number in
            ImageBuilder([BuiltStore.layer("chart \(number)")], named: "localhost/a:chart\(number)").with {
                $0.configMediaType = "application/vnd.cncf.helm.config.v1+json"
                $0.configOverride = config
            }
        }
        let image = ImageBuilder([BuiltStore.layer("a")], named: "localhost/a:1")
        let store = try BuiltStore([image] + artifacts)
        try store.bench.succeed("image", "prune", "-af", "--keep-last", "1")
        #expect(try store.bench.imageNames() == ["localhost/a:1"])
        #expect(store.has(try store.manifest(0)))
        #expect(artifacts.count { (try? store.has($0.descriptor().digest)) == true } == 1)
    }

    /// Of two images of one moment the one with the least name counts as newer, in whatever order the names stand.
    @Test func whatStaysAmongTheNewestStaysInTheNextRun() throws {
        func image(_ text: String, _ labels: [ExactText: String], _ names: [String]) throws -> ImageBuilder {
            let layer = BuiltStore.layer(text)
            var config = ImageConfig(
                platform: Platform(os: "linux", architecture: "amd64"), rootfs: RootFS(diffIDs: [layer.diffID]),
                created: "2024-01-01T00:00:00Z")
            config.config = ContainerConfig()
            config.config?.labels = labels
            let bytes = try encodeDocument(config)
            return ImageBuilder([layer]).with {
                $0.configOverride = bytes
                $0.names = names
            }
        }
        let store = try BuiltStore([
            try image("a", [:], ["localhost/r:z", "localhost/r:a"]), try image("b", ["gone": "1"], ["localhost/r:m"]),
        ])
        for _ in 0..<2 {
            try remove(
                store,
                policy: """
                     - { name: z, match: { ref: "localhost/r:z" }, action: remove }
                     - { name: newest, match: { ref: "localhost/r:*" }, keep-last: 1, remove: { label: gone } }
                    """)
            #expect(try store.bench.imageNames().sorted() == ["localhost/r:a", "localhost/r:z"])
        }
    }

    /// An image of unknown age may be younger than the one that the rule names.
    @Test func whatARuleThatKeepsMayMatchIsNotLeftToTheNextOne() throws {
        let store = try ReclaimBench()
        try store.load("localhost/old:1", layers: [(1, 1000)], created: "2020-01-01T00:00:00Z")
        try store.load("localhost/new:1", layers: [(2, 1000)], created: "2024-01-01T00:00:00Z")
        try store.load("localhost/unknown:1", layers: [(3, 1000)], created: "0001-01-01T00:00:00Z")
        let path = try store.bench.file(
            "p.yaml",
            Data(
                """
                version: 1
                rules:
                  - { name: young, match: { since: "localhost/old:1" }, action: keep }
                  - { name: rest, match: { ref: "**" }, action: remove }
                """.utf8))
        let plan = try store.bench.succeed("plan", "--policy", path, "--explain")
        #expect(plan.contains("whether the rule"), "\(plan)")
        try store.bench.succeed("image", "prune", "-f", "--policy", path)
        #expect(try store.bench.imageNames().sorted() == ["localhost/new:1", "localhost/unknown:1"])
    }

    /// Of an index of which one platform cannot be read, the labels are not known.
    @Test func anIndexWithAPlatformThatCannotBeReadLacksNoLabel() throws {
        let arm = ImageBuilder([BuiltStore.layer("arm")], named: "localhost/arm:1").with { $0.configOverride = Array("[1]".utf8) }
        let store = try BuiltStore([ImageBuilder([BuiltStore.layer("amd")], named: "localhost/amd:1"), arm])
        let children = try store.images.map { image in
            let descriptor = try image.descriptor()
            return ["mediaType": descriptor.mediaType, "digest": descriptor.digest.description, "size": descriptor.size]
                as [String: Any]
        }
        let index = try JSONSerialization.data(
            withJSONObject: ["schemaVersion": 2, "mediaType": MediaType.index, "manifests": children])
        try index.write(to: URL(fileURLWithPath: store.blobPath(sha256(Array(index)))))
        try store.edit { entries in
            entries = [
                [
                    "mediaType": MediaType.index, "digest": sha256(Array(index)).description, "size": index.count,
                    "annotations": ["org.opencontainers.image.ref.name": "localhost/both:1"],
                ]
            ]
        }
        for filter in ["label!=keep", "until=1s"] {
            try store.bench.succeed("image", "prune", "-af", "--filter", filter)
            #expect(try store.bench.imageNames() == ["localhost/both:1"], "\(filter)")
        }
    }

    @Test func aPlanInAFileForgetsNoneThatIsKeptUnderItsID() throws {
        let store = try ReclaimBench.withThreeImages()
        let id = try store.bench.succeed("plan", "-a", "-q").trimmingCharacters(in: .whitespacesAndNewlines)
        let path = store.bench.folder.path("other.json")
        try store.bench.succeed("plan", "-a", "--filter", "ref=nosuch", "-o", path)
        var other = try object(String(contentsOfFile: path, encoding: .utf8))
        other["id"] = id
        try JSONSerialization.data(withJSONObject: other).write(to: URL(fileURLWithPath: path))
        try store.bench.succeed("apply", path)
        #expect(store.bench.names("plans") == ["\(id).json"])
        try store.bench.succeed("apply", id)
        #expect(store.bench.names("plans") == [])
        #expect(try store.bench.imageNames() == [])
    }

    /// To match a pattern takes the time of the name's length times its own; other tools write names of any length.
    @Test func aNameThatNoRegistryTakesIsKeptByAnyPattern() throws {
        let store = try BuiltStore.ofThree()
        try store.edit { entries in
            entries[0]["annotations"] = [Self.refName: String(repeating: "a", count: 4097)]
            entries[1]["annotations"] = [Self.refName: String(repeating: "a", count: 4096)]
        }
        try store.bench.succeed("image", "prune", "-af", "--keep", "nosuch")
        #expect(store.has(try store.manifest(0)))
        #expect(try !store.has(store.manifest(1)) && !store.has(store.manifest(2)))
    }

    private static let refName = "org.opencontainers.image.ref.name"

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
            // Uses are noted to the second.
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
        expectSentence(try store.bench.strata("image", "prune", "-a"), naming: "cannot ask for confirmation", status: 2)
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
