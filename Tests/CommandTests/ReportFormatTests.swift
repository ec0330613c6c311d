import Foundation
import TestSupport
import Testing

/// Every format of every report, byte for byte as it was looked at once.
@Suite struct ReportFormatTests {
    private static let reports: [(name: String, arguments: [String])] = [
        ("analyze.txt", ["analyze", "localhost/shop:1", "--packages"]),
        ("analyze.json", ["analyze", "localhost/shop:1", "--packages", "--format", "json"]),
        ("analyze.md", ["analyze", "localhost/shop:1", "--format", "markdown"]),
        ("analyze.csv", ["analyze", "localhost/shop:1", "--format", "csv"]),
        ("scan.md", ["scan", "localhost/shop:1", "localhost/shop:2", "--format", "markdown"]),
        ("scan.csv", ["scan", "localhost/shop:1", "localhost/shop:2", "--format", "csv"]),
        ("diff.txt", ["diff", "localhost/shop:1", "localhost/shop:2"]),
        ("diff.json", ["diff", "localhost/shop:1", "localhost/shop:2", "--format", "json"]),
        ("diff.md", ["diff", "localhost/shop:1", "localhost/shop:2", "--format", "markdown"]),
        ("diff.csv", ["diff", "localhost/shop:1", "localhost/shop:2", "--format", "csv"]),
        ("diff-layer.txt", ["diff", "localhost/shop:2", "--layer", "3"]),
    ]

    @Test(arguments: reports) func aReportIsAsRecorded(_ report: (name: String, arguments: [String])) throws {
        let bench = try ShopImages.bench()
        let outcome = try bench.program.run(report.arguments)
        #expect(outcome.status == 0, "\(outcome.errors)")
        try expectGolden(outcome.output, "Tests/CommandTests/Golden/reports/\(report.name)")
    }

    private static let checks: [(name: String, format: String)] = [
        ("check.txt", "text"), ("check.json", "json"), ("check.md", "markdown"), ("check.junit.xml", "junit"),
        ("check.sarif", "sarif"), ("check.github.txt", "github"),
    ]

    @Test(arguments: checks) func aCheckIsAsRecorded(_ check: (name: String, format: String)) throws {
        let bench = try ShopImages.bench()
        _ = try bench.file("budget.yaml", Data(ShopImages.budget.utf8))
        let command =
            "cd '\(bench.folder.path)' && \"$STRATA\" check localhost/shop:2 --budget budget.yaml --against localhost/shop:1"
        let outcome = try bench.shell("\(command) --format \(check.format)")
        #expect(outcome.status == 1, "\(outcome.errors)")
        try expectGolden(outcome.output, "Tests/CommandTests/Golden/reports/\(check.name)")
    }

    /// The page itself is looked at in a browser (`PageTests`); here only what must not be in it.
    @Test func aPageNeedsNothingFromOutside() throws {
        let bench = try ShopImages.bench()
        for arguments in [["analyze", "localhost/shop:1"], ["diff", "localhost/shop:1", "localhost/shop:2"]] {
            let page = try bench.program.run(arguments + ["--format", "html"]).output
            #expect(page.hasPrefix("<!DOCTYPE html>"))
            for outside in ["http://", "https://", "src=", "href=", "@import", "url("] {
                #expect(!page.contains(outside), "\(arguments) holds \(outside)")
            }
            // Names of files are data: no markup of theirs gets through.
            #expect(!page.contains("<b>"))
        }
    }

    @Test func aReportWritesThemAll() throws {
        let bench = try ShopImages.bench()
        let budget = try bench.file("budget.yaml", Data(ShopImages.budget.utf8))
        let folder = bench.folder.path("out")
        let listed = try bench.succeed(
            "report", "localhost/shop:2", "-o", folder, "--budget", budget, "--against", "localhost/shop:1")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(
            names == [
                "check.json", "check.md", "check.sarif", "diff.csv", "diff.html", "diff.json", "diff.md", "duplicates.csv",
                "junit.xml", "layers.csv", "packages.csv", "report.html", "report.json", "report.md", "report.txt", "wasted.csv",
            ])
        #expect(Set(listed.split(separator: "\n").map(String.init)) == Set(names.map { "\(folder)/\($0)" }))
        for (name, arguments) in [
            ("report.md", ["analyze", "localhost/shop:2", "--format", "markdown"]),
            ("report.json", ["analyze", "localhost/shop:2", "--packages", "--format", "json"]),
            ("report.html", ["analyze", "localhost/shop:2", "--format", "html"]),
            ("diff.json", ["diff", "localhost/shop:1", "localhost/shop:2", "--format", "json"]),
        ] {
            let text = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
            #expect(try bench.program.run(arguments).output == text, "\(name)")
        }
        // Once more into the same folder is no error; what is no folder is.
        try bench.succeed("report", "localhost/shop:2", "-o", folder, "-q")
        expectSentence(try bench.strata("report", "localhost/shop:2", "-o", "\(folder)/report.md"), naming: "report.md")
    }

    @Test func dfHasTheFormatsOfItsTable() throws {
        let bench = try ShopImages.bench()
        let document = try bench.document("df")
        let csv = try bench.succeed("df", "--format", "csv").split(separator: "\r\n").dropFirst()
        let classes = try #require(document["classes"] as? [[String: Any]])
        #expect(csv.count == classes.count)
        for (line, item) in zip(csv, classes) {
            let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            #expect(fields[0] == item["class"] as? String)
            #expect(Int(fields[3]) == item["diskBytes"] as? Int)
        }
        #expect(
            try bench.succeed("df", "--format", "markdown").hasPrefix(
                "|  | total | active | size | reclaimable |\n| --- | ---: |"))
    }
}
