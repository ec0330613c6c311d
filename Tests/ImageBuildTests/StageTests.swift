import DockerfileLanguage
import Foundation
import ImageBuild
import LayerArchive
import OCISpec
import StorageIO
import Synchronization
import TestSupport
import Testing

/// Stages at the same time, by a model of the world in which every command does what the test says.
@Suite struct StageTests {
    private static let text = """
        FROM scratch AS one
        RUN one
        FROM scratch AS two
        RUN two
        RUN after two
        FROM scratch
        COPY --from=one / /
        COPY --from=two / /
        RUN last
        """

    private func build(_ text: String, _ world: World, workers: Int = 2) throws -> StageState {
        var request = BuildRequest(
            file: try DockerfileParser.parse(text), inputs: BuildInputs { Nothing() },
            platform: Platform(os: "linux", architecture: "amd64"),
            host: Platform(os: "linux", architecture: "amd64"), moment: Timestamp(seconds: 1_700_000_000))
        request.workerCount = workers
        return try Build(request, world).run()
    }

    @Test(arguments: [1, 2]) func stagesThatDoNotNeedEachOtherRunAtTheSameTime(workers: Int) throws {
        let meeting = Meeting(of: workers)
        let world = World { command, _ in if command != "last" { meeting.come() } }
        _ = try build(Self.text, world, workers: workers)
        #expect(world.mostAtOnce == workers)
        #expect(world.commands.last == "last" && world.commands.count == 4)
    }

    @Test func theResultIsTheSameWhicheverIsFaster() throws {
        var images: Set<StageState> = []
        for slow in ["one", "two", "last"] {
            // Slower than the others, which take no time at all.
            let world = World { command, _ in if command == slow { Thread.sleep(forTimeInterval: 0.05) } }
            images.insert(try build(Self.text, world))
        }
        #expect(images.count == 1)
    }

    @Test func theFirstFailureEndsWhatRunsAndNothingElseBegins() throws {
        let isLongRunning = DispatchSemaphore(value: 0)
        let world = World { command, stop in
            switch command {
            case "one":
                isLongRunning.wait()
                throw BuildError.commandFailed(command: "one", status: 7)
            case "two":
                let ended = DispatchSemaphore(value: 0)
                let isEnded = stop.whileRunning({ ended.signal() }) {
                    isLongRunning.signal()
                    return ended.wait(timeout: .now() + 20) == .success
                }
                #expect(isEnded)
                throw BuildError.commandFailed(command: "two", status: 137)
            default: break
            }
        }
        let failure = #expect(throws: StepFailure.self) { try build(Self.text, world) }
        #expect(failure?.cause as? BuildError == .commandFailed(command: "one", status: 7) && failure?.lines == 2...2)
        #expect(Set(world.commands) == ["one", "two"])
    }

    @Test func aStageThatIsBetweenStepsStopsThere() throws {
        let world = World { command, stop in
            if command == "one" { throw BuildError.noCommand }
            while !stop.isStopped { Thread.sleep(forTimeInterval: 0.001) }
        }
        #expect(throws: StepFailure.self) { try build(Self.text, world) }
        #expect(!world.commands.contains("after two"))
    }

    @Test func aStepOfSeveralStagesIsTakenOnce() throws {
        let text =
            "FROM scratch AS a\nRUN same\nFROM scratch AS b\nRUN same\nFROM scratch\nCOPY --from=a / /\nCOPY --from=b / /\n"
        // Time in which the other stage comes to the same step.
        let world = World { _, _ in Thread.sleep(forTimeInterval: 0.05) }
        _ = try build(text, world)
        #expect(world.commands == ["same"])
    }

    @Test func everyImageIsLookedUpOnceAndBeforeTheFirstStep() throws {
        let text = """
            FROM base AS one
            RUN one
            FROM base
            COPY --from=one / /
            COPY --from=other / /
            RUN --mount=type=bind,from=mounted,target=/m last
            """
        let world = World { _, _ in }
        _ = try build(text, world)
        #expect(world.events == ["image base", "image other", "image mounted", "one", "last"])
    }
}

/// Where the first of several threads wait for each other.
private final class Meeting: Sendable {
    private let size: Int
    private let present = Mutex(0)

    init(of size: Int) { self.size = size }

    /// Waits until as many have come, half a minute at most; whoever comes later finds that they have.
    func come() {
        present.withLock { $0 += 1 }
        for _ in 0..<30_000 where present.withLock({ $0 }) < size { usleep(1000) }
    }
}

/// Images without files, and commands that are told by their last word's text.
private final class World: BuildWorker {
    private struct State {
        var commands: [String] = []
        var events: [String] = []
        var running = 0
        var most = 0
        var steps: [[Digest]: CachedStep] = [:]
        var layers = 0
    }

    private let state = Mutex(State())
    private let behaviour: @Sendable (String, BuildStop) throws -> Void

    init(_ behaviour: @escaping @Sendable (String, BuildStop) throws -> Void) { self.behaviour = behaviour }

    var commands: [String] { state.withLock(\.commands) }
    var mostAtOnce: Int { state.withLock(\.most) }

    /// Names that were looked up, and commands, in their order.
    var events: [String] { state.withLock(\.events) }

    func image(_ name: String, for platform: Platform) -> StageState {
        state.withLock { $0.events.append("image \(name)") }
        return .scratch(platform)
    }
    func tree(of layers: [BuildLayer]) -> any StageTree { Nothing() }
    func archive(_ content: SourceContent) -> (any FileSource)? { nil }
    func fetch(_ url: String) throws -> FetchedFile { throw BuildError.noSuchSource(url) }
    func spool(_ bytes: [UInt8]) throws -> File { throw BuildError.noSuchSource("") }
    func checkout(_ address: GitAddress, keepsRepository: Bool, checksum: String?) throws -> any FileSource {
        throw BuildError.noSuchSource(address.url)
    }

    /// A layer that differs from all others by its name alone.
    private func layer(_ name: String) -> MadeLayer {
        let digest = sha256(Array(name.utf8))
        let descriptor = Descriptor(mediaType: MediaType.layer, digest: digest, size: 1)
        return MadeLayer(layer: BuildLayer(descriptor: descriptor, diffID: digest), index: LayerIndex())
    }

    func makeLayer(_ body: @escaping @Sendable (TarWriter) throws -> Void) -> MadeLayer { layer("copied") }

    func run(_ step: RunStep, output: @escaping @Sendable ([UInt8]) -> Void) throws -> MadeLayer {
        let command = step.command.last ?? ""
        state.withLock { state in
            state.commands.append(command)
            state.events.append(command)
            state.running += 1
            state.most = max(state.most, state.running)
        }
        defer { state.withLock { $0.running -= 1 } }
        try behaviour(command, step.stop)
        return layer(command)
    }

    func cachedStep(_ slot: Digest, _ contents: Digest) -> CachedStep? { state.withLock { $0.steps[[slot, contents]] } }
    func hasCachedSteps(_ slot: Digest) -> Bool { state.withLock { $0.steps.keys.contains { $0[0] == slot } } }
    func knownContents(_ slot: Digest, look: Digest) -> Digest? { nil }
    func remember(_ step: CachedStep, _ slot: Digest, _ contents: Digest, look: Digest?) {
        state.withLock { $0.steps[[slot, contents]] = step }
    }
}

/// A tree of nothing but its root.
private struct Nothing: StageTree, SourceContents {
    func entry(at path: [UInt8]) -> TargetEntry? { nil }
    func file(at path: [UInt8]) -> SourceFile? {
        path.isEmpty ? SourceFile(path: [], kind: .directory, FileMetadata(mode: 0o755)) : nil
    }
    func children(of path: [UInt8]) -> [SourceFile] { [] }
    func contentHash(of path: [UInt8]) -> ContentHash { ContentHash() }
    func contents(of paths: [[UInt8]]) -> any SourceContents { self }
    func open(_ path: [UInt8]) -> SourceContent { SourceContent(file: nil) }
}
