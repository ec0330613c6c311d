import FoundationEssentials

/// Cuts one joined line into an instruction: name, flags, and arguments in the instruction's own way.
struct InstructionReader {
    /// The escape character of the file.
    let escape: Character
    /// Where the instruction begins.
    let line: Int

    func read(_ text: String) throws(InstructionError) -> Instruction {
        let whole = DockerfileParser.trimmed(text[...])
        let word = whole.prefix { !$0.isWhitespace }
        var instruction = Instruction(name: word.uppercased(), text: text, lines: line...line)
        let (flags, rest) = takeFlags(DockerfileParser.trimmed(whole.dropFirst(word.count)))
        instruction.flags = flags
        try cut(rest, into: &instruction)
        if ["ADD", "COPY", "RUN"].contains(instruction.name) {
            instruction.heredocs = heredocs(in: rest)
        } else if let trigger = instruction.trigger.first {
            instruction.heredocs = trigger.heredocs
        }
        return instruction
    }

    // MARK: Flags

    /// The words that begin with `--`, up to `--` alone; a quoted part of a flag may hold blanks.
    private func takeFlags(_ text: Substring) -> ([String], Substring) {
        var flags: [String] = []
        var rest = text
        while rest.hasPrefix("--") {
            var flag = ""
            var quote: Character?
            var characters = rest
            while let letter = characters.first {
                characters = characters.dropFirst()
                if letter == escape, quote != "'", let escaped = characters.first {
                    characters = characters.dropFirst()
                    flag.append(escaped)
                } else if let open = quote {
                    if letter == open { quote = nil } else { flag.append(letter) }
                } else if letter == "\"" || letter == "'" {
                    quote = letter
                } else if letter.isWhitespace {
                    break
                } else {
                    flag.append(letter)
                }
            }
            rest = DockerfileParser.trimmedStart(characters)
            if flag == "--" { break }
            flags.append(flag)
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
        default: instruction.arguments = rest.split { $0.isWhitespace }.map(String.init)
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
            instruction.arguments = rest.split { $0.isWhitespace }.map(String.init)
        }
    }

    private func healthcheck(_ rest: Substring, _ instruction: inout Instruction) throws(InstructionError) {
        let kind = rest.prefix { !$0.isWhitespace }
        guard !kind.isEmpty else { return }
        let command = DockerfileParser.trimmed(rest.dropFirst(kind.count))
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
        guard text.first == "[" else { return nil }
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
        guard first.contains("=") else {
            let value = DockerfileParser.trimmedStart(rest.dropFirst(first.count))
            guard !value.isEmpty else { throw .missingArgument(instruction: instruction) }
            return [first, String(value), ""]
        }
        var pairs: [String] = []
        for word in words {
            guard let equals = word.firstIndex(of: "="), equals > word.startIndex else {
                throw .notAnAssignment(instruction: instruction, word: word)
            }
            pairs += [String(word[..<equals]), String(word[word.index(after: equals)...]), "="]
        }
        return pairs
    }

    /// Words as a shell would see them, quotes and escapes kept.
    private func words(_ text: Substring) -> [String] {
        var words: [String] = []
        var word = ""
        var quote: Character?
        var rest = text
        while let letter = rest.first {
            rest = rest.dropFirst()
            if quote == nil, letter.isWhitespace {
                if !word.isEmpty { words.append(word) }
                word = ""
                continue
            }
            word.append(letter)
            if letter == escape, quote != "'" {
                if let next = rest.first {
                    word.append(next)
                    rest = rest.dropFirst()
                }
            } else if let open = quote {
                if letter == open { quote = nil }
            } else if letter == "\"" || letter == "'" {
                quote = letter
            }
        }
        if !word.isEmpty { words.append(word) }
        return words
    }

    // MARK: Heredocs

    /// `<<NAME`, `<<-NAME`, `3<<"NAME"`: words of their own.
    private func heredocs(in rest: Substring) -> [Instruction.Heredoc] {
        guard rest.contains("<<") else { return [] }
        return words(rest).compactMap(heredoc)
    }

    private func heredoc(_ word: String) -> Instruction.Heredoc? {
        let digits = word.prefix { $0.isASCII && $0.isNumber }
        var rest = word.dropFirst(digits.count)
        guard rest.hasPrefix("<<") else { return nil }
        rest = rest.dropFirst(2)
        let dropsTabs = rest.first == "-"
        if dropsTabs { rest = rest.dropFirst() }
        guard !rest.contains("<") else { return nil }
        let isQuoted = rest.contains { $0 == "\"" || $0 == "'" || $0 == escape }
        let name: String
        do throws(ExpansionError) {
            name = try WordExpansion(escape: escape, keepsVariables: true).word(String(rest)) { _ in nil }
        } catch {
            return nil
        }
        guard !name.isEmpty else { return nil }
        return Instruction.Heredoc(
            word: word, name: name, descriptor: Int(digits) ?? 0, content: "", isExpanded: !isQuoted, dropsTabs: dropsTabs)
    }
}
