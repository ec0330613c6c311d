import LayerAnalysis
import SettingsFile
import Testing

/// dive's files, read as its version 0.13 reads them: `options/ci.go`, `ci/rules.go`, and go-humanize for bytes.
@Suite struct DiveBudgetTests {
    /// A file, and the limits that dive takes from it: efficiency, bytes, the user's share; nil for a rule that is disabled.
    struct Row: Sendable, CustomStringConvertible {
        var text: String
        var efficiency: Double? = 0.9
        var bytes: Int64?
        var userWasted: Double? = 0.1
        var path = "ci/.dive-ci"
        var description: String { "\(path): \(text)" }
    }

    private static func rule(_ text: String) -> String { "rules:\n  lowestEfficiency: 0.5\n  \(text)\n" }

    private static let rows: [Row] = [
        // Silent, empty and null rules have that tool's own limits.
        Row(text: ""), Row(text: "# nothing\n"), Row(text: "---\n"), Row(text: "rules:\n"), Row(text: "rules: ~\n"),
        Row(text: "rules: {}\n"), Row(text: "plugins: [a]\n"), Row(text: "max-size: 1kB\nversion: 1\n"),
        Row(text: rule("highestUserWastedPercent:"), efficiency: 0.5),
        Row(text: rule("highestUserWastedPercent: null"), efficiency: 0.5), Row(text: "rules:\n  lowestEfficiency: ~\n"),
        // Its own sample.
        Row(
            text: "---\nplugins:\n  - plugin1\n\nrules:\n  lowestEfficiency: 0.95\n  highestWastedBytes: 20Mb\n"
                + "  highestUserWastedPercent: 0.10\n  plugin1/rule1: error\n",
            efficiency: 0.95, bytes: 20_000_000, userWasted: 0.1),
        // The first document counts, and what it does not know is passed over.
        Row(text: "rules: {lowestEfficiency: 0.3}\n---\nrules: {lowestEfficiency: 0.2}\n", efficiency: 0.3),
        Row(text: "rules: {lowest-efficiency: 0.3, LOWESTEFFICIENCY: 0.2, any: {thing: [1]}}\n"),
        Row(text: "Rules: {lowestEfficiency: 0.3}\n"),
        // Disabled.
        Row(text: rule("highestUserWastedPercent: disabled"), efficiency: 0.5, userWasted: nil),
        Row(text: rule("highestUserWastedPercent: 'DisAbled'"), efficiency: 0.5, userWasted: nil),
        Row(text: rule("highestUserWastedPercent: OFF"), efficiency: 0.5, userWasted: nil),
        Row(text: rule("highestUserWastedPercent: false"), efficiency: 0.5, userWasted: nil),
        Row(text: rule("highestUserWastedPercent: ''"), efficiency: 0.5, userWasted: nil),
        Row(text: rule(#"highestUserWastedPercent: "\t off ""#), efficiency: 0.5, userWasted: nil),
        Row(
            text: "rules: {lowestEfficiency: off, highestWastedBytes: off, highestUserWastedPercent: off}", efficiency: nil,
            userWasted: nil),
        // Numbers as Go reads them.
        Row(text: rule("highestUserWastedPercent: .5"), efficiency: 0.5, userWasted: 0.5),
        Row(text: rule("highestUserWastedPercent: '5e-1'"), efficiency: 0.5, userWasted: 0.5),
        Row(text: rule("highestUserWastedPercent: 1"), efficiency: 0.5, userWasted: 1),
        Row(text: rule("highestWastedBytes: 1,000MB"), efficiency: 0.5, bytes: 1_000_000_000),
        Row(text: rule("highestWastedBytes: 1.5 gib"), efficiency: 0.5, bytes: 1_610_612_736),
        Row(text: rule("highestWastedBytes: 2EB"), efficiency: 0.5, bytes: 2_000_000_000_000_000_000),
        Row(text: rule("highestWastedBytes: 16e"), efficiency: 0.5, bytes: .max),
        Row(text: rule("highestWastedBytes: 20Mi"), efficiency: 0.5, bytes: 20 << 20),
        Row(text: rule("highestWastedBytes: 7k"), efficiency: 0.5, bytes: 7000),
        Row(text: rule("highestWastedBytes: 12"), efficiency: 0.5, bytes: 12),
        Row(text: rule("highestWastedBytes: 1.9b"), efficiency: 0.5, bytes: 1),
        // Its settings have kebab keys, and the older ones, in letters of any case.
        Row(
            text: "ci: true\nrules:\n  lowest-efficiency: '0.8'\n  highest-wasted-bytes: 1MB\n"
                + "  highest-user-wasted-percent: 0.2\nkeybinding: {quit: q}\n",
            efficiency: 0.8, bytes: 1_000_000, userWasted: 0.2, path: "/home/u/.dive.yaml"),
        Row(
            text: "RULES: {Lowest-Efficiency: 0.8, highestUserWastedPercent: off, highest-user-wasted-percent: 0.3}",
            efficiency: 0.8, userWasted: nil, path: ".dive.yml"),
        Row(text: "rules: {lowestEfficiency: '', lowest-efficiency: 0.7}", efficiency: 0.7, path: ".dive.yaml"),
        Row(text: "keybinding: {quit: q}\n", path: ".dive.yaml"),
        // A file without its name is known by its rules.
        Row(text: "rules:\n", path: "ci.yaml"), Row(text: "rules: {lowest-efficiency: 0.7}", efficiency: 0.7, path: "ci.yaml"),
        Row(text: "rules: {highestWastedBytes: 1KB}", bytes: 1000, path: "own.dive-ci.yml"),
    ]

    @Test(arguments: rows) func aFileSaysWhatDiveTakesFromIt(_ row: Row) throws {
        let budget = try BudgetFile.budget(parsing: row.text, path: row.path)
        var expected: [Budget.Rule.Limit] = []
        if let ratio = row.efficiency { expected.append(.atLeast(ratio)) }
        if let bytes = row.bytes { expected.append(.amount(.bytes(bytes))) }
        if let ratio = row.userWasted { expected.append(.amount(.ratio(ratio))) }
        #expect(budget.rules.map(\.limit) == expected)
    }

    private static let refused = [
        "- rules", "text", "rules: [lowestEfficiency]", "rules: text", rule("highestUserWastedPercent: 1.1"),
        rule("highestUserWastedPercent: -0.1"), rule("highestUserWastedPercent: 10%"), rule("highestUserWastedPercent: [1]"),
        rule("highestUserWastedPercent: {a: 1}"), rule("highestUserWastedPercent: 'null'"),
        rule("highestUserWastedPercent: ' 0.5'"), rule("highestWastedBytes: MB"), rule("highestWastedBytes: 20 apples"),
        rule("highestWastedBytes: -1MB"), rule("highestWastedBytes: 1.2.3kB"), rule("highestWastedBytes: ' 1kB'"),
        rule("highestWastedBytes: 20EB"), rule("highestWastedBytes: 1e3"), rule("highestWastedBytes: ','"),
        "rules: {lowestEfficiency: 0.1}\nrules: {lowestEfficiency: 0.1}",
        "rules: {lowestEfficiency: 0.1, lowestEfficiency: 0.1}", "rules: {", "rules:\n\t- x",
    ]

    @Test(arguments: refused) func whatDiveRefusesIsAnError(_ text: String) {
        #expect(throws: BudgetFileError.self) { try BudgetFile.budget(parsing: text, path: ".dive-ci") }
    }

    @Test func aBudgetOfOursNeedsItsVersion() {
        #expect(throws: BudgetFileError.self) { try BudgetFile.budget(parsing: "max-size: 1kB", path: "budget.yaml") }
        #expect(throws: BudgetFileError.self) { try BudgetFile.budget(parsing: "rules: []", path: "budget.yaml") }
        #expect(throws: BudgetFileError.self) {
            try BudgetFile.budget(parsing: "version: 1\nrules: {}", path: "budget.yaml")
        }
    }
}
