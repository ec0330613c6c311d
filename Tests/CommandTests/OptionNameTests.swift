import Foundation
import TestSupport
import Testing

/// What the argument parser refuses in a debug build, where it looks at the commands' declarations before it reads the first word.
@Suite struct OptionNameTests {
    /// Of two options of one name the second would never be heard.
    @Test(arguments: CommandTree.commands) func everyNameIsOneOptions(_ command: CommandTree.Command) {
        var seen: Set<String> = []
        #expect(command.arguments.flatMap(\.names).filter { !seen.insert($0).inserted } == [])
    }

    /// A word that may be many takes all that follow.
    @Test(arguments: CommandTree.commands) func onlyTheLastWordMayBeMany(_ command: CommandTree.Command) {
        let words = command.arguments.filter(\.isPositional)
        #expect(words.dropLast().filter(\.isRepeating).isEmpty)
    }

    /// The names of a group's commands, its second spellings among them, tell them apart.
    @Test func everySpellingIsOneCommands() throws {
        var seen: Set<[String]> = []
        let spellings = try CommandTree.read().flatMap { command in
            ([command.words.last ?? ""] + command.aliases).map { Array(command.words.dropLast()) + [$0] }
        }
        #expect(spellings.filter { !seen.insert($0).inserted } == [])
    }

    @Test(arguments: ["images", "history x", "ps"]) func quietIsIDsAlone(_ line: String) throws {
        let bench = try Workbench()
        let archive = try bench.file(
            "a.tar", try ImageBuilder([BuiltLayer([.file("x", text: "x")])], named: "localhost/x:1").dockerArchive(.legacy).tar)
        try bench.succeed("load", "-i", archive)
        let words = line.split(separator: " ").map { $0 == "x" ? "localhost/x:1" : String($0) }
        let outputs = try ["-q", "--quiet", "--ids"].map { try bench.program.run(words + [$0]).output }
        #expect(Set(outputs).count == 1 && outputs[0].split(separator: "\n").allSatisfy { !$0.contains(" ") }, "\(outputs)")
    }
}
