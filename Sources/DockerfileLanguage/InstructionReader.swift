import FoundationEssentials
import OCISpec
import TextValues

/// Cuts one joined line into an instruction: name, flags, and arguments in the instruction's own way.
struct InstructionReader {
    /// The escape character of the file.
    let escape: Unicode.Scalar
    /// Where the instruction begins.
    let line: Int

    func read(_ text: String) throws(InstructionError) -> Instruction {
        let whole = DockerfileParser.trimmed(text[...])
        let (word, arguments) = Self.firstWord(of: whole)
        var instruction = Instruction(name: word.uppercased(), text: text, lines: line...line)
        let (flags, rest) = takeFlags(arguments)
        instruction.flags = flags
        try cut(rest, into: &instruction)
        if ["ADD", "COPY", "RUN"].contains(instruction.name) {
            instruction.heredocs = heredocs(in: rest)
        } else if let trigger = instruction.trigger.first {
            instruction.heredocs = trigger.heredocs
        }
        return instruction
    }

    /// The first word of a text, and what follows the blanks behind it.
    private static func firstWord(of text: Substring) -> (word: Substring, rest: Substring) {
        let word = text.unicodeScalars.prefix { !$0.properties.isWhitespace }
        return (Substring(word), DockerfileParser.trimmed(text[word.endIndex...]))
    }

    private static func words(of text: Substring) -> [String] {
        text.unicodeScalars.split { $0.properties.isWhitespace }.map { String($0) }
    }

    // MARK: Flags

    /// The words that begin with `--`, up to `--` alone; a quoted part of a flag may hold blanks.
    private func takeFlags(_ text: Substring) -> ([String], Substring) {
        var flags: [String] = []
        var rest = text
        while rest.utf8.starts(with: "--".utf8) {
            var flag = String.UnicodeScalarView()
            var quote: Unicode.Scalar?
            var letters = rest.unicodeScalars
            while let letter = letters.popFirst() {
                if letter == escape, quote != "'", let escaped = letters.popFirst() {
                    flag.append(escaped)
                } else if let open = quote {
                    if letter == open { quote = nil } else { flag.append(letter) }
                } else if letter == "\"" || letter == "'" {
                    quote = letter
                } else if letter.properties.isWhitespace {
                    break
                } else {
                    flag.append(letter)
                }
            }
            rest = DockerfileParser.trimmedStart(Substring(letters))
            if flag.elementsEqual("--".unicodeScalars) { break }
            flags.append(String(flag))
        }
        return (flags, rest)
    }

    // MARK: Arguments

    private func cut(_ rest: Substring, into instruction: inout Instruction) throws(InstructionError) {
        switch instruction.name {
        case "ENV", "LABEL": instruction.arguments = try pairs(rest, of: instruction.name)
        case "ARG": instruction.arguments = words(rest)
        case "CMD", "ENTRYPOINT", "RUN", "SHELL": try listOrText(rest, &instruction)
        case "ADD", "COPY", "VOLUME": try listOrWords(rest, &instruction)
        case "HEALTHCHECK": try healthcheck(rest, &instruction)
        case "ONBUILD":
            guard !rest.isEmpty else { return }
            instruction.trigger = [try InstructionReader(escape: escape, line: line).read(String(rest))]
        case "MAINTAINER", "USER", "WORKDIR", "STOPSIGNAL":
            if !rest.isEmpty { instruction.arguments = [String(rest)] }
        default: instruction.arguments = Self.words(of: rest)
        }
    }

    private func listOrText(_ rest: Substring, _ instruction: inout Instruction) throws(InstructionError) {
        if let list = try jsonList(rest, instruction.name) {
            (instruction.arguments, instruction.isJSON) = (list, true)
        } else if !rest.isEmpty {
            instruction.arguments = [String(rest)]
        }
    }

    private func listOrWords(_ rest: Substring, _ instruction: inout Instruction) throws(InstructionError) {
        if let list = try jsonList(rest, instruction.name) {
            (instruction.arguments, instruction.isJSON) = (list, true)
        } else {
            instruction.arguments = Self.words(of: rest)
        }
    }

    private func healthcheck(_ rest: Substring, _ instruction: inout Instruction) throws(InstructionError) {
        let (kind, command) = Self.firstWord(of: rest)
        guard !kind.isEmpty else { return }
        instruction.arguments = [String(kind)]
        if let list = try jsonList(command, instruction.name) {
            instruction.arguments += list
            instruction.isJSON = true
        } else if !command.isEmpty {
            instruction.arguments.append(String(command))
        }
    }

    /// A JSON list of texts; nil for anything else, which is text then, but a list of something else is an error.
    private func jsonList(_ text: Substring, _ instruction: String) throws(InstructionError) -> [String]? {
        guard text.utf8.first == UInt8(ascii: "[") else { return nil }
        do { return try JSONDecoder().decode([String].self, from: Data(text.utf8)) } catch {
            // Text that is no JSON is a command; a list of other things was meant as a list.
            if let error = error as? DecodingError, case .typeMismatch = error { throw .nestedJSON(instruction: instruction) }
            return nil
        }
    }

    /// `NAME=value …`, or the old form `NAME the rest of the line`.
    private func pairs(_ rest: Substring, of instruction: String) throws(InstructionError) -> [String] {
        let words = words(rest)
        guard let first = words.first else { return [] }
        guard NameValue(first).value != nil else {
            let value = DockerfileParser.trimmedStart(Substring(rest.unicodeScalars.dropFirst(first.unicodeScalars.count)))
            guard !value.isEmpty else { throw .missingArgument(instruction: instruction) }
            return [first, String(value), ""]
        }
        var pairs: [String] = []
        for word in words {
            let pair = NameValue(word)
            guard let value = pair.value, !pair.name.isEmpty else {
                throw .notAnAssignment(instruction: instruction, word: word)
            }
            pairs += [pair.name, value, "="]
        }
        return pairs
    }

    /// Words as a shell would see them, quotes and escapes kept.
    private func words(_ text: Substring) -> [String] {
        var words: [String] = []
        var word = String.UnicodeScalarView()
        var quote: Unicode.Scalar?
        var rest = text.unicodeScalars
        while let letter = rest.popFirst() {
            if quote == nil, letter.properties.isWhitespace {
                if !word.isEmpty { words.append(String(word)) }
                word = String.UnicodeScalarView()
                continue
            }
            word.append(letter)
            if letter == escape, quote != "'" {
                if let next = rest.popFirst() { word.append(next) }
            } else if let open = quote {
                if letter == open { quote = nil }
            } else if letter == "\"" || letter == "'" {
                quote = letter
            }
        }
        if !word.isEmpty { words.append(String(word)) }
        return words
    }

    // MARK: Heredocs

    /// `<<NAME`, `<<-NAME`, `3<<"NAME"`: words of their own.
    private func heredocs(in rest: Substring) -> [Instruction.Heredoc] {
        words(rest).compactMap(heredoc)
    }

    private func heredoc(_ word: String) -> Instruction.Heredoc? {
        let digits = word.unicodeScalars.prefix { "0"..."9" ~= $0 }
        var rest = word.unicodeScalars.dropFirst(digits.count)
        guard rest.starts(with: "<<".unicodeScalars) else { return nil }
        rest = rest.dropFirst(2)
        let dropsTabs = rest.first == "-"
        if dropsTabs { rest = rest.dropFirst() }
        guard !rest.contains("<") else { return nil }
        let isQuoted = rest.contains { $0 == "\"" || $0 == "'" || $0 == escape }
        let name: String
        do throws(ExpansionError) {
            name = try WordExpansion(escape: escape, keepsVariables: true).word(String(rest)) { _ in nil }
        } catch {
            // A word that cannot be read names no heredoc: whoever expands the line tells what is wrong.
            return nil
        }
        guard !name.isEmpty else { return nil }
        return Instruction.Heredoc(
            word: word, name: name, descriptor: Int(String(digits)) ?? 0, content: "", isExpanded: !isQuoted, dropsTabs: dropsTabs
        )
    }
}
