import DockerfileLanguage
import OCISpec
import Testing

/// Stages: what they begin with, which are needed, and the arguments before them.
@Suite struct BuildStageTests {
    private func stages(
        _ text: String, arguments: [ExactText: String] = [:], platforms: [ExactText: String] = [:]
    ) throws -> BuildStages {
        try BuildStages(try DockerfileParser.parse(text), arguments: arguments, platforms: platforms)
    }

    @Test func aStageBeginsWithAnImageAStageOrNothing() throws {
        let found = try stages(
            """
            FROM scratch AS empty
            FROM --platform=linux/arm64 busybox:1 as Base
            FROM base
            COPY a /
            FROM empty AS base
            FROM BASE
            """)
        #expect(found.stages.map(\.base) == [.scratch, .image("busybox:1"), .stage(1), .stage(0), .stage(3)])
        #expect(found.stages.map(\.name) == ["empty", "base", nil, "base", nil])
        #expect(found.stages.map(\.platform?.description) == [nil, "linux/arm64", nil, nil, nil])
        #expect(found.stages[2].instructions.map(\.name) == ["COPY"])
    }

    @Test func argumentsBeforeTheFirstStageReachFrom() throws {
        let text = """
            ARG TAG=1
            ARG IMAGE=busybox:$TAG
            ARG TARGETARCH
            FROM --platform=linux/$TARGETARCH ${IMAGE:-none}
            """
        let plain = try stages(text, platforms: ["TARGETARCH": "arm64"])
        #expect(plain.stages[0].base == .image("busybox:1"))
        #expect(plain.stages[0].platform?.description == "linux/arm64")
        let asked = try stages(text, arguments: ["TAG": "2"], platforms: ["TARGETARCH": "amd64"])
        #expect(asked.stages[0].base == .image("busybox:2"))
        #expect(asked.globals == ["TAG": "2", "IMAGE": "busybox:2", "TARGETARCH": "amd64"])
    }

    @Test func onlyNeededStagesAreBuilt() throws {
        let found = try stages(
            """
            FROM a AS one
            FROM b AS two
            COPY --from=one /x /x
            FROM c AS three
            FROM d AS four
            RUN --mount=type=bind,from=three,target=/m true
            FROM four
            COPY --from=1 /x /x
            COPY --from=docker.io/library/busybox /x /x
            """)
        func needed(_ target: String?) throws -> [Int] {
            found.needed(for: try #require(found.find(target))).map(\.index)
        }
        #expect(try needed(nil) == [0, 1, 2, 3, 4])
        #expect(try needed("two") == [0, 1])
        #expect(try needed("FOUR") == [2, 3])
        #expect(try needed("0") == [0])
        #expect(found.find("none") == nil && found.find("9") == nil)
    }

    private static let faults: [(text: String, line: Int, problem: DockerfileError.Problem)] = [
        ("RUN x", 1, .beforeFrom("RUN")), ("ARG a", 1, .empty),
        ("FROM x\nFROMM y", 2, .unknownInstruction("FROMM", suggestion: "FROM")),
        ("FROM x\nCOYP a b", 2, .unknownInstruction("COYP", suggestion: nil)), ("FROM", 1, .instruction(.badFrom)),
        ("FROM a b", 1, .instruction(.badFrom)), ("FROM a AS", 1, .instruction(.badFrom)),
        ("FROM a AS 1x", 1, .badStageName("1x")),
        ("FROM $none", 1, .emptyBase("$none")),
        ("ARG =x\nFROM a", 1, .instruction(.notAnAssignment(instruction: "ARG", word: "=x"))),
        (
            "FROM --plattform=x a", 1,
            .instruction(.unknownFlag(instruction: "FROM", flag: "--plattform", suggestion: "--platform"))
        ),
    ]

    @Test(arguments: faults) func aFaultHasItsLine(_ known: (text: String, line: Int, problem: DockerfileError.Problem)) {
        let found = #expect(throws: DockerfileError.self, "\(known.text)") { try stages(known.text) }
        #expect(found?.line == known.line, "\(known.text)")
        if case .unknownInstruction(let name, _)? = found?.problem,
            case .unknownInstruction(let wanted, let suggestion) = known.problem
        {
            #expect(name == wanted)
            if let suggestion { #expect(found?.problem == .unknownInstruction(name, suggestion: suggestion)) }
        } else {
            #expect(found?.problem == known.problem, "\(known.text)")
        }
    }
}
