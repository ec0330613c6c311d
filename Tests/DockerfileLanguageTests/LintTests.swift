import DockerfileLanguage
import Testing

/// Each rule with a line that breaks it, and the same written as it should be.
struct LintTests {
    private func rules(_ text: String, ignored: [String] = [], images: [String: Set<String>] = [:]) throws -> [String] {
        let patterns = ignored.isEmpty ? nil : try IgnorePatterns(ignored)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let findings = Lint.findings(in: try DockerfileParser.parse(text), lines: lines, ignored: patterns) { images[$0] }
        return findings.map { "\($0.line) \($0.rule.rawValue)" }
    }

    @Test(arguments: [
        ("FROM a AS Two", "1 StageNameCasing", "FROM a AS two"),
        ("FROM a as two", "1 FromAsCasing", "from a as two"),
        ("FROM a\nENV A=1 \\\n\n B=2", "3 NoEmptyContinuation", "FROM a\nENV A=1 \\\n B=2"),
        ("FROM a\nUSER x\nworkdir /a", "3 ConsistentInstructionCasing", "FROM a\nUSER x\nWORKDIR /a"),
        ("FROM a AS x\nFROM b AS x", "2 DuplicateStageName", "FROM a AS x\nFROM b AS y"),
        ("FROM a AS scratch", "1 ReservedStageName", "FROM a AS scratchy"),
        ("FROM a\nCMD echo hi", "2 JSONArgsRecommended", "FROM a\nCMD [\"echo\", \"hi\"]"),
        ("FROM a\nMAINTAINER me", "2 MaintainerDeprecated", "FROM a\nLABEL me=1"),
        ("FROM a$X", "1 UndefinedArgInFrom", "ARG X=1\nFROM a$X"),
        ("FROM scratch\nCOPY $X /", "2 UndefinedVar", "FROM scratch\nARG X=a\nCOPY $X /"),
        ("FROM a\nWORKDIR b", "2 WorkdirRelativePath", "FROM a\nWORKDIR /b\nWORKDIR c"),
        ("FROM a\nCMD [\"b\"]\nCMD [\"c\"]", "2 MultipleInstructionsDisallowed", "FROM a\nCMD [\"b\"]\nFROM a\nCMD [\"c\"]"),
        ("FROM a\nENV b c", "2 LegacyKeyValueFormat", "FROM a\nENV b=c"),
        ("FROM --platform=$TARGETPLATFORM a", "1 RedundantTargetPlatform", "FROM --platform=$BUILDPLATFORM a"),
        ("FROM a\nARG DB_PASSWORD", "2 SecretsUsedInArgOrEnv", "FROM a\nARG PUBLIC_KEY"),
        ("ARG X\nFROM ${X}", "2 InvalidDefaultArgInFrom", "ARG X=a\nFROM ${X}"),
        ("FROM --platform=linux/arm64 a", "1 FromPlatformFlagConstDisallowed", "FROM a"),
        ("FROM a\nCOPY secret.txt /", "2 CopyIgnoredFile", "FROM a\nCOPY other.txt /"),
        ("FROM a\nEXPOSE 80/TCP", "2 ExposeProtoCasing", "FROM a\nEXPOSE 80/tcp"),
        ("FROM a\nEXPOSE 127.0.0.1:80:80", "2 ExposeInvalidFormat", "FROM a\nEXPOSE 80"),
        (
            "# check=experimental=InvalidDefinitionDescription\nFROM a\n# other\nARG X=1", "4 InvalidDefinitionDescription",
            "# check=experimental=all\nFROM a\n# X is one\nARG X=1"
        ),
    ])
    func aRuleIsBrokenAndKept(wrong: String, finding: String, right: String) throws {
        #expect(try rules(wrong, ignored: ["secret.txt"]) == [finding])
        #expect(try rules(right, ignored: ["secret.txt"]) == [])
    }

    @Test(arguments: [
        ("FROM known\nENV A=$VERSION", []), ("FROM known\nENV A=$VERSIONS", ["2 UndefinedVar"]),
        ("FROM known\nENV A=$OTHER", ["2 UndefinedVar"]), ("FROM unknown\nENV A=$OTHER", []),
        ("FROM unknown\nENV PATH=$PAHT:/b", ["2 UndefinedVar"]), ("FROM known AS b\nENV X=1\nFROM b\nUSER $X", []),
        ("FROM known AS b\nFROM b\nUSER $X", ["3 UndefinedVar"]), ("FROM scratch\nARG A=$B", ["2 UndefinedVar"]),
        ("FROM scratch\nARG B\nARG A=$B", []), ("FROM scratch\nENV PATH=/b:$PATH", []),
        ("FROM scratch\nCOPY a.$TARGETARCH /", ["2 UndefinedVar"]), ("FROM scratch\nARG TARGETARCH\nCOPY a.$TARGETARCH /", []),
        ("FROM scratch\nRUN echo $HOME\nCMD [\"$HOME\"]", []), ("FROM scratch\nUSER ${X:-1}", []),
    ])
    func aVariableIsKnownByTheBase(text: String, findings: [String]) throws {
        #expect(try rules(text, images: ["known": ["PATH", "VERSION"]]) == findings)
    }

    @Test(arguments: [
        ("# other\nFROM a AS b", ["3 InvalidDefinitionDescription"]), ("# b is built\nFROM a AS b", []),
        ("# other\n\nFROM a AS b", []), ("# other\n#\nFROM a AS b", []), ("# other\nFROM a", []), ("FROM a AS b", []),
        ("# other\n# b is built\nFROM a AS b", []), ("# other\nARG X\nFROM a", ["3 InvalidDefinitionDescription"]),
        ("# Y is two\nARG X=1 Y=2\nFROM a", []),
    ])
    func aDescriptionBeginsWithItsName(text: String, findings: [String]) throws {
        #expect(try rules("# check=experimental=all\n" + text) == findings)
        #expect(try rules("# syntax=x\n" + text) == [], "only where it is asked for")
    }

    @Test(arguments: [
        ("FROM scratch AS a\nWORKDIR /app\nFROM a AS b\nWORKDIR sub", []),
        ("FROM scratch AS a\nWORKDIR sub\nWORKDIR other\nFROM a\nWORKDIR more", ["2 WorkdirRelativePath"]),
        ("FROM --platform=linux/amd64 a AS build_amd64", []), ("FROM --platform=linux/amd64 a AS linux-tools", []),
        ("FROM --platform=linux/amd64 a AS tools", ["1 FromPlatformFlagConstDisallowed"]),
        ("FROM scratch\n# check=skip=MaintainerDeprecated\nMAINTAINER a\nMAINTAINER b", ["4 MaintainerDeprecated"]),
        ("FROM scratch\n# check=skip=all\n# why\nMAINTAINER a", []),
        ("FROM scratch\n# check=skip=StageNameCasing\nMAINTAINER a", ["3 MaintainerDeprecated"]),
    ])
    func aRuleHasItsExceptions(text: String, findings: [String]) throws { #expect(try rules(text) == findings) }

    @Test func aContextOfWhichNothingIsLeftIsTold() throws {
        #expect(try rules("FROM a\nCOPY . .", ignored: ["*"]) == ["2 CopyIgnoredFile"])
        #expect(try rules("FROM a\nCOPY . .", ignored: ["*", "!b"]) == [])
        #expect(try rules("FROM a\nCOPY ./ /x", ignored: ["a", "b*"]) == [])
    }

    @Test func rulesArePassedOverWhereTheFileSaysSo() throws {
        #expect(try rules("# check=skip=JSONArgsRecommended\nFROM a as B\nCMD c") == ["2 FromAsCasing", "2 StageNameCasing"])
        #expect(try rules("# check=skip=all\nFROM a as B\nCMD c") == [])
    }

    @Test func everyRuleHasItsCase() {
        #expect(LintFinding.Rule.allCases.count == 21)
    }
}
