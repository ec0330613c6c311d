/// How text looks: its width, and whether it may use colour.
package struct TextStyle: Hashable, Sendable {
    /// Columns a line may have.
    package var width: Int
    package var usesColor: Bool

    /// A style from its parts; by default what a pipe gets.
    package init(width: Int = 80, usesColor: Bool = false) {
        self.width = width
        self.usesColor = usesColor
    }

    /// What a piece of text means; colour only repeats what the words say.
    package enum Role: String, Sendable {
        case heading = "1"
        case bad = "31"
        case good = "32"
        case notable = "33"
        case quiet = "2"
    }

    /// `text` in the colour of `role`, or as it is.
    package func paint(_ text: String, _ role: Role?) -> String {
        guard usesColor, let role, !text.isEmpty else { return text }
        return "\u{1B}[\(role.rawValue)m\(text)\u{1B}[0m"
    }
}
