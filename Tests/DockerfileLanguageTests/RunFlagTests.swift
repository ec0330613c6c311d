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
}
