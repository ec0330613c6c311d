import DockerfileLanguage
import Foundation
import TestSupport
import Testing

/// The parser against files whose trees are known, and what those do not show.
@Suite struct ParserTests {
    private func folders(_ kind: String) -> [URL] {
        guard let folder = SharedCases.url("dockerfile-parse/\(kind)") else { return [] }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.sorted().map { folder.appendingPathComponent($0) }
    }

    @Test func knownFilesHaveTheirTrees() throws {
        for folder in folders("accept") {
            let text = try String(contentsOf: folder.appendingPathComponent("Dockerfile"), encoding: .utf8)
            let expected = try String(contentsOf: folder.appendingPathComponent("result"), encoding: .utf8)
            let dump = try DockerfileParser.parse(text).instructions.map(Self.dump)
            let lines = expected.split(separator: "\n").map(String.init)
            for (line, wanted) in zip(dump, lines) { #expect(line == wanted, "\(folder.lastPathComponent)") }
            #expect(dump.count == lines.count, "\(folder.lastPathComponent)")
        }
    }

    @Test func knownFilesAreRefused() throws {
        for folder in folders("reject") {
            let text = try String(contentsOf: folder.appendingPathComponent("Dockerfile"), encoding: .utf8)
            #expect(throws: DockerfileError.self, "\(folder.lastPathComponent)") { try DockerfileParser.parse(text) }
        }
    }

    /// The tree as upstream prints it.
    private static func dump(_ instruction: Instruction) -> String {
        var text = "(" + instruction.name.lowercased()
        if !instruction.flags.isEmpty { text += " [" + instruction.flags.map(quoted).joined(separator: " ") + "]" }
        for trigger in instruction.trigger { text += " " + dump(trigger) }
        for argument in instruction.arguments { text += " " + quoted(argument) }
        return text + ")"
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            case "\u{8}": result += "\\b"
            case "\u{C}": result += "\\f"
            case _ where scalar.value < 0x20: result += "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    @Test func heredocsBelongToTheirInstruction() throws {
        let text = """
            FROM scratch
            RUN <<EOF
            echo $HOME
              # no comment
            EOF
            COPY <<-"one" <<two /dir/
            \t\tfirst $x
            \tone
            second $x
            two
            RUN 3<<A cat <&3
            A
            USER x
            """
        let file = try DockerfileParser.parse(text)
        #expect(file.instructions.map(\.name) == ["FROM", "RUN", "COPY", "RUN", "USER"])
        #expect(file.instructions.map(\.lines) == [1...1, 2...5, 6...10, 11...12, 13...13])
        #expect(file.instructions[1].heredocs.map(\.content) == ["echo $HOME\n  # no comment\n"])
        #expect(file.instructions[1].heredocs.map(\.isExpanded) == [true])
        #expect(file.instructions[2].heredocs.map(\.name) == ["one", "two"])
        #expect(file.instructions[2].heredocs.map(\.content) == ["first $x\n", "second $x\n"])
        #expect(file.instructions[2].heredocs.map(\.isExpanded) == [false, true])
        #expect(file.instructions[3].heredocs.map(\.descriptor) == [3])
        #expect(file.instructions[3].heredocs.map(\.content) == [""])
    }

    @Test func directivesStandAtTheTopOnly() throws {
        let file = try DockerfileParser.parse("# syntax = docker/dockerfile:1\n#escape=`\n\n# check=skip=all\nRUN a `\n b\\\n")
        #expect(file.directives.syntax == "docker/dockerfile:1")
        #expect(file.directives.escape == "`")
        #expect(file.directives.check == LintSettings())
        #expect(file.instructions.map(\.arguments) == [["a  b\\"]])
    }

    private static let faults: [(text: String, line: Int, problem: DockerfileError.Problem)] = [
        ("", 1, .empty), ("\n\n  \n", 1, .empty), ("# escape=x\nRUN a", 1, .badEscape("x")),
        ("# escape=`\n# ESCAPE=`\nRUN a", 2, .repeatedDirective("escape")),
        ("FROM x\nRUN <<EOF\nabc\n", 2, .unfinishedHeredoc("EOF")),
        ("FROM x\nENV a=b c\n", 2, .instruction(.notAnAssignment(instruction: "ENV", word: "c"))),
        ("ENV a", 1, .instruction(.missingArgument(instruction: "ENV"))),
        ("FROM x\nCMD [1]", 2, .instruction(.nestedJSON(instruction: "CMD"))),
    ]

    @Test(arguments: faults) func aFaultHasItsLine(_ known: (text: String, line: Int, problem: DockerfileError.Problem)) {
        #expect(throws: DockerfileError(line: known.line, problem: known.problem)) { try DockerfileParser.parse(known.text) }
    }

    @Test func oddLinesAreRead() throws {
        let text = "\u{FEFF}FROM a\r\n  run x \\\r\n# comment\r\n\r\n  y\r\nfoo --bar --b=\"c d\" -- e\r\n"
        let file = try DockerfileParser.parse(text)
        #expect(file.instructions.map(\.name) == ["FROM", "RUN", "FOO"])
        #expect(file.instructions[1].arguments == ["x   y"])
        #expect(file.instructions[2].flags == ["--bar", "--b=c d"])
        #expect(file.instructions[2].arguments == ["e"])
        #expect(file.emptyContinuations == [4])
    }

    @Test func aHugeFileIsReadInTimeOrRefused() throws {
        let lines = String(repeating: "RUN echo hello \\\n  world\n", count: 100_000)
        #expect(try DockerfileParser.parse(lines).instructions.count == 100_000)
        #expect(throws: DockerfileError.self) { try DockerfileParser.parse(String(repeating: "x", count: 5 << 20)) }
    }
}
