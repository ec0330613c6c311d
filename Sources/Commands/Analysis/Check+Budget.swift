import LayerAnalysis
import Operations

extension Check {
    /// The file's rules, with those that flags say in their place.
    func wholeBudget() throws -> Budget {
        var rules = try budget.map { try BudgetSource.read($0) } ?? Budget()
        let flags: [(Budget.RuleName, String?)] = [
            (.maxSize, maxSize), (.maxVisible, maxVisible), (.maxCompressed, maxCompressed), (.maxLayer, maxLayer),
            (.maxWasted, maxWasted), (.minEfficiency, minEfficiency), (.maxGrowth, maxGrowth),
        ]
        for case (let name, let text?) in flags {
            guard let limit = Budget.limit(name, text) else {
                throw CommandError.badOption("--\(name.rawValue)", text, expected: Budget.expected(name))
            }
            rules.rules.removeAll { $0.name == name }
            rules.rules.append(Budget.Rule(name, limit: limit))
        }
        // A file of dive's may disable all of its rules.
        guard budget != nil || !rules.rules.isEmpty else { throw CommandError.nothingToCheck }
        if against == nil, rules.rules.contains(where: { $0.name == .maxGrowth }) { throw CommandError.growthWithoutBaseline }
        return rules
    }
}
