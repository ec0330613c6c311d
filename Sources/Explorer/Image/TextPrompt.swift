import TerminalScreen

/// A text that is being typed in the status line.
struct TextPrompt {
    /// What it is for.
    enum Purpose { case search, filter }

    let purpose: Purpose
    private(set) var text: String

    /// What a key makes of it.
    enum Outcome {
        case typing
        case done(String)
        case cancelled
    }

    /// A text that begins with another one.
    init(_ purpose: Purpose, _ text: String = "") {
        self.purpose = purpose
        self.text = text
    }

    /// What it is for, and the text so far, with a sign for what comes next.
    var shown: String { (purpose == .search ? "/" : "filter: ") + text + "_" }

    /// The longest text that means something: a path.
    private static let longest = 4096

    mutating func press(_ key: Key) -> Outcome {
        switch key {
        case .escape: return .cancelled
        case .enter: return .done(text)
        case .backspace:
            if text.isEmpty { return .cancelled }
            text.unicodeScalars.removeLast()
        case .control("u"): text = ""
        case .character(let character): if text.utf8.count < Self.longest { text.append(character) }
        default: break
        }
        return .typing
    }
}
