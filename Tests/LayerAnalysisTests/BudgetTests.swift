import LayerAnalysis
import LayerArchive
import OCISpec
import PackageDatabases
import SettingsFile
import Testing

/// Every rule, passing and failing, and what allowances do to it.
@Suite struct BudgetTests {
    private static let now = Timestamp(seconds: 1_800_000_000)  // 2027-01-15

    /// A base, 10,000 bytes in two files, one of which goes, and what `extra` adds.
    private func layers(_ extra: [LayerEntry] = []) -> [[LayerEntry]] {
        [
            [TarEntry.file("etc/os-release", bytes: 1000, content: 99)],
            [TarEntry.file("var/cache/a", bytes: 6000, content: 1), TarEntry.file("opt/b", bytes: 4000, content: 2)],
            [TarEntry.whiteout("var/cache/a")] + extra,
        ]
    }

    private func result(
        _ yaml: String, _ layers: [[LayerEntry]]? = nil, baseLayerCount: Int? = 1, against: Int64? = nil,
        packages: [MeasuredPackage] = [], problems: [PackageProblem] = [], isCompatible: Bool = false
    ) throws -> CheckResult {
        let entries = layers ?? self.layers()
        let indexes = entries.map { LayerIndex($0) }
        var tree = MergedTree()
        for index in indexes { try tree.apply(index) }
        var baseline: Baseline?
        if let against {
            let document = """
                {"kind": "image-analysis", "schemaVersion": 1, "image": {"name": "old"},
                 "totals": {"contentBytes": \(against), "visibleBytes": 1, "compressedBytes": 1}}
                """
            baseline = try Baseline(parsing: Array(document.utf8))
        }
        return try BudgetCheck(
            try BudgetFile.budget(parsing: yaml), try EngineFigures.analysis(of: entries, baseLayerCount: baseLayerCount),
            against: baseline, stored: tree.storedBytes(),
            inventory: PackageInventory(packages: packages, unownedBytes: 0, problems: problems),
            compatible: isCompatible ? DiveFigures(indexes) : nil, at: Self.now
        ).result()
    }

    private static let packages = [
        MeasuredPackage(manager: .deb, name: "curl", version: "1", architecture: "amd64", bytes: 500, fileCount: 2),
        MeasuredPackage(manager: .pip, name: "numpy", version: "2", architecture: nil, bytes: 900, fileCount: 3),
        MeasuredPackage(manager: .deb, name: "empty", version: "2", architecture: nil, bytes: 0, fileCount: 0),
    ]

    // The image stores 11,000 bytes, shows 5,000 and wastes 6,000; above its base it stores 10,000.
    private static let rules: [(rule: String, status: CheckResult.Status, measured: CheckResult.Quantity?)] = [
        ("max-size: 11kB", .passed, .bytes(11_000)), ("max-size: 10999", .failed, .bytes(11_000)),
        ("max-visible: 5kB", .passed, .bytes(5000)), ("max-visible: 4999B", .failed, .bytes(5000)),
        ("max-compressed: 0", .passed, .bytes(0)),
        ("max-layer: 10kB", .passed, .bytes(10_000)), ("max-layer: 9999", .failed, .bytes(10_000)),
        ("max-layers: 3", .passed, .count(3)), ("max-layers: 2", .failed, .count(3)),
        ("max-wasted: 6kB", .passed, .bytes(6000)), ("max-wasted: 5999", .failed, .bytes(6000)),
        ("max-wasted: 60%", .passed, .ratio(6.0 / 11)), ("max-wasted: 50%", .failed, .ratio(6.0 / 11)),
        ("max-user-wasted: 60%", .passed, .ratio(0.6)), ("max-user-wasted: 59%", .failed, .ratio(0.6)),
        ("min-efficiency: 45%", .passed, .ratio(5.0 / 11)), ("min-efficiency: 0.46", .failed, .ratio(5.0 / 11)),
        ("max-growth: 10%", .passed, .ratio(0.1)), ("max-growth: 9%", .failed, .ratio(0.1)),
        ("max-growth: 1kB", .passed, .bytes(1000)), ("max-growth: 999", .failed, .bytes(1000)),
        ("paths: [{match: /opt/**, max: 4kB}]", .passed, .bytes(4000)),
        ("paths: [{match: /opt/**, max: 3999}]", .failed, .bytes(4000)),
        ("paths: [{match: /opt, forbid: true}]", .failed, .count(1)),
        ("paths: [{match: /srv, forbid: true}]", .passed, .count(0)),
        ("paths: [{match: /var/**, forbid: true}]", .passed, .count(0)),
        ("packages: [{match: 'pip:*', max: 900}]", .passed, .bytes(900)),
        ("packages: [{match: '*', max: 1kB}]", .failed, .bytes(1400)),
        ("packages: [{match: empty, forbid: true}]", .failed, .count(1)),
        ("packages: [{match: 'pip:curl', forbid: true}]", .passed, .count(0)),
    ]

    @Test(arguments: rules)
    func aRuleHoldsToItsLastByte(_ known: (rule: String, status: CheckResult.Status, measured: CheckResult.Quantity?)) throws {
        let result = try self.result("version: 1\n\(known.rule)", against: 10_000, packages: Self.packages)
        #expect(result.rules.map(\.status) == [known.status], "\(known.rule)")
        #expect(result.rules.map(\.measured) == [known.measured], "\(known.rule)")
        #expect(result.isPassed == (known.status != .failed))
    }

    @Test func severalRulesAreReportedAtOnce() throws {
        let result = try self.result("{version: 1, max-size: 1kB, max-visible: 1kB, max-layers: 1, max-wasted: 7kB}")
        #expect(result.rules.map(\.status) == [.failed, .failed, .failed, .passed])
        #expect(result.rules[0].items.first?.bytes == 10_000)
    }

    @Test func whatCannotBeMeasuredIsNotApplicable() throws {
        #expect(try result("{version: 1, max-user-wasted: 1%}", baseLayerCount: nil).rules[0].status == .notApplicable)
        #expect(try result("{version: 1, min-efficiency: 99%}", [[]]).rules[0].status == .notApplicable)
        #expect(try result("{version: 1, max-growth: 5%}").rules[0].status == .notApplicable)
    }

    // MARK: Allowances

    private func allowing(_ rule: String, _ match: String?, expires: String = "never", limit: String) -> String {
        let match = match.map { "match: '\($0)', " } ?? ""
        return "{version: 1, \(limit), allow: [{rule: \(rule), \(match)reason: because, expires: \(expires)}]}"
    }

    @Test func anAllowanceOverlooksWhatItNames() throws {
        let cases = [
            allowing("max-wasted", "/var/cache/**", limit: "max-wasted: 1kB"),
            allowing("min-efficiency", "/var/**", limit: "min-efficiency: 99%"),
            allowing("max-user-wasted", "/var/**", limit: "max-user-wasted: 1%"),
            allowing("max-layer", "*", limit: "max-layer: 5kB"), allowing("max-size", nil, limit: "max-size: 1kB"),
            allowing("path", "/opt/b", limit: "paths: [{match: /opt/**, forbid: true}]"),
            allowing("package", "deb:*", limit: "packages: [{match: curl, forbid: true}]"),
        ]
        for yaml in cases {
            let result = try self.result(yaml, packages: Self.packages)
            #expect(result.rules.map(\.status) == [.allowed], "\(yaml)")
            #expect(result.allowances.map(\.status) == [.used], "\(yaml)")
            #expect(result.isPassed)
        }
    }

    @Test func anAllowanceHoldsThroughItsLastDayAndNoLonger() throws {
        for (day, isPassed) in [("2027-01-15", true), ("2027-01-14", false), ("2020-02-29", false)] {
            let result = try self.result(allowing("max-wasted", "/var/**", expires: day, limit: "max-wasted: 1kB"))
            #expect(result.isPassed == isPassed, "\(day)")
            #expect(result.allowances[0].status == (isPassed ? .used : .expired), "\(day)")
        }
    }

    @Test func anAllowanceForSomethingElseChangesNothing() throws {
        let result = try self.result(allowing("max-wasted", "/srv/**", limit: "max-wasted: 1kB"))
        #expect(!result.isPassed)
        #expect(result.allowances.map(\.status) == [.unused])
    }

    // MARK: Files

    private static let badFiles: [(yaml: String, line: Int?, names: String)] = [
        ("", 1, "missingKey"), ("max-size: 1kB", 1, "missingKey"), ("version: 2\nmax-size: 1kB", 1, "unknownVersion"),
        ("version: 1", 1, "noRules"), ("version: 1\nmax-sise: 1kB", 2, "max-size"),
        ("version: 1\nmax-size: 5%", 2, "badValue"), ("version: 1\nmax-size: 5M", 2, "badValue"),
        ("version: 1\nmax-layers: -1", 2, "badValue"), ("version: 1\nmin-efficiency: 95", 2, "badValue"),
        ("version: 1\npaths: [{match: /x}]", 2, "noLimit"), ("version: 1\npaths: [{max: 1kB}]", 2, "match"),
        ("version: 1\npaths: [{match: /x, max: 1kB, forbid: true}]", 2, "noLimit"),
        ("version: 1\nmax-size: 1kB\nallow: [{rule: max-waste, reason: r, expires: never}]", 3, "max-wasted"),
        ("version: 1\nmax-size: 1kB\nallow: [{rule: max-size, match: x, reason: r, expires: never}]", 3, "nothingToMatch"),
        ("version: 1\nmax-size: 1kB\nallow: [{rule: max-size, expires: never}]", 3, "reason"),
        ("version: 1\nmax-size: 1kB\nallow: [{rule: max-size, reason: r}]", 3, "expires"),
        ("version: 1\nmax-size: 1kB\nallow: [{rule: max-size, reason: r, expires: 2027-13-01}]", 3, "badValue"),
        ("version: 1\nmax-size: [", nil, "syntax"), ("- 1", 1, "badValue"),
        ("version: 1\nmax-size: 1kB\nmax-size: 2kB", nil, "twice"),
    ]

    @Test(arguments: badFiles) func aWrongFileIsToldWithItsPlace(_ known: (yaml: String, line: Int?, names: String)) throws {
        let error = try #require(throws: BudgetFileError.self) { try BudgetFile.budget(parsing: known.yaml) }
        if let line = known.line { #expect(error.line == line, "\(known.yaml)") }
        #expect("\(error.problem)".contains(known.names), "\(known.yaml): \(error)")
    }

    // MARK: What cannot be seen

    private static let damaged = PackageProblem(path: Array("app/node_modules/x/package.json".utf8), reason: .damaged)

    @Test(arguments: ["deb:curl", "d*:curl", "deb:*", "?ip:numpy"])
    func aRuleOfAnotherManagerIsDecided(_ pattern: String) throws {
        let yaml = "version: 1\npackages: [{match: '\(pattern)', max: 1MB}]"
        #expect(try result(yaml, packages: Self.packages, problems: [Self.damaged]).rules.map(\.status) == [.passed])
    }

    @Test(arguments: ["npm:x", "x", "*", "n?m:y", "*:left", "np*:z", "[a-n]pm:x", "[:]x:y"])
    func aRuleThatMayBeAboutWhatIsUnseenIsAnError(_ pattern: String) throws {
        let yaml = "version: 1\npackages: [{match: '\(pattern)', forbid: true}]"
        #expect(throws: Self.damaged) { try result(yaml, packages: Self.packages, problems: [Self.damaged]) }
    }

    /// Of a manager that is not read, a rule may be about a package unless it names another one.
    @Test func aManagerThatIsNotReadIsNoneOfTheOthers() throws {
        let problem = PackageProblem(path: Array("usr/lib/opkg/status".utf8), reason: .unsupported)
        for (pattern, isUnseen) in [("deb:x", false), ("opkg:x", true), ("x", true), ("*:x", true), ("d?b:x", true)] {
            let yaml = "version: 1\npackages: [{match: '\(pattern)', forbid: true}]"
            if isUnseen {
                #expect(throws: problem, "\(pattern)") { try result(yaml, problems: [problem]) }
            } else {
                #expect(try result(yaml, problems: [problem]).isPassed, "\(pattern)")
            }
        }
    }

    @Test func rulesOnOtherThingsAreDecidedWhateverIsUnseen() throws {
        #expect(try result("version: 1\nmax-size: 1MB", problems: [Self.damaged]).isPassed)
    }

    // MARK: The other tool

    @Test func aDiveFileIsReadAsItIs() throws {
        let yaml = "rules:\n  lowestEfficiency: 0.46\n  highestWastedBytes: 20M\n  highestUserWastedPercent: disabled\n"
        let budget = try BudgetFile.budget(parsing: yaml)
        #expect(budget.rules.map(\.name) == [.minEfficiency, .maxWasted])
        #expect(budget.rules.map(\.limit) == [.atLeast(0.46), .amount(.bytes(20_000_000))])
        #expect(budget.rules.map(\.line) == [2, 3])
        #expect(try result(yaml).rules.map(\.status) == [.failed, .passed])
        // What it is silent about has that tool's own limits.
        let silent = try BudgetFile.budget(parsing: "rules: {highestWastedBytes: 1kB}\nother: x")
        #expect(silent.rules.map(\.limit) == [.atLeast(0.9), .amount(.bytes(1000)), .amount(.ratio(0.1))])
    }

    /// The figures that the tool is known to give (semantics, section 5).
    private static let diveWaste: [(name: String, wasted: Int64)] = [
        ("rm dir", 0), ("opaque", 0), ("ghost", 0), ("duplicate entry", 0), ("dir to file", 0),
        ("chmod", 20_000_000), ("rm file", 10_000_000),
    ]

    @Test(arguments: diveWaste) func itsOwnFiguresAreReproduced(_ known: (name: String, wasted: Int64)) throws {
        let worked = try #require(WorkedCases.all.first { $0.name == known.name })
        #expect(DiveFigures(worked.layers.map { LayerIndex($0) }).wastedBytes == known.wasted)
    }

    @Test func itsRulePassesOnWhatIsNotANumber() throws {
        let single = [[TarEntry.file("x", bytes: 10_000_000)]]
        #expect(DiveFigures(single.map { LayerIndex($0) }).userWastedRatio.isNaN)
        let yaml = "rules: {highestUserWastedPercent: 0.1, lowestEfficiency: disabled}"
        #expect(try result(yaml, single, baseLayerCount: nil, isCompatible: true).rules.map(\.status) == [.passed])
        // Truly there is nothing to compare.
        #expect(try result(yaml, single, baseLayerCount: nil).rules.map(\.status) == [.notApplicable])
    }

    @Test func aDeletedDirectoryCountsOnceItWasALeafBefore() {
        // An empty directory is a leaf: its whiteout is the second occurrence, and weighs what was put there meanwhile.
        let layers = [
            [TarEntry.directory("d")], [TarEntry.directory("d"), TarEntry.file("d/x", bytes: 500)], [TarEntry.whiteout("d")],
        ]
        let figures = DiveFigures(layers.map { LayerIndex($0) })
        #expect(figures.wastedBytes == 500)
        #expect(figures.efficiency == 0.5)
    }
}
