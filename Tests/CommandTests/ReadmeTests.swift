import Foundation
import TestSupport
import Testing

/// What the README says is so.
@Suite struct ReadmeTests {
    private struct Example {
        let command: String
        let output: String
    }

    @Test func examplesPrintWhatTheReadmeSays() throws {
        let readme = try String(contentsOfFile: "\(Program.packageRoot)/README.md", encoding: .utf8)
        let examples = Self.examples(readme)
        #expect(examples.count == 5)
        let folder = try TemporaryDirectory()
        // `strata` as a user has it: on the path, with a store of their own.
        let environment = [
            "PATH": "\(URL(fileURLWithPath: Program.strata.path).deletingLastPathComponent().path):/usr/bin:/bin",
            "STRATA_STORE": "\(folder.path)/store",
        ]
        for example in examples {
            let command = "cd '\(Program.packageRoot)' && \(example.command)"
            let outcome = try Program.shell.run(["-c", command], environment: environment)
            #expect(outcome.output == example.output, "`\(example.command)` says otherwise: \(outcome.errors)")
        }
    }

    @Test func everyPackageThatIsInstalledIsNamed() throws {
        let readme = try String(contentsOfFile: "\(Program.packageRoot)/README.md", encoding: .utf8)
        let makefile = try String(contentsOfFile: "\(Program.packageRoot)/Makefile", encoding: .utf8)
        let named = Set(readme.split { $0.isWhitespace || $0 == "`" }.map(String.init))
        for list in ["LIBRARIES := ", "PEERS := "] {
            let line = try #require(makefile.split(separator: "\n").first { $0.hasPrefix(list) })
            for package in line.dropFirst(list.count).split(separator: " ").map(String.init) {
                #expect(named.contains(package), "the README does not name \(package)")
            }
        }
    }

    private static func examples(_ readme: String) -> [Example] {
        readme.components(separatedBy: "```console\n$ ").dropFirst().compactMap { block in
            guard let text = block.components(separatedBy: "```").first, let end = text.firstIndex(of: "\n") else { return nil }
            return Example(command: String(text[..<end]), output: String(text[text.index(after: end)...]))
        }
    }
}
