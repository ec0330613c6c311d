import DockerfileLanguage
import OCISpec
import TestSupport
import Testing

/// Instructions that change a config, as docker reads them.
struct ConfigChangeTests {
    private func config(_ changes: String..., from base: ContainerConfig = ContainerConfig()) throws -> ContainerConfig {
        var config = base
        try config.apply(try changes.flatMap { try ConfigChange.parse($0) })
        return config
    }

    @Test func commandsAreExecOrShell() throws {
        let config = try config(#"CMD ["sh", "-c", "echo \"x\""]"#, "entrypoint exec /bin/run $HOME")
        #expect(config.cmd == ["sh", "-c", "echo \"x\""])
        #expect(config.entrypoint == ["/bin/sh", "-c", "exec /bin/run $HOME"])
        #expect(try self.config("CMD [not json]").cmd == ["/bin/sh", "-c", "[not json]"])
        var shell = ContainerConfig()
        shell.shell = ["/bin/bash", "-ec"]
        #expect(try self.config("CMD x", from: shell).cmd == ["/bin/bash", "-ec", "x"])
        #expect(try self.config(#"ENTRYPOINT []"#).entrypoint == nil)
    }

    @Test func anEntryPointTakesTheOldCommandAway() throws {
        var base = ContainerConfig()
        base.cmd = ["old"]
        #expect(try config("ENTRYPOINT [\"e\"]", from: base).cmd == nil)
        #expect(try config("CMD [\"new\"]", "ENTRYPOINT [\"e\"]", from: base).cmd == ["new"])
    }

    @Test(arguments: [
        (#"ENV A=1 B="two words" C='$A'"#, ["A=1", "B=two words", "C=$A"]), ("ENV A all of it", ["A=all of it"]),
        (#"ENV A=a\ b"#, ["A=a b"]), ("ENV A=", ["A="]), (#"env A "x" y"#, ["A=x y"]), ("ENV A==b", ["A==b"]),
    ])
    func variablesAreSet(text: String, expected: [String]) throws {
        #expect(try config(text).env == expected)
    }

    @Test func variablesComeFromEarlierInstructions() throws {
        #expect(try config("ENV A=1", "ENV A=2 B=$A", "ENV C=${B:-x}${D:-y}").env == ["A=2", "B=1", "C=1y"])
        #expect(try config("ENV P=/srv", "WORKDIR $P/x", "USER ${U:-app}", "VOLUME $P").workingDir == "/srv/x")
    }

    @Test func aVariableKeepsItsPlace() throws {
        #expect(try config("ENV A=1 B=2", "ENV A=3").env == ["A=3", "B=2"])
    }

    @Test func labelsAreSet() throws {
        #expect(try config(#"LABEL a=1 "b c"="d e""#, "LABEL f g h").labels == ["a": "1", "b c": "d e", "f": "g h"])
    }

    @Test func portsAreSpelledOut() throws {
        #expect(
            try config("EXPOSE 80 53/UDP 7000-7002").exposedPorts == ["80/tcp", "53/udp", "7000/tcp", "7001/tcp", "7002/tcp"])
        #expect(try config("ENV P=\"1 2\"", "EXPOSE $P").exposedPorts == ["1/tcp", "2/tcp"])
    }

    @Test func volumesAreAnArrayOrWords() throws {
        #expect(try config(#"VOLUME ["/a b", "/c"]"#).volumes == ["/a b", "/c"])
        #expect(try config("VOLUME /a /b", "VOLUME /c").volumes == ["/a", "/b", "/c"])
    }

    @Test(arguments: [("/a//b/./c/../d", "/a/b/d"), ("a", "/a"), ("/..", "/")])
    func theWorkingDirectoryIsCleaned(text: String, expected: String) throws {
        #expect(try config("WORKDIR \(text)").workingDir == expected)
    }

    @Test func aRelativeWorkingDirectoryGoesOn() throws {
        #expect(try config("WORKDIR /a", "WORKDIR b", "WORKDIR ../c").workingDir == "/a/c")
    }

    @Test func aHealthcheckHasFlags() throws {
        let check = try config(
            "HEALTHCHECK --interval=1m30s --timeout=500ms --start-period=1.5s --start-interval=0 --retries=3 CMD curl -f x"
        ).healthcheck
        #expect(check?.test == ["CMD-SHELL", "curl -f x"])
        #expect(check?.interval == 90_000_000_000)
        #expect(check?.timeout == 500_000_000)
        #expect(check?.startPeriod == 1_500_000_000)
        #expect(check?.startInterval == 0)
        #expect(check?.retries == 3)
        #expect(try config(#"HEALTHCHECK CMD ["a", "b"]"#).healthcheck?.test == ["CMD", "a", "b"])
        #expect(try config("HEALTHCHECK NONE").healthcheck?.test == ["NONE"])
    }

    @Test func theRestIsKept() throws {
        let config = try config("USER app:app", "STOPSIGNAL SIGRTMIN+3", "ONBUILD RUN make", "ONBUILD USER x")
        #expect(config.user == "app:app")
        #expect(config.stopSignal == "SIGRTMIN+3")
        #expect(config.onBuild == ["RUN make", "USER x"])
    }

    @Test func severalLinesAreSeveralInstructions() throws {
        let config = try config("# a comment\n  ENV A=1 \\\n    B=2\nUSER x\n")
        #expect(config.env == ["A=1", "B=2"])
        #expect(config.user == "x")
    }

    @Test(arguments: [
        ("", InstructionError.empty), ("# only", .empty), ("RUN x", .unsupported(instruction: "RUN")),
        ("frob x", .unsupported(instruction: "frob")), ("CMD", .missingArgument(instruction: "CMD")),
        ("ENV A", .missingArgument(instruction: "ENV")), ("ENV A=1 B", .notAnAssignment(instruction: "ENV", word: "B")),
        ("ENV =1", .notAnAssignment(instruction: "ENV", word: "=1")), ("EXPOSE 0", .badPort("0")),
        ("EXPOSE 65536", .badPort("65536")),
        ("EXPOSE 3-1", .badPort("3-1")), ("EXPOSE 80/http", .badPort("80/http")), ("EXPOSE -", .badPort("-")),
        ("STOPSIGNAL NOPE", .badSignal("NOPE")), ("STOPSIGNAL 65", .badSignal("65")),
        ("ONBUILD FROM x", .badTrigger(instruction: "FROM")),
        ("ONBUILD onbuild RUN x", .badTrigger(instruction: "ONBUILD")), ("HEALTHCHECK curl", .badHealthcheck("curl")),
        ("HEALTHCHECK CMD", .badHealthcheck("CMD")), ("HEALTHCHECK --interval=1d CMD x", .badFlag(flag: "interval", value: "1d")),
        ("HEALTHCHECK --interval=1us CMD x", .badFlag(flag: "interval", value: "1us")),
        ("HEALTHCHECK --retries=-1 CMD x", .badFlag(flag: "retries", value: "-1")),
        ("HEALTHCHECK --foo=1 CMD x", .unknownFlag(instruction: "HEALTHCHECK", flag: "--foo")),
        ("USER 'x", .openQuote("'x")), ("USER ${x", .badSubstitution("${x")),
        ("USER ${x:?no user}", .unsetVariable("x", message: "no user")),
    ])
    func whatCannotBeReadIsRefused(text: String, expected: InstructionError) {
        #expect(throws: expected) { try config(text) }
    }
}
