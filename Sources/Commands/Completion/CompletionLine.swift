import ArgumentParser

/// A command line up to the cursor, understood as far as it goes.
struct CompletionLine {
    /// What the word at the cursor is.
    enum Place {
        /// A verb of this group.
        case verb(any ParsableCommand.Type)
        /// The name of an option.
        case optionName
        /// The value of an option, or a positional argument; `before` is what the word has in front of the value.
        case value(DescribedArgument, before: String)
        /// A word of a command that is run in a container.
        case otherProgram
        /// Nothing that this program knows.
        case nothing
    }

    /// The word at the cursor.
    let current: String
    /// The verbs, in the words of the command tree.
    private(set) var verbs: [String] = []
    private(set) var command: any ParsableCommand.Type = Strata.self
    private(set) var place = Place.nothing
    private var arguments: [DescribedArgument] = []
    private var store: String?

    init(_ words: [String]) throws {
        current = words.last ?? ""
        var rest = words.dropLast()
        guard let waiting = try takeGlobals(&rest) else { return }
        if let option = waiting.option {
            place = .value(option, before: "")
            return
        }
        while !command.configuration.subcommands.isEmpty {
            guard let word = rest.popFirst() else {
                arguments = try Self.arguments(ofGroup: command)
                place = current.utf8.first == UInt8(ascii: "-") ? .optionName : .verb(command)
                return
            }
            // `strata help VERB`.
            if word == "help", verbs.isEmpty { continue }
            guard let next = command.configuration.subcommands.first(where: { $0.answers(to: word) }) else { return }
            command = next
            verbs.append(next._commandName)
        }
        arguments = try DescribedArgument.all(of: command)
        place = try placeBehind(rest)
    }

    /// The options' names, as far as the help lists them.
    var optionNames: [CompletionCandidate] {
        arguments.filter { $0.kind != .positional && $0.shouldDisplay }.flatMap { argument in
            argument.typedNames.map { CompletionCandidate($0, about: argument.abstract ?? "") }
        }
    }

    /// The store that the words, the environment or the user's home name; nil where none is known.
    func storePath() throws(CommandError) -> String? { try GlobalOptions.storePath(asked: store) }

    /// Takes global options before the verb; nil where a word is none of them.
    private mutating func takeGlobals(_ rest: inout ArraySlice<String>) throws -> (option: DescribedArgument?, Void)? {
        while let word = rest.first, word.utf8.first == UInt8(ascii: "-") {
            rest = rest.dropFirst()
            let name = String(word.prefix { $0 != "=" })
            if GlobalOptions.flagNames.contains(word) { continue }
            guard GlobalOptions.optionNames.contains(name) else { return nil }
            guard name == word else {
                note(name, String(word.dropFirst(name.count + 1)))
                continue
            }
            guard let value = rest.popFirst() else {
                let option = try DescribedArgument.all(of: GlobalOptions.self).first { $0.typedNames.contains(name) }
                return (option, ())
            }
            note(name, value)
        }
        return (nil, ())
    }

    /// What may stand before a verb.
    private static func arguments(ofGroup group: any ParsableCommand.Type) throws -> [DescribedArgument] {
        let globals = group == Strata.self ? try DescribedArgument.all(of: GlobalOptions.self) : []
        // Of the program itself the description has the whole tree in it, and these are its only options of its own.
        return globals + (try DescribedArgument.all(of: OwnOptions.self))
    }

    /// Goes through the words behind the verb.
    private mutating func placeBehind(_ rest: ArraySlice<String>) throws -> Place {
        var rest = rest
        var positionalCount = 0
        var hasEnded = false
        let positionals = arguments.filter { $0.kind == .positional }
        while let word = rest.popFirst() {
            if !hasEnded, word == "--" {
                hasEnded = true
            } else if !hasEnded, word.utf8.count > 1, word.utf8.first == UInt8(ascii: "-") {
                guard let option = optionWithoutValue(word) else { continue }
                guard let value = rest.popFirst() else { return .value(option, before: "") }
                note(option.typedNames, value)
            } else {
                positionalCount += 1
                if positionalCount < positionals.count, positionals[positionalCount].takesTheRest {
                    // Behind the image or the container comes another program's command line.
                    return .otherProgram
                }
            }
        }
        if !hasEnded, current.utf8.first == UInt8(ascii: "-") {
            guard current.hasPrefix("--"), let end = current.firstIndex(of: "=") else { return .optionName }
            let name = String(current[..<end])
            guard let option = arguments.first(where: { $0.kind == .option && $0.typedNames.contains(name) }) else {
                return .nothing
            }
            return .value(option, before: name + "=")
        }
        let place = min(positionalCount, positionals.count - 1)
        guard place >= 0, place == positionalCount || positionals[place].isRepeating else { return .nothing }
        return .value(positionals[place], before: "")
    }

    /// The option that a word names and whose value is the next word; nil for flags, and for a word that has the value in it.
    private mutating func optionWithoutValue(_ word: String) -> DescribedArgument? {
        if word.hasPrefix("--") {
            let name = String(word.prefix { $0 != "=" })
            let option = arguments.first { $0.kind == .option && $0.typedNames.contains(name) }
            guard name != word else { return option }
            if let option { note(option.typedNames, String(word.dropFirst(name.count + 1))) }
            return nil
        }
        // Short flags may stand together, and behind an option its value.
        let letters = word.dropFirst()
        for index in letters.indices {
            guard let found = arguments.first(where: { $0.typedNames.contains("-\(letters[index])") }) else { return nil }
            if found.kind == .option { return letters.index(after: index) == letters.endIndex ? found : nil }
        }
        return nil
    }

    private mutating func note(_ names: [String], _ value: String) { names.forEach { note($0, value) } }

    private mutating func note(_ name: String, _ value: String) {
        if name == "--store" { store = value }
    }
}

/// What groups of commands and the program itself take: help, and the version.
private struct OwnOptions: ParsableCommand {
    static let configuration = CommandConfiguration(version: StrataVersion.line)
}

extension ParsableCommand {
    /// Whether a word is this command's, by its name or a second one.
    static func answers(to word: String) -> Bool {
        word == _commandName || configuration.aliases.contains(word)
    }
}
