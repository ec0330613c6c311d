/// A text that may be the beginning of an image ID, or of a manifest's digest.
struct IDPrefix {
    /// Hexadecimal digits, one at least.
    let digits: String
    /// Whether `sha256:` stands before them, which no name does.
    let hasScheme: Bool

    /// As many digits as listings show of an ID.
    private static let shownCount = 12

    /// Whether the text is the ID where there is one, also if some image was given it for a name.
    var goesBeforeNames: Bool { hasScheme || digits.utf8.count >= Self.shownCount }

    /// What the text is the beginning of; nil for what no ID begins with.
    init?(_ text: String) {
        let scheme = "sha256:"
        hasScheme = text.hasPrefix(scheme)
        digits = hasScheme ? String(text.dropFirst(scheme.count)) : text
        guard (1...64).contains(digits.utf8.count) else { return nil }
        guard digits.utf8.allSatisfy({ "0123456789abcdef".utf8.contains($0) }) else { return nil }
    }
}
