import DockerfileLanguage
import Testing

/// Flags, triggers and directives that mean nothing: none is passed over.
@Suite struct FlagTests {
    private func problem(_ text: String) -> DockerfileError.Problem? {
        do throws(DockerfileError) {
            _ = try BuildStages(try DockerfileParser.parse(text))
            return nil
        } catch {
            return error.problem
        }
    }

    @Test(arguments: [
        "ADD --x a /", "ARG --x a", "CMD --x a", "COPY --x a /", "ENTRYPOINT --x a", "ENV --x a=b", "EXPOSE --x 1",
        "HEALTHCHECK --x CMD a", "LABEL --x a=b", "MAINTAINER --x a", "ONBUILD --x RUN a", "RUN --x a", "SHELL --x [\"a\"]",
        "STOPSIGNAL --x 1", "USER --x a", "VOLUME --x a", "WORKDIR --x a",
    ])
    func everyInstructionRefusesFlagsThatItLacks(instruction: String) {
        let name = String(instruction.prefix { $0 != " " })
        #expect(problem("FROM scratch\n\(instruction)\n") == .instruction(.unknownFlag(instruction: name, flag: "--x")))
    }

    @Test(arguments: [
        ("COPY --chown=1 --chown=2 a /", "--chown"), ("HEALTHCHECK --retries=1 --retries=2 CMD a", "--retries"),
        ("RUN --network=none --network=host a", "--network"),
    ])
    func aFlagIsGivenOnce(_ known: (text: String, flag: String)) {
        let name = String(known.text.prefix { $0 != " " })
        #expect(problem("FROM scratch\n\(known.text)\n") == .instruction(.repeatedFlag(instruction: name, flag: known.flag)))
        #expect(problem("FROM scratch\nCOPY --exclude=a --exclude=b . /\n") == nil)
    }

    @Test func aTriggerIsReadAsItWillBe() {
        #expect(
            problem("FROM scratch\nONBUILD COPY --x a /\n") == .instruction(.unknownFlag(instruction: "COPY", flag: "--x")))
        #expect(
            problem("FROM scratch\nONBUILD COPPY a /\n")
                == .instruction(.unknownTrigger(instruction: "COPPY", suggestion: "COPY")))
    }

    @Test(arguments: ["linux/", "linux/a/b/c", "/", "a b/c"]) func aPlatformIsOne(text: String) {
        #expect(problem("FROM --platform=\"\(text)\" scratch\n") == .instruction(.badPlatform(text)))
        #expect(problem("FROM --platform=$NONE scratch\n") == .instruction(.badPlatform("--platform=$NONE")))
    }

    @Test(arguments: ["COPY --from=$A a /", "RUN --mount=from=$A,target=/a a"]) func noVariableNamesASource(text: String) {
        #expect(problem("ARG A=b\nFROM scratch\nARG A\n\(text)\n") == .instruction(.variableInFrom("$A")))
    }

    @Test(arguments: ["skip", "error=maybe", "foo=bar", "skip=A;", "error=true;b"]) func aCheckDirectiveIsRead(text: String) {
        guard case .badCheck = problem("# check=\(text)\nFROM scratch\n") else {
            Issue.record("no error")
            return
        }
        #expect(problem("# check=skip=A,B;error=true;experimental=all\nFROM scratch\n") == nil)
    }
}
