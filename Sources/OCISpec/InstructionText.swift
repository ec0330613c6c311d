// https://docs.docker.com/reference/dockerfile/#shell-and-exec-form

/// How the arguments of an instruction are written.
enum InstructionText {
    /// A text without blanks at its ends.
    static func trimmed(_ text: some StringProtocol) -> String {
        let start = text.drop(while: \.isWhitespace)
        var end = start
        while end.last?.isWhitespace == true { end = end.dropLast() }
        return String(end)
    }

    /// The first word and what follows it.
    static func firstWord(_ text: String) -> (word: String, rest: String) {
        let text = trimmed(text)
        let word = text.prefix { !$0.isWhitespace }
        return (String(word), trimmed(text.dropFirst(word.count)))
    }

    /// Words between blanks; quotes mean nothing.
    static func plainWords(_ text: String) -> [String] {
        text.split(whereSeparator: \.isWhitespace).map(String.init)
    }

    /// A JSON array of strings, or nil for anything else, which is then meant as plain text.
    static func jsonArray(_ text: String) -> [String]? {
        guard text.hasPrefix("[") else { return nil }
        do throws(DocumentError) { return try decodeDocument([String].self, from: Array(text.utf8)) } catch { return nil }
    }

    static func command(_ text: String) -> CommandForm {
        jsonArray(text).map(CommandForm.exec) ?? .shell(text)
    }

    static func list(_ text: String) -> [String] { jsonArray(text) ?? plainWords(text) }

    /// `name=value …`, or in the old form `name` and all that follows it.
    static func assignments(_ text: String, of instruction: String) throws(ConfigChangeError) -> [Assignment] {
        let words = quotedWords(text)
        if let first = words.first, !first.contains("=") {
            let (name, value) = firstWord(text)
            guard !value.isEmpty else { throw .missingArgument(instruction: instruction) }
            return [Assignment(name: name, value: value)]
        }
        var found: [Assignment] = []
        for word in words {
            guard let mark = word.firstIndex(of: "="), mark != word.startIndex else {
                throw .notAnAssignment(instruction: instruction, word: word)
            }
            found.append(Assignment(name: String(word[..<mark]), value: String(word[word.index(after: mark)...])))
        }
        return found
    }

    /// Words between blanks that are neither quoted nor behind a backslash; both stay in them.
    static func quotedWords(_ text: String) -> [String] {
        var words: [String] = []
        var word = ""
        var quote: Character?
        var isEscaped = false
        for character in text {
            if quote == nil, !isEscaped, character.isWhitespace {
                if !word.isEmpty { words.append(word) }
                word = ""
                continue
            }
            word.append(character)
            if isEscaped {
                isEscaped = false
            } else if character == "\\", quote != "'" {
                isEscaped = true
            } else if let open = quote {
                if character == open { quote = nil }
            } else if character == "'" || character == "\"" {
                quote = character
            }
        }
        return word.isEmpty ? words : words + [word]
    }

    /// An instruction for later builds, kept as text.
    static func trigger(_ text: String) throws(ConfigChangeError) -> String {
        let keyword = firstWord(text).word.uppercased()
        if ["ONBUILD", "FROM", "MAINTAINER"].contains(keyword) { throw .badTrigger(instruction: keyword) }
        return text
    }
}
