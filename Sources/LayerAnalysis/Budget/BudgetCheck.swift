package import OCISpec
package import PackageDatabases
import TextPatterns

/// Holds an image against a budget; pure, so that the same figures always give the same result.
package struct BudgetCheck {
    private let budget: Budget
    private let analysis: ImageAnalysis
    private let baseline: Baseline?
    private let stored: StoredContents
    private let inventory: PackageInventory
    private let compatible: DiveFigures?
    private let now: Timestamp
    /// The most contributors that a result lists.
    private static let itemCount = 20

    /// A check of `analysis`; `stored` is needed for rules on paths, `inventory` for rules on packages.
    ///
    /// With `compatible` figures the three rules that the other tool has go by those.
    package init(
        _ budget: Budget, _ analysis: ImageAnalysis, against baseline: Baseline? = nil, stored: StoredContents = StoredContents(),
        inventory: PackageInventory = PackageInventory(packages: [], unownedBytes: nil, problems: []),
        compatible: DiveFigures? = nil, at now: Timestamp
    ) {
        self.budget = budget
        self.analysis = analysis
        self.baseline = baseline
        self.stored = stored
        self.inventory = inventory
        self.compatible = compatible
        self.now = now
    }

    /// Every rule, and every allowance.
    ///
    /// A package that cannot be seen must not pass for one that is not there: a record that could not be read is an error where a
    /// rule is about packages of its manager.
    package func result() throws(PackageProblem) -> CheckResult {
        if let problem = unseen() { throw problem }
        var use = AllowanceUse(budget.allowances, at: now)
        let rules = budget.rules.map { evaluate($0, &use) }
        return CheckResult(
            image: analysis.image, totals: analysis.totals, against: baseline, compatible: compatible, rules: rules,
            allowances: use.results)
    }

    private func evaluate(_ rule: Budget.Rule, _ use: inout AllowanceUse) -> CheckResult.RuleResult {
        switch rule.name {
        case .maxSize: figure(rule, analysis.totals.contentBytes, largestLayers(), &use)
        case .maxVisible: figure(rule, analysis.totals.visibleBytes, [], &use)
        case .maxCompressed: figure(rule, analysis.totals.compressedBytes, largestLayers(compressed: true), &use)
        case .maxLayers: layerCount(rule, &use)
        case .maxLayer: layers(rule, &use)
        case .maxWasted: wasted(rule, &use)
        case .maxUserWasted: userWasted(rule, &use)
        case .minEfficiency: efficiency(rule, &use)
        case .maxGrowth: growth(rule, &use)
        case .path: paths(rule, &use)
        case .package: packages(rule, &use)
        }
    }

    /// What keeps a rule on packages from being decided; layers that are not known leave it undecided, and are not meant.
    private func unseen() -> PackageProblem? {
        let patterns = budget.rules.filter { $0.name == .package }.compactMap(\.pattern)
        return inventory.problems.first { problem in
            if problem.isOfLayer { return false }
            return patterns.contains { PackagePattern($0).mayMean(problem.manager) }
        }
    }

    // MARK: One figure

    private func figure(
        _ rule: Budget.Rule, _ bytes: Int64?, _ items: [CheckResult.Item], _ use: inout AllowanceUse
    ) -> CheckResult.RuleResult {
        guard case .amount(.bytes(let limit)) = rule.limit else { return nothing(rule) }
        guard let bytes else { return undecided(rule, &use) }
        return whole(rule, .bytes(bytes), isOver: bytes > limit, items, over: bytes - limit, &use)
    }

    private func layerCount(_ rule: Budget.Rule, _ use: inout AllowanceUse) -> CheckResult.RuleResult {
        guard case .count(let limit) = rule.limit else { return nothing(rule) }
        let count = analysis.totals.layerCount
        return whole(rule, .count(count), isOver: count > limit, [], over: 0, &use)
    }

    private func growth(_ rule: Budget.Rule, _ use: inout AllowanceUse) -> CheckResult.RuleResult {
        guard let baseline, case .amount(let limit) = rule.limit else { return nothing(rule) }
        guard let before = baseline.contentBytes, let after = analysis.totals.contentBytes else {
            return undecided(rule, &use)
        }
        let grown = after - before
        switch limit {
        case .bytes(let most):
            return whole(rule, .bytes(grown), isOver: grown > most, [], over: grown > most ? grown - most : 0, &use)
        case .ratio(let most):
            guard before > 0 else {
                // From nothing to something is more than any percentage.
                return whole(rule, .ratio(nil), isOver: grown > 0, [], over: grown, &use)
            }
            let ratio = Double(grown) / Double(before)
            return whole(rule, .ratio(ratio), isOver: ratio > most, [], over: grown, &use)
        }
    }

    /// A result on a figure that an allowance can only overlook as a whole.
    private func whole(
        _ rule: Budget.Rule, _ measured: CheckResult.Quantity, isOver: Bool, _ items: [CheckResult.Item], over: Int64,
        _ use: inout AllowanceUse
    ) -> CheckResult.RuleResult {
        var status: CheckResult.Status = isOver ? .failed : .passed
        if isOver, use.allowsWhole(rule.name, bytes: over) { status = .allowed }
        return CheckResult.RuleResult(
            rule: rule, status: status, measured: measured, items: isOver ? items : [])
    }

    private func nothing(_ rule: Budget.Rule) -> CheckResult.RuleResult {
        CheckResult.RuleResult(rule: rule, status: .notApplicable, measured: nil, items: [])
    }

    /// A result on a figure that is not known: it fails, unless the whole rule is overlooked anyway.
    private func undecided(_ rule: Budget.Rule, _ use: inout AllowanceUse) -> CheckResult.RuleResult {
        let status: CheckResult.Status = use.allowsWhole(rule.name, bytes: 0) ? .allowed : .undecided
        return CheckResult.RuleResult(rule: rule, status: status, measured: nil, items: [])
    }

    // MARK: Waste

    /// What is wasted and no allowance overlooks, with the bytes left out; only what layers from `first` on store.
    private func unallowed(
        _ rule: Budget.RuleName, from first: Int = 0, _ use: inout AllowanceUse
    ) -> (allowed: Int64, items: [CheckResult.Item]) {
        var allowed: Int64 = 0
        var items: [CheckResult.Item] = []
        for path in analysis.wastedPaths where path.layers.allSatisfy({ $0 >= first }) {
            if use.allows(rule, path: path.path, bytes: path.wastedBytes) {
                allowed += path.wastedBytes
            } else if items.count < Self.itemCount {
                items.append(
                    CheckResult.Item(
                        kind: .path, label: [UInt8(ascii: "/")] + path.path, layer: path.layers.first, bytes: path.wastedBytes))
            }
        }
        return (allowed, items)
    }

    private func wasted(_ rule: Budget.Rule, _ use: inout AllowanceUse) -> CheckResult.RuleResult {
        guard let total = analysis.totals.contentBytes, let wasted = analysis.totals.wastedBytes else {
            return undecided(rule, &use)
        }
        let (allowed, items) = compatible == nil ? unallowed(rule.name, &use) : (0, compatible?.items ?? [])
        return waste(rule, bytes: compatible?.wastedBytes ?? wasted, allowed: allowed, of: total, items, &use)
    }

    private func userWasted(_ rule: Budget.Rule, _ use: inout AllowanceUse) -> CheckResult.RuleResult {
        if let compatible {
            guard case .amount(.ratio(let limit)) = rule.limit else { return nothing(rule) }
            // Not a number is not more than any limit: that tool passes then.
            let isOver = compatible.userWastedRatio > limit
            return whole(rule, .ratio(compatible.userWastedRatio), isOver: isOver, compatible.items, over: 0, &use)
        }
        guard let user = analysis.totals.user else { return nothing(rule) }
        guard let total = user.contentBytes, let wasted = user.wastedBytes else { return undecided(rule, &use) }
        let first = analysis.layers.prefix { $0.isBase == true }.count
        let (allowed, items) = unallowed(rule.name, from: first, &use)
        return waste(rule, bytes: wasted, allowed: allowed, of: total, items, &use)
    }

    private func waste(
        _ rule: Budget.Rule, bytes: Int64, allowed: Int64, of total: Int64, _ items: [CheckResult.Item],
        _ use: inout AllowanceUse
    ) -> CheckResult.RuleResult {
        guard case .amount(let limit) = rule.limit else { return nothing(rule) }
        let left = bytes - allowed
        let (isOver, wouldBe, measured): (Bool, Bool, CheckResult.Quantity)
        switch limit {
        case .bytes(let most): (isOver, wouldBe, measured) = (left > most, bytes > most, .bytes(left))
        case .ratio(let most):
            guard total > 0 else { return nothing(rule) }
            let ratio = Double(left) / Double(total)
            (isOver, wouldBe, measured) = (ratio > most, Double(bytes) / Double(total) > most, .ratio(ratio))
        }
        return partial(rule, measured, isOver: isOver, wouldBeOver: wouldBe, items, left, &use)
    }

    private func efficiency(_ rule: Budget.Rule, _ use: inout AllowanceUse) -> CheckResult.RuleResult {
        guard case .atLeast(let least) = rule.limit else { return nothing(rule) }
        if let compatible {
            return whole(
                rule, .ratio(compatible.efficiency), isOver: compatible.efficiency < least, compatible.items, over: 0, &use)
        }
        guard let total = analysis.totals.contentBytes, let visible = analysis.totals.visibleBytes else {
            return undecided(rule, &use)
        }
        guard let all = analysis.totals.efficiency else { return nothing(rule) }
        let (allowed, items) = unallowed(rule.name, &use)
        let content = total - allowed
        guard content > 0 else { return nothing(rule) }
        let measured = Double(visible) / Double(content)
        return partial(
            rule, .ratio(measured), isOver: measured < least, wouldBeOver: all < least, items, content - visible, &use)
    }

    /// A result on a figure from which allowances took some.
    private func partial(
        _ rule: Budget.Rule, _ measured: CheckResult.Quantity?, isOver: Bool, wouldBeOver: Bool, _ items: [CheckResult.Item],
        _ bytes: Int64, _ use: inout AllowanceUse
    ) -> CheckResult.RuleResult {
        var status: CheckResult.Status = isOver ? .failed : wouldBeOver ? .allowed : .passed
        if isOver, use.allowsWhole(rule.name, bytes: bytes) { status = .allowed }
        return CheckResult.RuleResult(rule: rule, status: status, measured: measured, items: isOver ? items : [])
    }

    // MARK: Single things

    private func layers(_ rule: Budget.Rule, _ use: inout AllowanceUse) -> CheckResult.RuleResult {
        guard case .amount(.bytes(let limit)) = rule.limit else { return nothing(rule) }
        let own = analysis.layers.filter { $0.isBase != true }
        guard !own.isEmpty else { return nothing(rule) }
        let items = own.filter { $0.figures.contentBytes.map { $0 > limit } ?? false }.map(item)
        let most = own.compactMap(\.figures.contentBytes).max()
        let result = single(rule, most.map { .bytes($0) }, items, &use)
        // What one layer is too large by, the others do not make good; but one that is not known may be too large as well.
        let isDecided = result.status == .failed || own.allSatisfy { $0.figures.contentBytes != nil }
        return isDecided ? result : undecided(rule, &use)
    }

    private func paths(_ rule: Budget.Rule, _ use: inout AllowanceUse) -> CheckResult.RuleResult {
        guard let glob = rule.pattern.flatMap(PathGlob.init) else { return nothing(rule) }
        guard !analysis.totals.isPartial else { return undecided(rule, &use) }
        var items: [CheckResult.Item] = []
        var allowed: Int64 = 0
        var bytes: Int64 = 0
        for file in stored where !file.isWasted && glob.matches(file.path) {
            if use.allows(.path, path: file.path, bytes: file.bytes) {
                allowed += file.bytes
                continue
            }
            bytes += file.bytes
            items.append(
                CheckResult.Item(kind: .path, label: [UInt8(ascii: "/")] + file.path, layer: file.layer, bytes: file.bytes))
        }
        return sum(rule, bytes, allowed: allowed, items, &use)
    }

    private func packages(_ rule: Budget.Rule, _ use: inout AllowanceUse) -> CheckResult.RuleResult {
        guard let pattern = rule.pattern.map(PackagePattern.init) else { return nothing(rule) }
        guard !analysis.totals.isPartial, !inventory.problems.contains(where: \.isOfLayer) else { return undecided(rule, &use) }
        var items: [CheckResult.Item] = []
        var allowed: Int64 = 0
        var bytes: Int64 = 0
        for package in inventory.packages where pattern.means(package) {
            if use.allows(.package, package: package) {
                allowed += package.bytes
                continue
            }
            bytes += package.bytes
            let label = Array("\(package.manager.rawValue):\(package.name) \(package.version)".utf8)
            items.append(CheckResult.Item(kind: .package, label: label, layer: nil, bytes: package.bytes))
        }
        return sum(rule, bytes, allowed: allowed, items, &use)
    }

    /// A result on all that a pattern means, together.
    private func sum(
        _ rule: Budget.Rule, _ bytes: Int64, allowed: Int64, _ items: [CheckResult.Item], _ use: inout AllowanceUse
    ) -> CheckResult.RuleResult {
        let listed = Array(items.sorted { $0.bytes > $1.bytes }.prefix(Self.itemCount))
        switch rule.limit {
        case .forbidden:
            return partial(
                rule, .count(items.count), isOver: !items.isEmpty, wouldBeOver: allowed > 0, listed, bytes, &use)
        case .amount(.bytes(let limit)):
            return partial(
                rule, .bytes(bytes), isOver: bytes > limit, wouldBeOver: bytes + allowed > limit, listed, bytes, &use)
        case .amount(.ratio), .count, .atLeast: return nothing(rule)
        }
    }

    /// A result on things each of which is over the limit.
    private func single(
        _ rule: Budget.Rule, _ measured: CheckResult.Quantity?, _ items: [CheckResult.Item], _ use: inout AllowanceUse
    ) -> CheckResult.RuleResult {
        var left: [CheckResult.Item] = []
        for item in items where !use.allows(rule.name, text: String(decoding: item.label, as: UTF8.self), bytes: item.bytes) {
            left.append(item)
        }
        return partial(
            rule, measured, isOver: !left.isEmpty, wouldBeOver: !items.isEmpty, left, left.reduce(0) { $0 + $1.bytes }, &use)
    }

    private func largestLayers(compressed: Bool = false) -> [CheckResult.Item] {
        let items = analysis.layers.filter { compressed || $0.figures.contentBytes != nil }.map { layer in
            var item = item(layer)
            if compressed { item.bytes = layer.identity.compressedBytes }
            return item
        }
        return Array(items.sorted { $0.bytes > $1.bytes }.prefix(3))
    }

    private func item(_ layer: AnalyzedLayer) -> CheckResult.Item {
        CheckResult.Item(
            kind: .layer, label: Array((layer.identity.createdBy ?? "").utf8), layer: layer.index,
            bytes: layer.figures.contentBytes ?? 0)
    }
}

/// Which allowances hold, and what each was good for.
private struct AllowanceUse {
    private let allowances: [Budget.Allowance]
    private let patterns: [Patterns]

    /// The pattern of an allowance as each kind of rule reads it; nil where it has none.
    private struct Patterns {
        let path: PathGlob?
        let text: Glob?
        let package: PackagePattern?

        init(_ pattern: String?) {
            path = pattern.flatMap(PathGlob.init)
            text = pattern.map { Glob(shell: $0.utf8) }
            self.package = pattern.map(PackagePattern.init)
        }
    }

    private let isExpired: [Bool]
    private var isUsed: [Bool]
    private var bytes: [Int64]

    init(_ allowances: [Budget.Allowance], at now: Timestamp) {
        self.allowances = allowances
        patterns = allowances.map { Patterns($0.pattern) }
        isExpired = allowances.map { allowance in allowance.end.map { $0 <= now } ?? false }
        isUsed = allowances.map { _ in false }
        bytes = allowances.map { _ in 0 }
    }

    var results: [CheckResult.AllowanceResult] {
        allowances.indices.map { number in
            CheckResult.AllowanceResult(
                allowance: allowances[number],
                status: isExpired[number] ? .expired : isUsed[number] ? .used : .unused, bytes: bytes[number])
        }
    }

    mutating func allows(_ rule: Budget.RuleName, path: [UInt8], bytes: Int64) -> Bool {
        take(rule, bytes) { $1.path?.matches(path) == true }
    }

    mutating func allows(_ rule: Budget.RuleName, text: String, bytes: Int64) -> Bool {
        take(rule, bytes) { $1.text?.matches(text) == true }
    }

    mutating func allows(_ rule: Budget.RuleName, package: MeasuredPackage) -> Bool {
        take(rule, package.bytes) { $1.package?.means(package) == true }
    }

    /// Whether an allowance without a pattern overlooks a rule altogether.
    mutating func allowsWhole(_ rule: Budget.RuleName, bytes: Int64) -> Bool {
        take(rule, bytes) { allowance, _ in allowance.pattern == nil }
    }

    private mutating func take(
        _ rule: Budget.RuleName, _ amount: Int64, _ isMeant: (Budget.Allowance, Patterns) -> Bool
    ) -> Bool {
        let number = allowances.indices.first { number in
            !isExpired[number] && allowances[number].rule == rule && isMeant(allowances[number], patterns[number])
        }
        guard let number else { return false }
        isUsed[number] = true
        bytes[number] += amount
        return true
    }
}
