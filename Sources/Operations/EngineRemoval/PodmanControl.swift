import EngineStores
import OCISpec
import Reclamation
import StorageIO
import SystemPackage

/// podman, by its own program: it needs no service.
struct PodmanControl: EngineControl {
    private let program: String
    private let environment: [String: String]
    private let root: Directory
    /// How long one call may take, in seconds: it waits for whoever holds the storage's lock.
    private static let seconds = 300.0

    /// podman as this environment finds it, on a root.
    init(_ root: Directory, _ environment: [String: String]) throws(EngineControlError) {
        guard let program = ProgramRun.find("podman", environment) else { throw .noProgram(.podman, "podman") }
        self.program = program
        self.root = root
        // With these the program asks a service, with other flags.
        var own = environment.filter { !["CONTAINER_HOST", "CONTAINER_CONNECTION"].contains($0.key) }
        // Where this process is root of a user's namespace, podman is to be that user's, as one that `podman unshare` starts is.
        if ProcessOwner.isRootOfOwnNamespace {
            own["_CONTAINERS_USERNS_CONFIGURED"] = "done"
            own["_CONTAINERS_ROOTLESS_UID"] = "\(ProcessOwner.uid)"
            own["_CONTAINERS_ROOTLESS_GID"] = "\(ProcessOwner.gid)"
        }
        self.environment = own
    }

    func requireSame(as engine: EnginePlan.Engine) throws(EngineControlError) {
        let question = ["info", "--format", "{{.Store.GraphRoot}}"]
        let answer = try call(question, outlives: false, withErrors: false)
        let text = String(decoding: answer.output.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        guard answer.status == 0 else {
            let words = try call(question, outlives: false)
            throw .saysNoRoot(root: engine.root, words.lastLine ?? "it ended with status \(answer.status ?? -1)")
        }
        guard let found = EngineLook.resolved(.podman, text) else { throw .saysNoRoot(root: engine.root, text) }
        guard found == engine.root else { throw .otherEngine(.podman, root: engine.root, found: found) }
    }

    func state(of victim: EnginePlan.Victim) throws(EngineControlError) -> EngineVictimState? {
        try EngineVictimState(of: victim, in: root, .podman)
    }

    func isTaken(_ name: String, _ victim: EnginePlan.Victim) throws(EngineControlError) -> Bool {
        try EngineVictimState.isTaken(name, victim, in: root, .podman)
    }

    func removeName(_ name: String, _ victim: EnginePlan.Victim) throws(EngineControlError) -> Bool {
        // Of that image alone: a name that is another's by now is an error.
        guard let id = victim.imageID else { return false }
        let answer = try call(["untag", "--", id.hex, name])
        if answer.status == 0 { return true }
        guard let now = try state(of: victim), now.tags.contains(where: { EngineName.same($0, name) }) else { return false }
        try require(answer, refusals: [])
        return false
    }

    func removeImage(_ victim: EnginePlan.Victim, named state: EngineVictimState) throws(EngineControlError) {
        guard let id = victim.imageID else { return }
        // By its ID an image goes that has one name at most, whatever kind of name.
        let others = state.tags.isEmpty ? Array(state.digests.dropFirst()) : state.digests
        if !others.isEmpty { try require(try call(["untag", "--", id.hex] + others), refusals: []) }
        try require(try call(["rmi", "--no-prune", "--", id.hex]), refusals: Self.gone)
        // An image on which others stand loses its names alone, and podman calls that a success.
        guard try self.state(of: victim) == nil else { throw .refused("other images are built on it") }
    }

    func isRunning(_ container: PathPart) throws(EngineControlError) -> Bool? {
        do throws(EngineError) {
            let found = try EngineLook.inventoryAtOnce(.podman, root).containers.first { $0.id == container }
            // Where the files do not tell, podman refuses what runs.
            return found.map { $0.isRunning ?? true }
        } catch {
            throw .look(error)
        }
    }

    func removeContainer(_ id: PathPart) throws(EngineControlError) {
        try require(try call(["rm", "--", id.text]), refusals: Self.gone)
    }

    /// The statuses of what is not there, and of what is in use.
    ///
    /// Source: podman-rmi(1) and podman-rm(1), "Exit Status".
    private static let gone: Set<Int32> = [1, 2]

    private func call(
        _ arguments: [String], outlives: Bool = true, withErrors: Bool = true
    ) throws(EngineControlError) -> ProgramRun.Answer {
        let (program, environment) = (program, environment)
        @Sendable func run() throws(Errno) -> ProgramRun.Answer {
            try ProgramRun.run(
                program, arguments, [], environment, seconds: Self.seconds, withErrors: withErrors, outlives: outlives)
        }
        do throws(Errno) {
            // It mounts its storage, which only mounts of the namespace's own let it do.
            return try ProcessOwner.isRootOfOwnNamespace ? OwnMounts.run(run) : run()
        } catch {
            throw .notStarted(program, error)
        }
    }

    private func require(_ answer: ProgramRun.Answer, refusals: Set<Int32>) throws(EngineControlError) {
        try answer.requireSuccess(of: program, seconds: Self.seconds, refusals: refusals)
    }
}

extension ProgramRun.Answer {
    /// The last line that it wrote, which says why it failed where it did.
    fileprivate var lastLine: String? {
        output.split { $0 == UInt8(ascii: "\n") }.last.map { String(decoding: $0, as: UTF8.self) }
    }

    /// Tells a failure in the program's own words; by these statuses it refuses.
    func requireSuccess(of program: String, seconds: Double, refusals: Set<Int32>) throws(EngineControlError) {
        guard let status else { throw .tooSlow(program, seconds: seconds) }
        guard status != 0 else { return }
        let words = lastLine ?? "\(program) ended with status \(status)"
        throw refusals.contains(status) ? .refused(words) : .failed(words)
    }
}

extension EngineVictimState {
    /// An image as the engine's files have it now; nil where they have none of it.
    init?(of victim: EnginePlan.Victim, in root: Directory, _ kind: EngineKind) throws(EngineControlError) {
        let inventory = try Self.inventory(root, kind)
        let place = inventory.images.firstIndex { $0.id == victim.imageID && $0.namespace == victim.namespace }
        guard let place else { return nil }
        let image = inventory.images[place]
        let user = EngineReach(inventory).containers(of: image).first
        let child = inventory.imagesBuiltOn[place]?.first.map { inventory.images[$0].label }
        self.init(
            tags: image.tags, digests: image.names.filter { EngineName.isByDigest($0) },
            keeper: image.isPinned
                ? "pinned" : user.map { "container \($0.label) uses it" } ?? child.map { "\($0) is built on it" })
    }

    /// Whether a name means some image or other, in the victim's namespace.
    static func isTaken(
        _ name: String, _ victim: EnginePlan.Victim, in root: Directory, _ kind: EngineKind
    ) throws(EngineControlError) -> Bool {
        try inventory(root, kind).images.contains { image in
            image.namespace == victim.namespace && image.names.contains { EngineName.same($0, name) }
        }
    }

    private static func inventory(_ root: Directory, _ kind: EngineKind) throws(EngineControlError) -> EngineInventory {
        do throws(EngineError) { return try EngineLook.inventoryAtOnce(kind, root) } catch { throw .look(error) }
    }
}
