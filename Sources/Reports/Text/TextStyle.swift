/// How text looks: its width, and whether it may use colour.
package struct TextStyle: Hashable, Sendable {
    /// Columns a line may have.
    package var width: Int
    /// Whether text may carry escape sequences for colours.
    package var usesColor: Bool

    /// A style from its parts; by default what a pipe gets.
    package init(width: Int = 80, usesColor: Bool = false) {
        self.width = width
        self.usesColor = usesColor
    }

    /// What a piece of text means; colour only repeats what the words say.
    package enum Role: String, CaseIterable, Sendable {
        case heading = "1"
        case bad = "31"
        case good = "32"
        case notable = "33"
        case quiet = "2"
    }

    private static let end = "\u{1B}[0m"

    /// All that is ever written to change how text looks.
    static let sequences = Role.allCases.map(start) + [end]

    private static func start(_ role: Role) -> String { "\u{1B}[\(role.rawValue)m" }

    /// `text` in one line in which nothing acts on a terminal, in the colour of `role`.
    package func paint(_ text: String, _ role: Role?) -> String {
        let text = PathText.printable(text)
        guard usesColor, let role, !text.isEmpty else { return text }
        return Self.start(role) + text + Self.end
    }
}
