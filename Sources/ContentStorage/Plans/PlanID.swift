/// By what a plan is known, and its file in `plans/` named: 8 to 64 lower-case hexadecimal digits.
package struct PlanID: Hashable, Sendable {
    /// The digits.
    package let text: String

    /// The ID that `text` is; nil for anything else.
    package init?(_ text: String) {
        guard (8...64).contains(text.utf8.count) else { return nil }
        guard text.utf8.allSatisfy({ "0123456789abcdef".utf8.contains($0) }) else { return nil }
        self.text = text
    }

    /// A new one, of twelve digits by chance.
    package init() {
        text = String(randomUUID().filter { $0 != "-" }.prefix(12))
    }
}

extension PlanID: CustomStringConvertible {
    /// The digits.
    package var description: String { text }
}
