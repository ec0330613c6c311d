import DockerfileLanguage
import Testing

/// The flags of `RUN` steps.
@Suite struct RunFlagTests {
    private func mount(_ fields: String) throws -> RunMount {
        let stages = try BuildStages(
            try DockerfileParser.parse("FROM scratch\nRUN --mount=\(fields) x\n"), arguments: [:], platforms: [:])
        let instruction = try #require(stages.stages[0].instructions.first)
        let flags = try RunFlags(instruction) { text throws(InstructionError) in text }
        return try #require(flags.mounts.first)
    }

    @Test(arguments: [("1.5g", Int64(1_610_612_736)), ("64MiB", 67_108_864), ("100", 100)])
    func theSizeOfATmpfsIsReadAsDockerReadsIt(_ known: (text: String, bytes: Int64)) throws {
        #expect(try mount("type=tmpfs,target=/t,size=\(known.text)").size == known.bytes)
    }

    @Test func aSizeThatIsNoneIsAnError() {
        #expect(throws: InstructionError.badFlag(flag: "mount", value: "size=5x")) {
            try mount("type=tmpfs,target=/t,size=5x")
        }
    }

    @Test(arguments: [
        ("type=secret,from=a", "secret", "from"), ("type=secret,id=a,sharing=locked", "secret", "sharing"),
        ("type=tmpfs,target=/x,src=a", "tmpfs", "src"), ("target=/x,uid=3", "bind", "uid"), ("target=/x,id=a", "bind", "id"),
        ("target=/x,sharing=shared", "bind", "sharing"), ("target=/x,size=1m", "bind", "size"),
        ("target=/x,env=A", "bind", "env"),
        ("type=cache,target=/x,required", "cache", "required"), ("type=cache,target=/x,env=A", "cache", "env"),
        ("type=ssh,env=A", "ssh", "env"), ("type=secret,id=a,rw", "secret", "rw"),
    ])
    func aKeyOfAnotherTypeIsRefused(_ known: (text: String, kind: String, key: String)) {
        #expect(throws: DockerfileError(line: 2, problem: .instruction(.mountKey(kind: known.kind, key: known.key)))) {
            try mount(known.text)
        }
    }

    @Test(arguments: [("type=cache", "target"), ("type=cache,target=/c,source=/d", "from"), ("type=tmpfs", "target")])
    func aKeyThatIsNeededIsAskedFor(_ known: (text: String, key: String)) {
        let kind = String(known.text.dropFirst(5).prefix(5))
        #expect(throws: InstructionError.missingMountKey(kind: kind, key: known.key)) { try mount(known.text) }
    }

    @Test func aSecretIsKnownByItsSourceToo() throws {
        #expect(try mount("type=secret,source=a").id == "a")
        #expect(throws: InstructionError.mountKey(kind: "secret", key: "source", besides: "id")) {
            try mount("type=secret,source=a,id=b")
        }
    }
}
