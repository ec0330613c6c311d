// https://pkg.go.dev/strconv#ParseBool

import ArgumentParser
import FoundationEssentials

/// Flags that are written with a value, as Go's programs take them: `--rm=true`, `-t=false`, `--init=0`.
///
/// The parser knows flags without values alone. So these words are written anew before it sees them: one that says yes as the bare
/// flag, one that says no not at all, and what was said of the same flag before it goes.
enum YesOrNo {
    /// What a word says; nil for one that is neither.
    static func value(_ word: String) -> Bool? {
        switch word {
        case "1", "t", "T", "true", "TRUE", "True": true
        case "0", "f", "F", "false", "FALSE", "False": false
        default: nil
        }
    }

    /// A command line without such values; an error where a flag has a value that is neither.
    static func withoutValues(_ arguments: [String]) throws -> [String] {
        guard arguments.contains(where: { $0.utf8.first == UInt8(ascii: "-") && $0.utf8.contains(UInt8(ascii: "=")) }) else {
            return arguments
        }
        let (command, count) = command(of: arguments)
        guard let names = try CommandNames(command) else { return arguments }
        var written = Written(names)
        var rest = arguments.dropFirst(count)
        while let word = rest.popFirst() {
            if word == "--" || names.isRest(after: written.valueCount, word) {
                return Array(arguments.prefix(count)) + written.words + [word] + rest
            }
            try written.add(word, &rest)
        }
        return Array(arguments.prefix(count)) + written.words
    }

    /// The command that the first words name, and how many they are.
    private static func command(of arguments: [String]) -> (any ParsableCommand.Type, Int) {
        var command: any ParsableCommand.Type = Strata.self
        var count = 0
        for word in arguments {
            let next = command.configuration.subcommands.first {
                $0._commandName == word || $0.configuration.aliases.contains(word)
            }
            guard let next else { break }
            command = next
            count += 1
        }
        return (command, count)
    }
}

/// What a command calls its flags and its options.
private struct CommandNames {
    /// The names of each flag, by each of them.
    private(set) var flags: [String: Set<String>] = [:]
    /// Names that a value follows.
    private(set) var options: Set<String> = []
    /// How many values stand before what is another program's; nil where nothing is.
    private var ownValueCount: Int?

    /// A command's description as the parser gives it.
    private struct Description: Decodable {
        struct Command: Decodable { var arguments: [Argument]? }
        struct Argument: Decodable {
            struct Name: Decodable { var kind: String, name: String }
            var kind: String
            var names: [Name]?
            var parsingStrategy: String
        }
        var command: Command
    }

    /// The names of a command; nil where the parser describes none.
    init?(_ command: any ParsableCommand.Type) throws {
        let text = Data(command._dumpHelp().utf8)
        guard let arguments = try JSONDecoder().decode(Description.self, from: text).command.arguments else { return nil }
        var valueCount = 0
        for argument in arguments {
            let names = Set((argument.names ?? []).map { ($0.kind == "long" ? "--" : "-") + $0.name })
            switch argument.kind {
            case "flag": for name in names { flags[name] = names }
            case "option": options.formUnion(names)
            default:
                if argument.parsingStrategy == "allRemainingInput" { ownValueCount = valueCount }
                valueCount += 1
            }
        }
    }

    /// Whether a word that comes behind so many values is for the program that the command runs, with all that follows.
    func isRest(after count: Int, _ word: String) -> Bool {
        guard let ownValueCount else { return false }
        return count >= ownValueCount
    }
}

/// The words of a command line as they are written anew.
private struct Written {
    private let names: CommandNames
    private(set) var words: [String] = []
    /// How many words were neither options nor their values.
    private(set) var valueCount = 0

    init(_ names: CommandNames) { self.names = names }

    /// Adds one word, and what of `rest` is its value.
    mutating func add(_ word: String, _ rest: inout ArraySlice<String>) throws {
        guard word.utf8.count > 1, word.utf8.first == UInt8(ascii: "-") else {
            valueCount += 1
            return words.append(word)
        }
        let name = String(word.prefix { $0 != "=" })
        let value = name == word ? nil : String(word.dropFirst(name.count + 1))
        let isLong = word.hasPrefix("--")
        // Of letters that stand together the last one has the value, and an option among them all that follows.
        let letters = isLong ? [] : name.dropFirst().map { "-\($0)" }
        if let place = letters.firstIndex(where: names.options.contains) {
            words.append(word)
            if place == letters.count - 1, value == nil, let next = rest.popFirst() { words.append(next) }
            return
        }
        if names.options.contains(name) {
            words.append(word)
            if value == nil, let next = rest.popFirst() { words.append(next) }
            return
        }
        let asked = isLong ? [name] : letters
        guard let value, let last = asked.last, let synonyms = names.flags[last], asked.allSatisfy({ names.flags[$0] != nil })
        else { return words.append(word) }
        guard let isYes = YesOrNo.value(value) else {
            throw CommandError.badOption(last, value, expected: "true or false")
        }
        words += asked.dropLast()
        if isYes { return words.append(last) }
        remove(synonyms)
        // A flag that is set unless somebody says no has a name for that.
        let opposites = synonyms.map { "--no-\($0.drop { $0 == "-" })" }
        words += opposites.filter { names.flags[$0] != nil }.prefix(1)
    }

    /// Takes away what was said of a flag so far, also among letters that stand together.
    private mutating func remove(_ synonyms: Set<String>) {
        words = words.compactMap { word in
            if synonyms.contains(word) { return nil }
            guard word.hasPrefix("-"), !word.hasPrefix("--"), !word.contains("=") else { return word }
            let letters = word.dropFirst()
            guard letters.allSatisfy({ names.flags["-\($0)"] != nil }) else { return word }
            let kept = letters.filter { !synonyms.contains("-\($0)") }
            return kept.isEmpty ? nil : "-\(kept)"
        }
    }
}
