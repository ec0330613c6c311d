import ContentStorage
import OCISpec
import Operations
import Testing

/// What a container runs, from its image and from what was asked for.
struct ContainerRequestTests {
    private var image: ContainerConfig {
        var config = ContainerConfig()
        config.entrypoint = ["/init"]
        config.cmd = ["serve"]
        config.env = ["PATH=/bin", "MODE=slow"]
        return config
    }

    private func config(_ change: (inout ContainerRequest) -> Void = { _ in }) throws -> ContainerConfig {
        var request = ContainerRequest()
        change(&request)
        return try request.config(over: image)
    }

    @Test func anImageRunsWhatItSays() throws {
        let config = try config()
        #expect(config.entrypoint == ["/init"] && config.cmd == ["serve"])
    }

    @Test func aCommandTakesTheImagesPlaceBehindItsEntryPoint() throws {
        let config = try config { $0.command = ["check"] }
        #expect(config.entrypoint == ["/init"] && config.cmd == ["check"])
    }

    @Test func anotherEntryPointDropsTheImagesArguments() throws {
        let config = try config { $0.entrypoint = "/sh" }
        #expect(config.entrypoint == ["/sh"] && config.cmd == nil)
    }

    @Test func anEmptyEntryPointLeavesTheCommandAlone() throws {
        let config = try config {
            $0.entrypoint = ""
            $0.command = ["ls"]
        }
        #expect(config.entrypoint == nil && config.cmd == ["ls"])
    }

    @Test func aVariableTakesThePlaceOfTheImagesAndTheLastOneWins() throws {
        let config = try config { $0.environment = ["MODE=fast", "MODE=faster", "NEW="] }
        #expect(config.env == ["PATH=/bin", "MODE=faster", "NEW="])
    }

    @Test func withoutAnyCommandThereIsNothingToRun() throws {
        #expect(throws: ContainerError.noCommand) { try ContainerRequest().config(over: nil) }
        #expect(throws: ContainerError.noCommand) { try config { $0.entrypoint = "" } }
    }

    @Test func aWorkingDirectoryIsAbsolute() throws {
        #expect(try config { $0.workingDirectory = "/srv" }.workingDir == "/srv")
        for path in ["rel", "./rel", "../rel", " /srv"] {
            #expect(throws: ContainerError.relativeWorkingDirectory(path)) { try config { $0.workingDirectory = path } }
        }
    }

    @Test func anEmptyWorkingDirectoryIsTheImages() throws {
        #expect(try config { $0.workingDirectory = "" }.workingDir == image.workingDir)
    }
}
