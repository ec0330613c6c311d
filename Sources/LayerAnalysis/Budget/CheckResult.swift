/// What a check of an image against a budget found: every rule, whether or not it holds.
package struct CheckResult: Hashable, Sendable {
    /// A figure as a rule compares it.
    package enum Quantity: Hashable, Sendable {
        /// A number of bytes.
        case bytes(Int64)
        /// nil where there is nothing to divide by; may be infinite in another tool's figures.
        case ratio(Double?)
        /// A number of things, such as layers or paths.
        case count(Int)
    }

    /// How a rule came out.
    package enum Status: String, Hashable, Sendable, CaseIterable {
        case passed
        case failed
        /// It would fail, were it not for an allowance.
        case allowed
        /// The figure is not known, since the content of a layer is not: so it does not hold.
        case undecided
        /// There is nothing to compare: no base is known, no content stored.
        case notApplicable

        /// Whether the image does not pass.
        package var isFailure: Bool { self == .failed || self == .undecided }
    }

    /// One thing that makes a rule fail, or contributes to it.
    package struct Item: Hashable, Sendable {
        /// What it is.
        package enum Kind: String, Hashable, Sendable { case path, layer, package }

        /// How `label` is to be read.
        package var kind: Kind
        /// A path with its leading slash, an instruction, or `manager:name`; raw bytes.
        package var label: [UInt8]
        /// A layer's place, counted from 0.
        package var layer: Int?
        /// What it contributes to the rule's figure, in bytes.
        package var bytes: Int64
    }

    /// One rule with what was measured.
    package struct RuleResult: Hashable, Sendable {
        /// What was asked for.
        package var rule: Budget.Rule
        /// How the rule came out, allowances counted.
        package var status: Status
        /// Nil where the figure is not known, or there is nothing to measure.
        package var measured: Quantity?
        /// The largest contributors, most bytes first.
        package var items: [Item]
    }

    /// An allowance, and whether it is any use.
    package struct AllowanceResult: Hashable, Sendable {
        /// Whether something was overlooked by it, nothing was, or its time is over.
        package enum Status: String, Hashable, Sendable { case used, unused, expired }

        /// As the budget has it.
        package var allowance: Budget.Allowance
        /// Of this check; another image may need what this one does not.
        package var status: Status
        /// Bytes that it makes a rule overlook.
        package var bytes: Int64
    }

    /// What was checked.
    package var image: AnalyzedImage
    /// The image's own sums, whatever the rules ask for.
    package var totals: AnalysisTotals
    /// What growth was measured against; nil where nothing was named.
    package var against: Baseline?
    /// Another tool's figures, where the check goes by them.
    package var compatible: DiveFigures?
    /// One for each rule of the budget, in its order.
    package var rules: [RuleResult]
    /// One for each allowance of the budget, in its order.
    package var allowances: [AllowanceResult]

    /// Whether every rule holds, or is not about this image.
    package var isPassed: Bool { !rules.contains { $0.status.isFailure } }
}
