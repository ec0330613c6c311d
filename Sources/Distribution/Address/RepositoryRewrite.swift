// https://pkg.go.dev/regexp
// https://pkg.go.dev/regexp/syntax

import TextPatterns

/// A rule of the registries file for names of repositories: a regular expression, and what its matches become, both Go's.
struct RepositoryRewrite: Sendable {
    let pattern: String
    let replacement: String
    private let expression: RegularExpression

    /// A rule of a pattern that is compiled, and a replacement.
    init(_ pattern: String, _ replacement: String) throws(RegularExpressionError) {
        self.pattern = pattern
        self.replacement = replacement
        expression = try RegularExpression(pattern)
    }

    /// The name with every match replaced, as Go's `ReplaceAllString` does it.
    func apply(to name: String) -> String {
        let letters = Array(name.unicodeScalars)
        var result = ""
        var end = 0
        for match in expression.matches(in: letters) {
            result += Self.text(letters[end..<match.range.lowerBound])
            result += expanded(match, letters)
            end = match.range.upperBound
        }
        return result + Self.text(letters[end...])
    }

    private static func text(_ letters: ArraySlice<Unicode.Scalar>) -> String { String(String.UnicodeScalarView(letters)) }

    /// The replacement with `$1`, `${1}`, `$name` and `${name}` in it filled in, and `$$` for a dollar.
    private func expanded(_ match: RegularExpression.Match, _ letters: [Unicode.Scalar]) -> String {
        var result = ""
        var rest = Substring(replacement)
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            if rest.first == "$" {
                result += "$"
                rest = rest.dropFirst()
            } else if let (name, behind) = Self.name(rest) {
                result += group(name, match, letters)
                rest = behind
            } else {
                result += "$"
            }
        }
        return result + rest
    }

    /// The name behind a dollar, as long as it goes, and what comes after it; nil for a dollar that is one.
    private static func name(_ text: Substring) -> (Substring, rest: Substring)? {
        let isBraced = text.first == "{"
        let inner = isBraced ? text.dropFirst() : text
        let name = inner.prefix { $0 == "_" || $0.isLetter || $0.isNumber }
        let rest = inner.dropFirst(name.count)
        guard !name.isEmpty else { return nil }
        if isBraced { return rest.first == "}" ? (name, rest.dropFirst()) : nil }
        return (name, rest)
    }

    /// What a group matched; nothing for one that there is not.
    private func group(_ name: Substring, _ match: RegularExpression.Match, _ letters: [Unicode.Scalar]) -> String {
        guard let number = Int(name) ?? expression.groupNumbers[String(name)], match.ranges.indices.contains(number),
            let range = match.ranges[number]
        else { return "" }
        return Self.text(letters[range])
    }
}
