package import OCISpec

/// What an image may be: limits, and what is allowed in spite of them (`docs/check.md`).
package struct Budget: Hashable, Sendable {
    /// A limit in bytes, or as a part of something.
    package enum Amount: Hashable, Sendable {
        /// A number of bytes.
        case bytes(Int64)
        /// From 0 to 1 and beyond.
        case ratio(Double)
    }

    /// The rules that there are; `rawValue` is the key of the file and the flag.
    package enum RuleName: String, Sendable, CaseIterable {
        /// Bytes that the layers store, as docker's SIZE.
        case maxSize = "max-size"
        case maxVisible = "max-visible"
        case maxCompressed = "max-compressed"
        case maxLayer = "max-layer"
        case maxLayers = "max-layers"
        case maxWasted = "max-wasted"
        case maxUserWasted = "max-user-wasted"
        case minEfficiency = "min-efficiency"
        /// Of what the layers store, against another image.
        case maxGrowth = "max-growth"
        case path
        case package

        /// Whether an allowance may name some of what it is about.
        package var hasItems: Bool {
            switch self {
            case .maxLayer, .maxWasted, .maxUserWasted, .minEfficiency, .path, .package: true
            case .maxSize, .maxVisible, .maxCompressed, .maxLayers, .maxGrowth: false
            }
        }
    }

    /// One rule.
    package struct Rule: Hashable, Sendable {
        /// What the measured figure is held against.
        package enum Limit: Hashable, Sendable {
            /// At most so many bytes, or such a part.
            case amount(Amount)
            /// At most so many.
            case count(Int)
            /// At least so much.
            case atLeast(Double)
            /// Nothing at all, not even something empty.
            case forbidden
        }

        /// Which figure is measured.
        package var name: RuleName
        /// What `path` and `package` rules are about; nil for the others.
        package var pattern: String?
        /// What the figure may be.
        package var limit: Limit
        /// The line of the file that says so; nil for a flag.
        package var line: Int?

        /// A rule from its parts.
        package init(_ name: RuleName, pattern: String? = nil, limit: Limit, line: Int? = nil) {
            self.name = name
            self.pattern = pattern
            self.limit = limit
            self.line = line
        }
    }

    /// Something that a rule overlooks for a while, and why.
    package struct Allowance: Hashable, Sendable {
        /// The rule that overlooks it.
        package var rule: RuleName
        /// A path, an instruction or a package; nil for the whole rule.
        package var pattern: String?
        /// Why, in the words of whoever allowed it; reports repeat it.
        package var reason: String
        /// The first moment at which it does not hold any more; nil for never.
        package var end: Timestamp?
        /// The last day, as it was written.
        package var expires: String?
        /// The line of the file that says so.
        package var line: Int?

        /// An allowance from its parts.
        package init(
            _ rule: RuleName, pattern: String?, reason: String, end: Timestamp?, expires: String?, line: Int? = nil
        ) {
            self.rule = rule
            self.pattern = pattern
            self.reason = reason
            self.end = end
            self.expires = expires
            self.line = line
        }
    }

    /// In the order of the file, then of the flags; several may be about one figure.
    package var rules: [Rule]
    /// In the order of the file; the first that fits counts.
    package var allowances: [Allowance]

    /// A budget from its parts.
    package init(rules: [Rule] = [], allowances: [Allowance] = []) {
        self.rules = rules
        self.allowances = allowances
    }

    /// Whether paths must be known to check it, which takes the whole tree.
    package var needsTree: Bool { rules.contains { $0.name == .path } }

    /// Whether packages must be known to check it.
    package var needsPackages: Bool { rules.contains { $0.name == .package } }
}
