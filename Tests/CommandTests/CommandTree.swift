import Foundation
import TestSupport

/// The program's commands, by its own word: what `--experimental-dump-help` of the argument parser prints.
enum CommandTree {
    /// A command, or a group of them.
    struct Command: Sendable, CustomStringConvertible {
        /// Its words, without the program's name; empty for the program itself.
        let words: [String]
        /// Other words for the last one.
        let aliases: [String]
        let arguments: [Argument]

        var description: String { words.isEmpty ? "strata" : words.joined(separator: " ") }
        /// The file that holds its help.
        var goldenName: String { (["strata"] + words).joined(separator: "-") + ".help.txt" }
    }

    /// An option, a flag or a word of a command, those of its option groups included.
    struct Argument: Sendable {
        /// As they are typed: `--quiet`, `-q`.
        let names: [String]
        let isPositional: Bool
        let isRepeating: Bool
    }

    /// Every command and group but the parser's own `help`; none where the program does not tell, which a test says.
    static let commands: [Command] = {
        // The suites' arguments are made where nothing can be thrown.
        do { return try read() } catch { return [] }
    }()

    static func read() throws -> [Command] {
        let outcome = try Program.strata.run(["--experimental-dump-help"])
        let dump = try JSONDecoder().decode(Dump.self, from: Data(outcome.output.utf8))
        return commands(dump.command, []).filter { $0.words != ["help"] }
    }

    private static func commands(_ dumped: Dump.Command, _ words: [String]) -> [Command] {
        let arguments = (dumped.arguments ?? []).map { argument in
            let names = (argument.names ?? []).map { ($0.kind == "long" ? "--" : "-") + $0.name }
            return Argument(names: names, isPositional: argument.kind == "positional", isRepeating: argument.isRepeating)
        }
        let command = Command(words: words, aliases: dumped.aliases ?? [], arguments: arguments)
        return [command] + (dumped.subcommands ?? []).flatMap { commands($0, words + [$0.commandName]) }
    }

    private struct Dump: Decodable {
        struct Command: Decodable {
            struct Argument: Decodable {
                struct Name: Decodable {
                    let kind: String
                    let name: String
                }

                let names: [Name]?
                let kind: String
                let isRepeating: Bool
            }

            let commandName: String
            let aliases: [String]?
            let arguments: [Argument]?
            let subcommands: [Command]?
        }

        let command: Command
    }
}
