import Foundation
import TestSupport
import Testing

/// The man pages that packages bring: made from the command tree, and by hand for the files.
@Suite(.needs("python3")) struct ManPageTests {
    private let folder: TemporaryDirectory

    init() throws {
        folder = try TemporaryDirectory()
        let outcome = try Program("python3").run(
            ["Packaging/manpages.py", Program.strata.path, folder.path], environment: ["SOURCE_DATE_EPOCH": "0"])
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    /// What `--help` lists: every option's names at the beginning of a line of the lists.
    @Test func everyOptionOfTheHelpStandsInItsPage() throws {
        for command in CommandTree.commands {
            let page = try page(of: command)
            let help = try String(
                contentsOfFile: "\(Program.packageRoot)/Tests/CommandTests/Golden/\(command.goldenName)", encoding: .utf8)
            let listed = help.split(separator: "\n").filter { $0.hasPrefix("  -") }
            #expect(!listed.isEmpty)
            for line in listed {
                for name in line.matches(of: #/(?:^|[ ,(\/])(--?[A-Za-z][A-Za-z-]*)/#).map(\.1)
                where command.names.contains(String(name)) {
                    #expect(page.contains(name), "\(command): \(name) does not stand in its page")
                }
            }
        }
    }

    @Test func pagesOfGroupsNameTheirVerbs() throws {
        let commands = CommandTree.commands
        for group in commands.filter({ group in
            commands.contains { $0.words.dropLast() == group.words[...] && $0.words != group.words }
        }) {
            let page = try page(of: group)
            for verb in commands where verb.words.count == group.words.count + 1 && verb.words.starts(with: group.words) {
                #expect(
                    page.contains("strata-\(verb.words.joined(separator: "-"))"), "\(verb) does not stand in the page of \(group)"
                )
            }
        }
    }

    /// Neither groff nor man has a word to say of any page.
    @Test(.needs("groff", "man")) func pagesRenderWithoutWarnings() throws {
        let script = """
            for page in "$0"/*; do
                [ -L "$page" ] && continue
                groff -ww -man -Tutf8 "$page" 2>&1 >/dev/null
                MANWIDTH=80 man --warnings -l "$page" 2>&1 >/dev/null
            done
            """
        let outcome = try Program.shell.run(["-c", script, folder.path])
        #expect(outcome.status == 0 && outcome.output + outcome.errors == "")
    }

    /// The examples of strata-policy(5) and strata-budget(5) are files that the program takes.
    @Test func theExamplesOfFilesAreTaken() throws {
        let store = ["--store", folder.path("store")]
        #expect(try Program.strata.run(["scan", "fixtures/app-docker.tar"] + store).status == 0)
        let policy = try example(of: "strata-policy.5")
        let plan = try Program.strata.run(["plan", "--policy", policy] + store)
        #expect(plan.status == 0, "\(plan.errors)")
        let budget = try example(of: "strata-budget.5")
        let check = try Program.strata.run(["check", "localhost/strata/app:1", "--budget", budget] + store)
        #expect(check.status == 1 && check.output.contains("max-wasted"), "\(check.errors)")
    }

    private func page(of command: CommandTree.Command) throws -> String {
        let name = (["strata"] + command.words).joined(separator: "-") + ".1"
        return try String(contentsOfFile: folder.path(name), encoding: .utf8)
            .replacingOccurrences(of: "\\-", with: "-").replacingOccurrences(of: "\\fB", with: "")
    }

    private func example(of page: String) throws -> String {
        let text = try String(contentsOfFile: folder.path(page), encoding: .utf8)
        let body = try #require(text.components(separatedBy: ".SH EXAMPLE\n.nf\n").last?.components(separatedBy: "\n.fi").first)
        let plain = body.replacingOccurrences(of: "\\-", with: "-").replacingOccurrences(of: "\\e", with: "\\")
        let path = folder.path(page + ".yaml")
        try plain.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }
}

extension CommandTree.Command {
    /// All names of its options.
    fileprivate var names: Set<String> { Set(arguments.flatMap(\.names)) }
}
