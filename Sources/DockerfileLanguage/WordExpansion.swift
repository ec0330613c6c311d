// https://docs.docker.com/reference/dockerfile/#environment-replacement

import TextPatterns

/// Expands variables in an instruction's words, and takes quotes and escapes away, as a shell would.
package struct WordExpansion: Sendable {
    private let escape: Unicode.Scalar
    private let keepsVariables: Bool
    private let keepsQuotes: Bool

    /// An expansion for a file whose escape character is `escape`; with `keepsVariables` `$` is a letter like any other, with
    /// `keepsQuotes` quotes are.
    package init(escape: Unicode.Scalar = "\\", keepsVariables: Bool = false, keepsQuotes: Bool = false) {
        self.escape = escape
        self.keepsVariables = keepsVariables
        self.keepsQuotes = keepsQuotes
    }

    /// `source` as one word; `variable` gives a variable's value, nil where it is not set.
    package func word(_ source: String, _ variable: (String) -> String?) throws(ExpansionError) -> String {
        try expand(source, variable).whole
    }

    /// `source` as words: split at blanks that are neither quoted nor escaped, those of values too.
    package func words(_ source: String, _ variable: (String) -> String?) throws(ExpansionError) -> [String] {
        try expand(source, variable).words.all
    }

    private func expand(
        _ source: String, _ variable: (String) -> String?
    ) throws(ExpansionError) -> (whole: String, words: SplitWords) {
        var scanner = WordScanner(
            source, escape: escape, keepsVariables: keepsVariables, keepsQuotes: keepsQuotes)
        return try withoutActuallyEscaping(variable) { (variable) throws(ExpansionError) in
            try scanner.run(until: nil, isRaw: false, variable)
        }
    }
}

/// Words as they come about letter by letter.
struct SplitWords {
    private var done: [String] = []
    private var current = String.UnicodeScalarView()
    private var isInWord = false

    var all: [String] { current.isEmpty ? done : done + [String(current)] }

    /// A letter that a blank may be.
    mutating func add(_ letter: Unicode.Scalar) {
        if letter.properties.isWhitespace {
            if isInWord, !current.isEmpty { done.append(String(current)) }
            if isInWord { current = String.UnicodeScalarView() }
            isInWord = false
        } else {
            addRaw(letter)
        }
    }

    /// A letter that is part of a word, blank or not.
    mutating func addRaw(_ letter: Unicode.Scalar) {
        current.append(letter)
        isInWord = true
    }

    mutating func addRaw(_ text: String) {
        current.append(contentsOf: text.unicodeScalars)
        isInWord = true
    }
}

/// Goes through a word once.
private struct WordScanner {
    private var rest: Substring.UnicodeScalarView
    private let escape: Unicode.Scalar
    private let keepsVariables: Bool
    private let keepsQuotes: Bool

    init(_ source: String, escape: Unicode.Scalar, keepsVariables: Bool, keepsQuotes: Bool) {
        rest = source[...].unicodeScalars
        self.escape = escape
        self.keepsVariables = keepsVariables
        self.keepsQuotes = keepsQuotes
    }

    private mutating func next() -> Unicode.Scalar? { rest.popFirst() }

    private static func text(_ letters: ArraySlice<Unicode.Scalar>) -> String { String(String.UnicodeScalarView(letters)) }

    /// Everything up to `stop`, or to the end; with `isRaw` escapes stay, for a pattern that reads them itself.
    mutating func run(
        until stop: Unicode.Scalar?, isRaw: Bool, _ variable: (String) -> String?
    ) throws(ExpansionError) -> (whole: String, words: SplitWords) {
        var whole = ""
        var words = SplitWords()
        while let letter = rest.first {
            if letter == stop {
                rest.removeFirst()
                return (whole, words)
            }
            if letter == "'" || letter == "\"", !keepsQuotes {
                let quoted = letter == "'" ? try singleQuoted() : try doubleQuoted(isRaw: isRaw, variable)
                whole += quoted
                words.addRaw(quoted)
            } else if letter == "$", !keepsVariables {
                let value = try dollar(variable)
                whole += value
                for letter in value.unicodeScalars { words.add(letter) }
            } else {
                rest.removeFirst()
                guard letter == escape else {
                    whole.unicodeScalars.append(letter)
                    words.add(letter)
                    continue
                }
                if isRaw {
                    whole.unicodeScalars.append(letter)
                    words.addRaw(letter)
                }
                guard let escaped = next() else { break }
                // In a text only what would else be taken as something can be escaped.
                if keepsQuotes, escaped != "$", escaped != escape { whole.unicodeScalars.append(letter) }
                whole.unicodeScalars.append(escaped)
                words.addRaw(escaped)
            }
        }
        switch stop {
        case nil: return (whole, words)
        case "/": throw .missingSlash
        default: throw .missingBrace
        }
    }

    private mutating func singleQuoted() throws(ExpansionError) -> String {
        rest.removeFirst()
        var text = ""
        while let letter = next() {
            if letter == "'" { return text }
            text.unicodeScalars.append(letter)
        }
        throw .openQuote("'")
    }

    private mutating func doubleQuoted(isRaw: Bool, _ variable: (String) -> String?) throws(ExpansionError) -> String {
        rest.removeFirst()
        var text = ""
        while let letter = rest.first {
            if letter == "\"" {
                rest.removeFirst()
                return text
            }
            if letter == "$", !keepsVariables {
                text += try dollar(variable)
                continue
            }
            rest.removeFirst()
            guard letter == escape else {
                text.unicodeScalars.append(letter)
                continue
            }
            if isRaw { text.unicodeScalars.append(letter) }
            // An escape at the very end is dropped; before anything but what it can escape it stays.
            guard let following = rest.first else { continue }
            if following == "\"" || following == "$" || following == escape {
                rest.removeFirst()
                text.unicodeScalars.append(following)
            } else if !isRaw {
                text.unicodeScalars.append(letter)
            }
        }
        throw .openQuote("\"")
    }

    private mutating func dollar(_ variable: (String) -> String?) throws(ExpansionError) -> String {
        rest.removeFirst()
        guard rest.first == "{" else {
            let name = name()
            return name.isEmpty ? "$" : variable(name) ?? ""
        }
        rest.removeFirst()
        switch rest.first {
        case nil: throw .missingBrace
        case "{"?, "}"?, ":"?: throw .badSubstitution
        default: break
        }
        let name = name()
        guard let modifier = next() else { throw .missingBrace }
        switch modifier {
        case "}": return variable(name) ?? ""
        case ":":
            guard let kind = next() else { throw .missingBrace }
            guard "+-?".unicodeScalars.contains(kind) else { throw .unsupportedModifier(":\(kind)") }
            return try conditional(kind, name, emptyIsUnset: true, variable)
        case "+", "-", "?": return try conditional(modifier, name, emptyIsUnset: false, variable)
        case "#", "%": return try trimmed(modifier, name, variable)
        case "/": return try replaced(name, variable)
        default: throw .unsupportedModifier(String(modifier))
        }
    }

    /// Letters, digits and `_`; a number or one of the shell's own parameters where it begins so.
    private mutating func name() -> String {
        guard let first = rest.first else { return "" }
        if "0"..."9" ~= first {
            let digits = rest.prefix { "0"..."9" ~= $0 }
            rest = rest.dropFirst(digits.count)
            return String(digits)
        }
        if "@*#?-$!".unicodeScalars.contains(first) {
            rest.removeFirst()
            return String(first)
        }
        let name = rest.prefix { $0 == "_" || $0.properties.isAlphabetic || $0.properties.numericType != nil }
        rest = rest.dropFirst(name.count)
        return String(name)
    }

    private mutating func conditional(
        _ kind: Unicode.Scalar, _ name: String, emptyIsUnset: Bool, _ variable: (String) -> String?
    ) throws(ExpansionError) -> String {
        let word = try run(until: "}", isRaw: false, variable).whole
        let value = variable(name)
        let isSet = value != nil && !(emptyIsUnset && value == "")
        switch kind {
        case "-": return isSet ? value ?? "" : word
        case "+": return isSet ? word : ""
        default:
            if isSet { return value ?? "" }
            throw .required(name: name, message: word)
        }
    }

    private mutating func trimmed(
        _ kind: Unicode.Scalar, _ name: String, _ variable: (String) -> String?
    ) throws(ExpansionError) -> String {
        var pattern = try run(until: "}", isRaw: true, variable).whole[...].unicodeScalars
        let isGreedy = pattern.first == kind
        if isGreedy { pattern = pattern.dropFirst() }
        guard let value = variable(name) else { return "" }
        let glob = try glob(String(pattern))
        let letters = Array(value.unicodeScalars)
        if kind == "#" { return Self.text(letters.dropFirst(glob.prefixCount(letters, isLongest: isGreedy) ?? 0)) }
        return Self.text(letters.dropLast(glob.suffixCount(letters, isLongest: isGreedy) ?? 0))
    }

    private func glob(_ text: String) throws(ExpansionError) -> ExpansionPattern {
        do throws(GlobError) { return try ExpansionPattern(text, escape: escape) } catch { throw .badPattern(text) }
    }

    private mutating func replaced(_ name: String, _ variable: (String) -> String?) throws(ExpansionError) -> String {
        let isEverywhere = rest.first == "/"
        if isEverywhere { rest.removeFirst() }
        let pattern = try run(until: "/", isRaw: true, variable).whole
        let replacement = try run(until: "}", isRaw: true, variable).whole
        guard let value = variable(name) else { return "" }
        let letters = Array(value.unicodeScalars)
        // An empty pattern is found before every letter, and at the end.
        if pattern.isEmpty {
            return isEverywhere ? letters.reduce(replacement) { $0 + String($1) + replacement } : replacement + value
        }
        let glob = try glob(pattern)
        var result = ""
        var at = 0
        while at <= letters.count {
            let count = glob.prefixCount(letters[at...], isLongest: true)
            if let count, count > 0 || letters.isEmpty {
                result += replacement
                at += count
                if !isEverywhere || letters.isEmpty { return result + Self.text(letters[at...]) }
                continue
            }
            guard at < letters.count else { break }
            result.unicodeScalars.append(letters[at])
            at += 1
        }
        return result
    }
}
