import Foundation
import TestSupport
import Testing

/// The help of every command, by the program's own tree: a command that is added has no golden file yet, and fails.
@Suite struct HelpTests {
    private static let folder = "Tests/CommandTests/Golden"

    @Test(arguments: CommandTree.commands) func helpIsAsRecorded(_ command: CommandTree.Command) throws {
        try expectGolden(try help(command.words), "\(Self.folder)/\(command.goldenName)")
    }

    /// Second spellings, such as `container ls` for `container ps`, are the same command.
    @Test(arguments: CommandTree.commands.filter { !$0.aliases.isEmpty })
    func aSecondSpellingHasTheSameHelp(_ command: CommandTree.Command) throws {
        for alias in command.aliases {
            #expect(try help(command.words.dropLast() + [alias]) == help(command.words), "\(alias)")
        }
    }

    @Test func everyRecordedHelpIsACommands() throws {
        let commands = try CommandTree.read()
        #expect(commands.count > 90)
        let files = try FileManager.default.contentsOfDirectory(atPath: "\(Program.packageRoot)/\(Self.folder)")
        #expect(files.filter { $0.hasSuffix(".help.txt") }.sorted() == commands.map(\.goldenName).sorted())
    }

    private func help(_ words: [String]) throws -> String {
        let outcome = try Program.strata.run(words + ["--help"])
        #expect(outcome.status == 0 && outcome.errors == "")
        return outcome.output
    }
}
