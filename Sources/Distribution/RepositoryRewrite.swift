// https://pkg.go.dev/regexp
// https://pkg.go.dev/regexp/syntax

import Foundation

/// A rule of the registries file for names of repositories: a regular expression, and what its matches become, both Go's.
struct RepositoryRewrite: Sendable {
    let pattern: String
    let replacement: String
    private let expression: NSRegularExpression
    /// The numbers of the groups that have names.
    private let groups: [String: Int]

    /// A rule; nil where Go does not take the pattern.
    init?(_ pattern: String, _ replacement: String) {
        guard let translated = GoPattern(pattern) else { return nil }
        do { expression = try NSRegularExpression(pattern: translated.text) } catch { return nil }
        self.pattern = pattern
        self.replacement = replacement
        groups = translated.groups
    }

    /// The name with every match replaced, as Go's `ReplaceAllString` does it.
    func apply(to name: String) -> String {
        let text = name as NSString
        var result = ""
        var end = 0
        var previousEnd = -1
        for match in expression.matches(in: name, range: NSRange(location: 0, length: text.length)) {
            // Nothing is no match right behind one.
            if match.range.length == 0, match.range.location == previousEnd { continue }
            result += text.substring(with: NSRange(location: end, length: match.range.location - end))
            result += expanded(match, text)
            end = match.range.location + match.range.length
            previousEnd = end
        }
        return result + text.substring(from: end)
    }

    /// The replacement with `$1`, `${1}`, `$name` and `${name}` in it filled in, and `$$` for a dollar.
    private func expanded(_ match: NSTextCheckingResult, _ text: NSString) -> String {
        var result = ""
        var rest = Substring(replacement)
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            if rest.first == "$" {
                result += "$"
                rest = rest.dropFirst()
            } else if let (name, behind) = Self.name(rest) {
                result += group(name, match, text)
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
    private func group(_ name: Substring, _ match: NSTextCheckingResult, _ text: NSString) -> String {
        guard let number = Int(name) ?? groups[String(name)], (0..<match.numberOfRanges).contains(number) else { return "" }
        let range = match.range(at: number)
        return range.location == NSNotFound ? "" : text.substring(with: range)
    }
}

/// A pattern of Go's in the words of ICU, which knows more than Go and some of it by other signs.
///
/// What Go refuses is refused: references to groups, looks ahead and behind, possessive repetitions.
struct GoPattern {
    private(set) var text = ""
    /// The groups that have names, by their numbers.
    private(set) var groups: [String: Int] = [:]

    private var rest: Substring
    private var groupCount = 0

    init?(_ pattern: String) {
        rest = Substring(pattern)
        var isRepeated = false
        while let sign = rest.first {
            let isRepetition = "*+?".contains(sign) || (sign == "{" && repetition != nil)
            if isRepetition, isRepeated { return nil }
            isRepeated = isRepetition
            guard take(sign) else { return nil }
        }
    }

    private mutating func take(_ sign: Character) -> Bool {
        switch sign {
        case "\\": return escape()
        case "[": return set()
        case "(": return group()
        case "{":
            let count = repetition
            move(count ?? "{", as: count.map(String.init) ?? "\\{")
            if count != nil { lazy() }
        case "*", "+", "?":
            move(rest.prefix(1))
            lazy()
        case "}": move("}", as: "\\}")
        default: move(rest.prefix(1))
        }
        return true
    }

    /// `{2}`, `{2,}` or `{2,3}` at this place.
    private var repetition: Substring? {
        guard let end = rest.firstIndex(of: "}") else { return nil }
        let inner = rest[rest.index(after: rest.startIndex)..<end]
        let counts = inner.split(separator: ",", omittingEmptySubsequences: false)
        guard (1...2).contains(counts.count), Int(counts[0]) != nil,
            counts.count == 1 || counts[1].isEmpty || Int(counts[1]) != nil
        else { return nil }
        return rest[...end]
    }

    /// The mark of a repetition that takes as little as it can.
    private mutating func lazy() {
        if rest.first == "?" { move("?") }
    }

    private mutating func move(_ taken: some StringProtocol, as text: String? = nil) {
        self.text += text ?? String(taken)
        rest = rest.dropFirst(taken.count)
    }

    private mutating func escape() -> Bool {
        guard let sign = rest.dropFirst().first else { return false }
        if sign == "Q" {
            let quoted = rest.dropFirst(2)
            let end = quoted.range(of: "\\E")
            let inner = quoted[..<(end?.lowerBound ?? quoted.endIndex)]
            text += NSRegularExpression.escapedPattern(for: String(inner))
            rest = quoted[(end?.upperBound ?? quoted.endIndex)...]
            return true
        }
        if sign == "p" || sign == "P", let name = rest.dropFirst(2).first, name != "{" {
            move(rest.prefix(3), as: "\\\(sign){\(name)}")
            return true
        }
        guard sign.isASCII, !sign.isLetter && !sign.isNumber || "afnrtvxAbBdDsSwWpPz".contains(sign) else { return false }
        move(rest.prefix(2))
        return true
    }

    /// `[…]`, in which an opening bracket and an ampersand are nothing but themselves.
    private mutating func set() -> Bool {
        move("[")
        if rest.first == "^" { move("^") }
        if rest.first == "]" { move("]", as: "\\]") }
        while let sign = rest.first {
            switch sign {
            case "]":
                move("]")
                return true
            case "\\": guard escape() else { return false }
            case "[":
                if rest.hasPrefix("[:"), let end = rest.range(of: ":]") {
                    move(rest[..<end.upperBound])
                } else {
                    move("[", as: "\\[")
                }
            case "&": move("&", as: "\\&")
            default: move(rest.prefix(1))
            }
        }
        return false
    }

    private mutating func group() -> Bool {
        guard rest.hasPrefix("(?") else {
            groupCount += 1
            move("(")
            return true
        }
        for opening in ["(?P<", "(?<"] where rest.hasPrefix(opening) {
            let name = rest.dropFirst(opening.count).prefix { $0 == "_" || ($0.isASCII && ($0.isLetter || $0.isNumber)) }
            guard !name.isEmpty, rest.dropFirst(opening.count + name.count).first == ">", groups[String(name)] == nil else {
                return false
            }
            groupCount += 1
            groups[String(name)] = groupCount
            // ICU's names have no underscores, so the numbers do.
            move(rest.prefix(opening.count + name.count + 1), as: "(")
            return true
        }
        let flags = rest.dropFirst(2).prefix { "ims-".contains($0) }
        guard let end = rest.dropFirst(2 + flags.count).first, end == ":" || (end == ")" && !flags.isEmpty) else { return false }
        move(rest.prefix(3 + flags.count))
        return true
    }
}
