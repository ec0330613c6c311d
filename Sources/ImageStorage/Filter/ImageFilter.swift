package import OCISpec
package import TextValues

/// Which images are meant: conditions of which every one must hold.
///
/// What is not known of an image fulfils no condition: an image without a creation time is neither old nor new, one that
/// cannot be read neither has a label nor lacks it.
package struct ImageFilter: Hashable, Sendable {
    /// What a condition asks about.
    package enum Key: String, Hashable, Sendable, CaseIterable {
        case reference, label, dangling, until, imported, used, size, before, since

        /// The key of that name; `ref` is `reference`.
        package init?(name: String) {
            self.init(rawValue: name == "ref" ? "reference" : name)
        }

        /// The relations that its conditions may have.
        package var relations: [Relation] {
            switch self {
            case .label: [.equal, .notEqual]
            case .imported, .used: [.less]
            case .size: [.greater]
            case .reference, .dangling, .until, .before, .since: [.equal]
            }
        }
    }

    /// What stands between key and value.
    package typealias Relation = FilterTerm.Relation

    /// A label, with any value where none is named.
    package struct Label: Hashable, Sendable {
        /// Compared by bytes.
        package var key: String
        /// Compared by bytes; nil for any value.
        package var value: String?
    }

    /// One condition; of its alternatives, written `a|b`, one must fit.
    package enum Condition: Hashable, Sendable {
        /// A name that fits a pattern.
        case reference([ReferenceGlob])
        /// A label; of an image for several platforms, each must have it.
        case label([Label])
        /// None of the labels, on any platform.
        case notLabel([Label])
        /// Without a name, or with one.
        case dangling(Set<Bool>)
        /// Made before.
        case until([TimeBound])
        /// Brought into the store before.
        case imported([TimeBound])
        /// Last used before.
        case used([TimeBound])
        /// More `uniqueBytes` than these.
        case size([Int64])
        /// Made before the image that is so called.
        case before([String])
        /// Made after it.
        case since([String])
    }

    /// All must hold; without any, every image is meant.
    package var conditions: [Condition]

    /// A filter of these conditions.
    package init(_ conditions: [Condition] = []) { self.conditions = conditions }

    /// Parses conditions such as `until=24h`, one a text.
    package init(parsing texts: [String]) throws(ImageFilterError) {
        conditions = []
        for text in texts { conditions.append(try Condition(parsing: text)) }
    }

    /// Whether a condition asks for `uniqueBytes`, which are work to find.
    package var needsUniqueBytes: Bool {
        conditions.contains { if case .size = $0 { true } else { false } }
    }

    /// The images that `before` and `since` name, as they were written.
    package var namedImages: [String] {
        conditions.flatMap { condition -> [String] in
            switch condition {
            case .before(let names), .since(let names): names
            default: []
            }
        }
    }
}
