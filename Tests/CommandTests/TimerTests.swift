import Foundation
import TestSupport
import Testing

/// What a timer needs: units of systemd, figures for a collector, one line for the log.
struct TimerTests {
    private let policy = """
        version: 1
        rules:
          - { name: all, action: remove }
        """

    @Test func theUnitsAreWhatSystemdReads() throws {
        let bench = try Workbench()
        let folder = bench.folder.path("unit files")
        let path = try bench.file("my prune.yaml", Data(policy.utf8))
        try bench.succeed(
            "system", "install-timer", "--policy", path, "--on-calendar", "Mon *-*-* 03:00", "--unit-dir", folder, "--metrics",
            "/var/lib/node exporter/strata.prom")
        let service = try String(contentsOfFile: "\(folder)/strata-prune.service", encoding: .utf8)
        let timer = try String(contentsOfFile: "\(folder)/strata-prune.timer", encoding: .utf8)
        #expect(service.contains(#"system prune --force --policy "\#(path)" --store "#))
        #expect(service.contains(#"--metrics "/var/lib/node exporter/strata.prom""#))
        #expect(timer.contains("OnCalendar=Mon *-*-* 03:00\n"))
        guard Program.isInstalled("systemd-analyze") else { return }
        for unit in ["strata-prune.service", "strata-prune.timer"] {
            let outcome = try bench.shell("systemd-analyze verify --man=no \"$1\"", "\(folder)/\(unit)")
            #expect(!outcome.errors.contains("strata-prune"), "\(outcome.errors)")
        }
    }

    @Test func aWrongPolicyIsToldBeforeAUnitIsWritten() throws {
        let bench = try Workbench()
        let path = try bench.file("p.yaml", Data(policy.replacing("action", with: "acton").utf8))
        let outcome = try bench.strata("system", "install-timer", "--policy", path, "--unit-dir", bench.folder.path("units"))
        expectSentence(outcome, naming: "\(path):3:18", status: 2)
        #expect(outcome.errors.contains("did you mean `action`?"))
        #expect(!FileManager.default.fileExists(atPath: bench.folder.path("units")))
    }

    @Test func theFiguresAreThoseOfTheStoreAndOfTheRun() throws {
        let store = try ReclaimBench.withThreeImages()
        let path = store.bench.folder.path("strata.prom")
        let outcome = try object(
            try store.bench.succeed(
                "image", "prune", "-a", "-f", "--filter", "ref=localhost/a", "--metrics", path, "--format", "json"))
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let usage = try object(try store.bench.succeed("df", "--format", "json"))
        for line in try #require(usage["classes"] as? [[String: Any]]) {
            #expect(text.contains("strata_store_bytes{class=\"\(line["class"] ?? "")\"} \(line["diskBytes"] ?? "")\n"))
        }
        #expect(text.contains("strata_reclaim_freed_bytes \(outcome["freedBytes"] ?? "")\n"))
        #expect(text.contains("strata_reclaim_removed 2\n"))
        #expect(text.hasSuffix("# EOF\n"))
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
        ("version: 1\nrules: [", "no YAML"),
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
