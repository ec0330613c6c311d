import Foundation
import OCISpec
import TestSupport
import Testing

/// What a timer needs: figures for a collector, one line for the log, an outcome whatever fails.
struct TimerTests {
    private let policy = """
        version: 1
        rules:
          - { name: all, action: remove }
        """

    @Test func theFiguresAreThoseOfTheStoreAndOfTheRun() throws {
        let store = try ReclaimBench.withThreeImages()
        let path = store.bench.folder.path("strata.prom")
        let outcome = try object(
            try store.bench.succeed(
                "image", "prune", "-a", "-f", "--filter", "ref=localhost/a", "--metrics", path, "--format", "json"))
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let usage = try object(try store.bench.succeed("df", "--format", "json"))
        for line in try #require(usage["classes"] as? [[String: Any]]) {
            #expect(
                text.contains(
                    "strata_store_bytes{store=\"\(store.bench.store)\",class=\"\(line["class"] ?? "")\"} \(line["diskBytes"] ?? "")\n"
                ))
        }
        #expect(text.contains("strata_reclaim_freed_bytes{store=\"\(store.bench.store)\"} \(outcome["freedBytes"] ?? "")\n"))
        #expect(text.contains("strata_reclaim_removed{store=\"\(store.bench.store)\"} 2\n"))
        #expect(text.hasSuffix("# EOF\n"))
    }

    /// One collector reads the files of all stores: a series that two of them have is dropped.
    @Test func noSeriesIsThatOfTwoStores() throws {
        let bench = try Workbench()
        var texts: [String] = []
        for store in ["a", "b\\\"c"] {
            let path = bench.folder.path("\(texts.count).prom")
            try bench.succeed("--store", bench.folder.path(store), "image", "prune", "-f", "-q", "--metrics", path)
            texts.append(try String(contentsOfFile: path, encoding: .utf8))
        }
        let series = texts.flatMap { $0.split(separator: "\n") }.filter { !$0.hasPrefix("#") }.map {
            $0.prefix(through: $0.lastIndex(of: " ") ?? $0.startIndex)
        }
        #expect(Set(series).count == series.count && series.count > 60)
        // Debian's, which has the package beside it.
        let python = Program("/usr/bin/python3")
        try Skip.unless(
            access(python.path, X_OK) == 0 && python.run(["-c", "import prometheus_client"]).status == 0,
            "there is no prometheus_client to read OpenMetrics text")
        let script = """
            import sys
            from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
            print(sorted({s.labels["store"] for f in parse(open(sys.argv[1]).read()) for s in f.samples}))
            """
        for (number, store) in [bench.folder.path("a"), bench.folder.path("b\\\"c")].enumerated() {
            let outcome = try python.run(["-c", script, bench.folder.path("\(number).prom")])
            #expect(outcome.status == 0, "\(outcome.errors)")
            let shown = store.replacing("\\", with: "\\\\")
            #expect(outcome.output == "['\(shown)']\n")
        }
    }

    @Test func theFiguresAreForTheirCollectorWhateverTheMask() throws {
        let bench = try Workbench()
        let outcome = try bench.shell(
            "umask 077; \"$STRATA\" image prune -f -q --metrics \"$1\" && stat -c %a \"$1\"", bench.folder.path("m.prom"))
        #expect(outcome.lines.last == "644", "\(outcome.errors)")
    }

    @Test(arguments: [["image", "prune", "-a", "-f"], ["system", "prune", "-a", "-f"], ["gc", "--min-age", "0s"]])
    func figuresThatCannotBeWrittenAreFoundBeforeAnythingGoes(command: [String]) throws {
        let store = try ReclaimBench.withThreeImages()
        let orphan = try store.orphan("nobody's")
        let outcome = try store.bench.program.run(command + ["--metrics", store.bench.folder.path("nowhere/m.prom")])
        expectSentence(outcome, naming: "nowhere")
        #expect(try store.bench.imageNames().count == 3)
        #expect(store.bench.names("blobs/sha256").contains(orphan))
    }

    @Test func figuresAreWrittenWhenTheOutputCannotBe() throws {
        let store = try ReclaimBench.withThreeImages()
        let path = store.bench.folder.path("m.prom")
        let outcome = try store.bench.shell("\"$STRATA\" image prune -a -f --metrics \"$1\" > /dev/full", path)
        #expect(outcome.status == 3, "\(outcome.errors)")
        #expect(outcome.errors.contains("No space left"))
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text.contains("strata_reclaim_removed{store=\"\(store.bench.store)\"} 3\n"))
    }

    /// A blob that cannot be renamed, as with `chattr +i`: here because something is mounted over it.
    @Test(.needsRoot) func whatFailsKeepsNothingElseFromGoing() throws {
        let store = try ReclaimBench.withThreeImages()
        let shared = BuiltLayer([.file("f2", size: 10_000, seed: 2)]).descriptor.digest
        let path = store.bench.folder.path("m.prom")
        let outcome = try store.bench.shell(
            """
            exec unshare -m sh -c 'B="$STRATA_STORE/blobs/sha256/$1"; mount --bind "$B" "$B"
            "$STRATA" image prune -a -f --format json --metrics "$2"' sh "$1" "$2"
            """, shared.hex, path)
        #expect(outcome.status == 3, "\(outcome.errors)")
        #expect(outcome.errors.contains(shared.hex))
        let document = try object(outcome.output)
        let items = try #require(document["items"] as? [[String: Any]])
        #expect(items.count { $0["status"] as? String == "removed" } == 2)
        let failed = try #require(items.first { $0["status"] as? String == "failed" })
        #expect((failed["detail"] as? String)?.contains("rename") == true)
        #expect(try store.bench.imageNames() == [])
        #expect(store.bench.names("blobs/sha256") == [shared.hex])
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text.contains("strata_reclaim_failed{store=\"\(store.bench.store)\"} 1\n"))
        #expect(text.contains("strata_reclaim_removed{store=\"\(store.bench.store)\"} 2\n"))
        // The next release takes it, when it can.
        #expect(try store.bench.strata("rmi", "nosuch").status == 3)
        #expect(store.bench.names("blobs/sha256") == [])
        #expect(store.bench.names("trash") == [])
        try store.expectSound()
    }

    @Test func quietIsOneLine() throws {
        let store = try ReclaimBench.withThreeImages()
        let path = try store.bench.file("p.yaml", Data(policy.utf8))
        let output = try store.bench.succeed("system", "prune", "-f", "--policy", path, "--quiet")
        #expect(output.split(separator: "\n").count == 1)
        #expect(output.hasPrefix("Total reclaimed space: "))
        #expect(try store.bench.imageNames() == [])
    }

    /// Others that hold the store are waited for, and when that takes too long the status says so.
    @Test func aBusyStoreIsStatusFour() throws {
        let store = try ReclaimBench.withThreeImages()
        let outcome = try store.bench.shell(
            "exec 9>\"$STRATA_STORE/locks/sweep.lock\"; flock 9; \"$STRATA\" image prune -a -f --wait 1s 9>&-")
        #expect(outcome.status == 4, "\(outcome.errors)")
        #expect(try store.bench.imageNames().count == 3)
    }
}

/// Policies as people write them.
struct PolicyFileTests {
    private func dryRun(_ store: ReclaimBench, _ text: String) throws -> Program.Outcome {
        let path = try store.bench.file("prune.yaml", Data(text.utf8))
        return try store.bench.strata("plan", "--policy", path, "--format", "json")
    }

    @Test func theFirstRuleThatMatchesDecides() throws {
        let store = try ReclaimBench.withThreeImages()
        let plan = try object(
            try dryRun(
                store,
                """
                version: 1
                trash: 1h
                keep: ["^localhost/b"]
                rules:
                  - { name: labelled, match: { label: keep }, action: keep }
                  - name: rest
                    match: { ref: ["localhost/**", "**"] }
                    remove: { until: 2030-01-01 }
                """
            ).output)
        let victims = try #require(plan["victims"] as? [[String: Any]])
        #expect(victims.map { $0["name"] as? String } == ["localhost/a:2"])
        #expect(victims.map { $0["reason"] as? String } == ["rest"])
        #expect(plan["trashSeconds"] as? Int == 3600)
        let kept = try #require(plan["kept"] as? [[String: String]])
        #expect(Set(kept.compactMap { $0["reason"] }) == ["labelled", "keep ^localhost/b"])
    }

    /// Docker's filters of one key are alternatives, and a list that all images had to fit would keep nothing.
    @Test(arguments: [
        ("ref: [\"localhost/a:*\", \"localhost/b:*\"]", []), ("ref: \"localhost/a:1|localhost/b:1\"", ["localhost/a:2"]),
        ("label: [nosuch, keep]", ["localhost/a:2", "localhost/b:1"]), ("label!: [nosuch, keep]", ["localhost/a:1"]),
    ])
    func theValuesOfAListAreAlternatives(match: String, removed: [String]) throws {
        let store = try ReclaimBench.withThreeImages()
        let plan = try object(
            try dryRun(
                store,
                """
                version: 1
                rules:
                  - { name: k, match: { \(match) }, action: keep }
                  - { name: rest, match: { ref: "**" }, action: remove }
                """
            ).output)
        let victims = try #require(plan["victims"] as? [[String: Any]])
        #expect(victims.compactMap { $0["name"] as? String }.sorted() == removed)
    }

    @Test(arguments: [
        ("version: 2\nrules: []", "1:10: version `2`"),
        ("rules: []", "1:1: no `version`"),
        ("version: 1", "1:1: no `rules`"),
        ("version: 1\nrules: {}", "2:8: `rules` takes a list of rules"),
        ("version: 1\nrules:\n  - { name: x }", "3:5: a rule that does nothing"),
        ("version: 1\nrules:\n  - { action: keep }", "3:5: no `name`"),
        ("version: 1\nrules:\n  - { name: x, action: delete }", "3:24: `action` takes `keep` or `remove`"),
        ("version: 1\nrules:\n  - { name: x, action: keep, keep-last: 3 }", "3:5: a rule that keeps all"),
        ("version: 1\nrules:\n  - { name: x, remove: { usd: 7d } }", "3:26: there is no key `usd`"),
        ("version: 1\nrules:\n  - { name: x, remove: { used: soon } }", "3:32: invalid filter value 'soon'"),
        ("version: 1\nrules:\n  - { name: x, keep-last: -1, remove: {} }", "3:27: `keep-last` takes a number from 0 on"),
        ("version: 1\nbudget: { max-store: 20 G }\nrules: []", "2:22: `max-store` takes bytes"),
        ("version: 1\nbudget: { low: 80% }\nrules: []", "2:16: `low` takes a percentage"),
        ("version: 1\ntrash: for ever\nrules: []", "2:8: `trash` takes a time"),
        ("version: 1\nkeep: [\"(\"]\nrules: []", "2:8: `keep` takes a regular expression"),
        ("version: 1\nrules: [", "not valid YAML"),
        ("version: 1\nbudget: { max-store: 20 }\nrules: []", "2:22: `max-store` takes bytes with their unit"),
        ("version: 1\nbudget: { min-free: 500000000 }\nrules: []", "2:21: `min-free` takes bytes with their unit"),
        ("version: 1\nbudget: { high: 0.85 }\nrules: []", "2:17: `high` takes a percentage from 1% to 100%: write 85% for 0.85"),
        ("version: 1\nbudget: { high: 1 }\nrules: []", "write 100% for 1"),
        ("version: 1\nbudget: { high: 0.5% }\nrules: []", "2:17: `high` takes a percentage from 1%"),
        ("version: 1\nrules:\n  - { name: x, match: {}, action: remove }", "3:23: `conditions` takes keys and values"),
        ("version: 1\nrules:\n  - { name: x, match: { ref: [] }, action: remove }", "3:30: `ref` takes a value"),
        ("version: 1\nrules:\n  - { name: x, match: { ref: \"\" }, action: remove }", "3:30: `ref` takes a value"),
        ("version: 1\nrules:\n  - { name: x, remove: {} }", "3:24: `conditions` takes keys and values"),
        ("version: 1\nrules:\n  - { name: x, remove: { used: [7d, 1d] } }", "3:32: `used` takes one value"),
        ("version: 1\nrules:\n  - { name: x, remove: { size: 500 } }", "3:32: `size` takes bytes with their unit"),
        ("", "no `version`"),
    ])
    func whatIsWrongIsToldWithItsPlace(text: String, expected: String) throws {
        let store = try ReclaimBench.withThreeImages()
        let outcome = try dryRun(store, text)
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains(expected), "\(outcome.errors)")
        #expect(try store.bench.imageNames().count == 3)
    }
}
