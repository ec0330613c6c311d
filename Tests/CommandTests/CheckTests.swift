import Foundation
import TestSupport
import Testing

/// `check` and `diff` as a CI job uses them: exit codes, files, and what cannot be compared.
@Suite struct CheckTests {
    private func check(_ bench: Workbench, _ arguments: String...) throws -> Program.Outcome {
        try bench.program.run(["check", "localhost/shop:2"] + arguments)
    }

    @Test func aBudgetThatHoldsIsStatus0() throws {
        let bench = try ShopImages.bench()
        let outcome = try check(bench, "--max-size", "20MB", "--min-efficiency", "20%")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("2 rules: 2 passed\n"))
    }

    @Test(arguments: [
        ["--max-size", "5MB"], ["--max-visible", "1MB"], ["--max-compressed", "1MB"], ["--max-layer", "1MB"],
        ["--max-wasted", "1%"], ["--min-efficiency", "99%"], ["--max-growth", "1%", "--against", "localhost/shop:1"],
        ["--max-growth", "100kB", "--against", "localhost/shop:1"],
    ])
    func eachRuleFailsWithStatus1(_ arguments: [String]) throws {
        let bench = try ShopImages.bench()
        let outcome = try bench.program.run(["check", "localhost/shop:2"] + arguments)
        #expect(outcome.status == 1, "\(outcome.errors)")
        #expect(outcome.errors == "")
        #expect(outcome.output.contains("FAIL  \(arguments[0].dropFirst(2))"))
        #expect(outcome.output.hasSuffix("1 rule: 1 failed\n"))
    }

    @Test(arguments: [
        ["--max-wasted", "9223372036854775807%"], ["--max-growth", "9000PB", "--against", "localhost/shop:2"],
    ])
    func limitsThatNoImageReachesHold(_ arguments: [String]) throws {
        let bench = try ShopImages.bench()
        let outcome = try bench.program.run(["check", "localhost/shop:1"] + arguments)
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    @Test func flagsStandInForTheFilesRules() throws {
        let bench = try ShopImages.bench()
        let budget = try bench.file("b.yaml", Data("{version: 1, max-size: 1MB, max-layers: 9}".utf8))
        #expect(try check(bench, "--budget", budget).status == 1)
        let outcome = try check(bench, "--budget", budget, "--max-size", "50MB")
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("2 rules: 2 passed"))
    }

    @Test func anExpiredAllowanceIsNoneAndIsTold() throws {
        let bench = try ShopImages.bench()
        let rule = "{version: 1, max-wasted: 1kB, allow: [{rule: max-wasted, reason: because, expires: DAY}]}"
        for (day, status, word) in [("9999-12-31", 0, "allowed"), ("2020-01-01", 1, "expired after 2020-01-01")] {
            let budget = try bench.file("b.yaml", Data(rule.replacingOccurrences(of: "DAY", with: day).utf8))
            let outcome = try check(bench, "--budget", budget)
            #expect(outcome.status == status)
            #expect(outcome.output.contains(word), "\(outcome.output)")
        }
    }

    @Test func aStoredReportIsABaseline() throws {
        let bench = try ShopImages.bench()
        for arguments in [
            ["analyze", "localhost/shop:1"], ["scan", "localhost/shop:1"], ["check", "localhost/shop:1", "--max-size", "1GB"],
        ] {
            let report = try bench.file("old.json", Data(try bench.program.run(arguments + ["--format", "json"]).output.utf8))
            #expect(try check(bench, "--against", report, "--max-growth", "200%").status == 0, "\(arguments)")
            let outcome = try check(bench, "--against", report, "--max-growth", "10%")
            #expect(outcome.status == 1)
            #expect(outcome.output.contains("more than localhost/shop:1"), "\(outcome.output)")
        }
    }

    private static let baselines: [(name: String, text: String?)] = [
        ("absent.json", nil), ("empty.json", ""), ("torn.json", #"{"kind": "image-analysis", "schemaVersion": 1, "totals"#),
        ("other.json", #"{"kind": "disk-usage", "schemaVersion": 1}"#), ("list.json", "[]"),
        ("later.json", #"{"kind": "image-analysis", "schemaVersion": 9}"#),
        ("nototals.json", #"{"kind": "image-analysis", "schemaVersion": 1}"#),
        ("wrong.json", #"{"kind": "image-analysis", "schemaVersion": 1, "totals": {"contentBytes": "many"}}"#),
    ]

    @Test(arguments: baselines) func anUnreadableBaselineNeverPasses(_ known: (name: String, text: String?)) throws {
        let bench = try ShopImages.bench()
        let path = bench.folder.path(known.name)
        if let text = known.text { _ = try bench.file(known.name, Data(text.utf8)) }
        expectSentence(try check(bench, "--against", path, "--max-growth", "100%"), naming: known.name)
        expectSentence(try check(bench, "--against", "localhost/none:1", "--max-growth", "100%"), naming: "localhost/none:1")
    }

    @Test func aWrongCommandLineIsStatus2() throws {
        let bench = try ShopImages.bench()
        expectSentence(try check(bench), naming: "nothing to check", status: 2)
        expectSentence(try check(bench, "--max-growth", "5%"), naming: "max-growth", status: 2)
        expectSentence(try check(bench, "--max-size", "5%"), naming: "--max-size", status: 2)
        expectSentence(try check(bench, "--budget", "none.yaml"), naming: "none.yaml", status: 2)
        let budget = try bench.file("b.yaml", Data("version: 1\nmax-sice: 5MB\n".utf8))
        let outcome = try check(bench, "--budget", budget)
        expectSentence(outcome, naming: "b.yaml:2:1", status: 2)
        #expect(outcome.errors.contains("did you mean `max-size`?"))
    }

    @Test func aBudgetMayComeOutOfAPipe() throws {
        let bench = try ShopImages.bench()
        let command =
            "mkfifo \"$1\" && (echo '{version: 1, max-layers: 1}' > \"$1\" &) && \"$STRATA\" check localhost/shop:2 --budget \"$1\""
        let outcome = try bench.shell(command, bench.folder.path("pipe"))
        #expect(outcome.status == 1, "\(outcome.errors)")
        #expect(outcome.output.contains("FAIL  max-layers"))
    }

    @Test func aDiveFileIsReadAsItIs() throws {
        let bench = try ShopImages.bench()
        let file = try bench.file(
            ".dive-ci", Data("rules:\n  highestWastedBytes: 100KB\n  highestUserWastedPercent: disabled\n".utf8))
        let outcome = try check(bench, "--budget", file)
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("FAIL  min-efficiency: 57.3%"), "\(outcome.output)")
        let compatible = try check(bench, "--budget", file, "--dive-compat")
        #expect(compatible.output.contains("by dive's formula"), "\(compatible.output)")
    }

    @Test func rulesOnPackagesNeedAllOfThem() throws {
        let bench = try Workbench()
        let archive = try bench.file(
            "old.tar",
            ImageBuilder(
                [BuiltLayer([.file("var/lib/rpm/Packages", size: 5000)])], named: "localhost/old:1"
            ).dockerArchive().tar)
        let budget = try bench.file("b.yaml", Data("version: 1\npackages: [{match: telnet, forbid: true}]".utf8))
        expectSentence(try bench.strata("check", archive, "--budget", budget), naming: "/var/lib/rpm/Packages")
    }

    // MARK: diff

    @Test func differencesAreStatus1OnlyWhenAsked() throws {
        let bench = try ShopImages.bench()
        #expect(try bench.strata("diff", "localhost/shop:1", "localhost/shop:2").status == 0)
        #expect(try bench.strata("diff", "localhost/shop:1", "localhost/shop:2", "--exit-code").status == 1)
        let same = try bench.strata("diff", "localhost/shop:1", "localhost/shop:1", "--exit-code")
        #expect(same.status == 0)
        #expect(same.output.contains("no differences"))
        expectSentence(try bench.strata("diff", "localhost/shop:1", "--layer", "7"), naming: "layer 7")
        expectSentence(try bench.strata("diff", "localhost/shop:1", "nowhere"), naming: "nowhere")
    }

    @Test func theSourcesMayBeOfAnyKind() throws {
        let bench = try ShopImages.bench()
        let archive = try bench.file("one.tar", ShopImages.first().dockerArchive().tar)
        let text = try bench.succeed("diff", "docker-archive:\(archive):localhost/shop:1", "localhost/shop:2")
        let stored = try bench.succeed("diff", "localhost/shop:1", "localhost/shop:2")
        #expect(text == stored)
    }
}
