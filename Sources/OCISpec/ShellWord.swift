// https://docs.docker.com/reference/dockerfile/#environment-replacement

/// Takes the quotes and backslashes out of a word of an instruction, and puts variables in.
///
/// Single quotes keep all, double quotes all but `$` and backslashes before `"`, `$` and `\`. `${NAME-word}`, `${NAME+word}` and
/// `${NAME?word}` ask whether the variable is set, with a colon whether it is not empty. What has no value is empty.
package struct ShellWord {
    private let text: String
    private let characters: [Character]
    private let environment: [String: String]
    private var at = 0

    private init(_ text: String, _ environment: [String: String]) {
        self.text = text
        self.environment = environment
        characters = Array(text)
    }

    /// The word that `text` stands for.
    package static func expand(_ text: String, _ environment: [String: String]) throws(ConfigChangeError) -> String {
        var word = ShellWord(text, environment)
        return try word.read(until: nil)
    }

    private mutating func next() -> Character? {
        guard at < characters.count else { return nil }
        at += 1
        return characters[at - 1]
    }

    private var peek: Character? { at < characters.count ? characters[at] : nil }

    private mutating func read(until end: Character?) throws(ConfigChangeError) -> String {
        var result = ""
        while let character = next() {
            switch character {
            case end: return result
            case "'": result += try singleQuoted()
            case "\"": result += try doubleQuoted()
            case "$": result += try variable()
            // A backslash at the end stands for nothing.
            case "\\": result += next().map(String.init) ?? ""
            default: result.append(character)
            }
        }
        if end != nil { throw .badSubstitution(text) }
        return result
    }

    private mutating func singleQuoted() throws(ConfigChangeError) -> String {
        var result = ""
        while let character = next() {
            if character == "'" { return result }
            result.append(character)
        }
        throw .openQuote(text)
    }

    private mutating func doubleQuoted() throws(ConfigChangeError) -> String {
        var result = ""
        while let character = next() {
            switch character {
            case "\"": return result
            case "$": result += try variable()
            case "\\":
                guard let escaped = next() else { throw .openQuote(text) }
                if !"\"$\\".contains(escaped) { result.append("\\") }
                result.append(escaped)
            default: result.append(character)
            }
        }
        throw .openQuote(text)
    }

    /// What follows a dollar sign.
    private mutating func variable() throws(ConfigChangeError) -> String {
        guard peek == "{" else {
            let name = name()
            return name.isEmpty ? "$" : environment[name] ?? ""
        }
        at += 1
        let name = name()
        guard !name.isEmpty, var mark = next() else { throw .badSubstitution(text) }
        let value = environment[name]
        if mark == "}" { return value ?? "" }
        var isPresent = value != nil
        if mark == ":" {
            isPresent = value?.isEmpty == false
            guard let modifier = next() else { throw .badSubstitution(text) }
            mark = modifier
        }
        guard "-+?".contains(mark) else { throw .badSubstitution(text) }
        let word = try read(until: "}")
        switch mark {
        case "-": return isPresent ? value ?? "" : word
        case "+": return isPresent ? word : ""
        default:
            guard isPresent, let value else { throw .unsetVariable(name, message: word) }
            return value
        }
    }

    /// The variable's name from here on: a word, a number, or one of the shell's own marks.
    private mutating func name() -> String {
        guard let first = peek else { return "" }
        if "@*#?-$!".contains(first) {
            at += 1
            return String(first)
        }
        let isNumber = first.isASCIIDigit
        guard isNumber || first.isWordStart else { return "" }
        var name = ""
        while let character = peek, character.isASCIIDigit || (!isNumber && character.isWordStart) {
            name.append(character)
            at += 1
        }
        return name
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { ("0"..."9").contains(self) }
    fileprivate var isWordStart: Bool { self == "_" || ("a"..."z").contains(self) || ("A"..."Z").contains(self) }
}
