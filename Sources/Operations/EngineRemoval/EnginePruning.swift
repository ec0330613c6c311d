package import ContentStorage
package import Distribution
package import EngineStores
package import ImageStorage
package import OCISpec
package import Reclamation
import StorageIO
import SystemPackage

/// What goes from engines' roots, decided and carried out.
package struct EnginePruning: Sendable {
    /// Where engines are, and how they are asked.
    let roots: EngineRoots
    private let probe: EngineProbe
    let memory: LookMemory
    private let userAgent: String
    /// The environment of engines' own programs.
    private let environment: [String: String]
    /// How registries are spoken to.
    let registries: @Sendable () throws -> Registries

    /// What is asked of a registry beside a policy.
    package struct RegistryTerms: Sendable {
        /// Where it listens; nil where that was not said.
        package var address: String?
        /// Nothing goes that has been as it is for less, in seconds.
        package var minimumAge: Int64

        /// Terms from their parts.
        package init(address: String? = nil, minimumAge: Int64 = Self.day) {
            self.address = address
            self.minimumAge = minimumAge
        }

        /// So long a push that was begun may take.
        package static let day: Int64 = 86_400
    }

    /// A plan with the look that it was made of.
    package struct Decided: Sendable {
        /// What goes.
        package let plan: EnginePlan
        /// Why each name goes or stays.
        package let explanations: [ImageExplanation]
        /// What whoever asked should know beside the plan.
        package let notes: [PruneDecision.Note]
        /// The root as it was.
        package let look: EngineLook
    }

    /// Pruning with the settings of one user.
    package init(
        _ roots: EngineRoots, _ probe: EngineProbe, _ memory: LookMemory, userAgent: String, environment: [String: String],
        registries: @escaping @Sendable () throws -> Registries
    ) {
        self.registries = registries
        self.roots = roots
        self.probe = probe
        self.memory = memory
        self.userAgent = userAgent
        self.environment = environment
    }

    /// What a request removes from an engine's root as it is, decided and not carried out.
    ///
    /// Where something of the root cannot be read, it may be what keeps an image: that is an error. Of containerd's images
    /// `namespace` limits it to one namespace. What runs that `begun` are left behind goes too.
    package func decide(
        _ request: EnginePruneRequest, _ choice: EngineChoice, namespace: String? = nil,
        registry: RegistryTerms = RegistryTerms(), begun: [EnginePlan] = [],
        now: Timestamp = Clock.now
    ) throws -> Decided {
        let look = try EngineLook(choice, roots, memory)
        try Self.requireKnown(look)
        if request.containers != nil, !look.inventory.tellsStoppedContainers { throw EngineError.noStoppedContainers(look.kind) }
        if request.isForCacheAlone, look.kind != .docker { throw EngineError.noBuildCache(look.kind) }
        let filter = ImageFilter(request.images?.filters.flatMap(\.conditions) ?? [])
        let created = try look.created(filter.namedImages, now: now)
        let space: FileSystemSpace
        do throws(StorageError) {
            let bytes = try Directory.open(FilePath(look.root)).fileSystemBytes()
            space = FileSystemSpace(usedBytes: bytes.used, freeBytes: bytes.free)
        } catch {
            throw EngineError.storage(look.kind, error)
        }
        let decision = EnginePruneDecision(
            request, look.inventory, look.disk, now: now, created: created, space: space, came: try Self.came(look),
            removesSingleNames: try look.kind != .registry || removesTags(registry.address, look),
            keeping: { Self.reasonToKeep($0, registry.minimumAge, now) },
            leftovers: begun.reduce(into: []) { $0.formUnion(look.leftovers(of: $1)) }
        ) { Self.reasonToLeave($0, look.kind, namespace) }
        var engine = engine(look)
        if look.kind == .registry { engine.address = registry.address }
        return Decided(
            plan: decision.plan(id: PlanID(), of: engine), explanations: decision.explanations(), notes: decision.notes,
            look: look)
    }

    /// When each image came to the root: when the document that describes it was written, which engines never write again.
    ///
    /// A registry writes the links of a manifest anew with every push; where many have one moment, they were copied, and nothing is known.
    private static func came(_ look: EngineLook) throws(EngineError) -> [Digest: Timestamp] {
        if look.kind == .registry {
            let moments = look.inventory.images.compactMap { image in
                image.pushedSeconds.map { (image.mark, Timestamp(seconds: $0)) }
            }
            return EqualMoments.removed(from: Dictionary(moments) { first, _ in first })
        }
        do throws(StorageError) {
            let root = try Directory.open(FilePath(look.root))
            var folders: [String: Directory] = [:]
            var found: [Digest: Timestamp] = [:]
            for image in look.inventory.images {
                let parts = image.configPath.split(separator: "/")
                let path = parts.dropLast().joined(separator: "/")
                guard let name = parts.last else { continue }
                if folders[path] == nil { folders[path] = try root.directory(below: parts.dropLast()) }
                guard let status = try folders[path]?.status(String(name)) else { continue }
                found[image.mark] = Timestamp(seconds: status.changedSeconds)
            }
            return found
        } catch {
            throw .storage(look.kind, error)
        }
    }

    /// What keeps an image of a registry whatever the policy.
    private static func reasonToKeep(_ image: EngineImage, _ minimumAge: Int64, _ now: Timestamp) -> String? {
        guard image.isOfRegistry else { return nil }
        guard image.isServed else { return "its manifest is gone: the registry does not know it, and deletes nothing of it" }
        if let doubt = image.doubt { return RegistryCheck.words(doubt) }
        guard let changed = image.changed, now.seconds - changed.seconds < minimumAge else { return nil }
        return "it was pushed too recently (--min-age)"
    }

    /// Which images are nobody's to remove by this engine, and why.
    static func reasonToLeave(_ image: EngineImage, _ kind: EngineKind, _ namespace: String?) -> String? {
        guard let own = image.namespace else { return nil }
        switch kind {
        case .containerd where own == EngineStore.dockerNamespace: return "it is Docker's: `--engine docker`"
        case .docker where own != EngineStore.dockerNamespace: return "it is in the namespace \(own), which Docker does not show"
        default: return namespace.flatMap { $0 == own ? nil : "it is in the namespace \(own)" }
        }
    }

    /// Refuses a root of which not all is known.
    static func requireKnown(_ look: EngineLook) throws(EngineError) {
        guard look.kind != .buildkit else { throw .noImages(look.kind) }
        guard look.inventory.isDriverKnown else {
            throw .unknownDriver(look.kind, root: look.root, driver: look.inventory.driver)
        }
        // In a registry one repository keeps nothing of another: what cannot be read keeps its own.
        guard look.kind != .registry else { return }
        if let problem = look.inventory.problems.first { throw .notWhole(look.kind, root: look.root, problem) }
    }

    func engine(_ look: EngineLook) -> EnginePlan.Engine {
        let answer = EngineDiscovery(roots, probe).answer(of: look.kind, root: look.root)
        return EnginePlan.Engine(
            look.kind, root: look.root, driver: look.inventory.driver, id: answer.id, version: answer.version,
            isRunning: answer.isRunning)
    }

    /// Carries out a plan; what changed since it was made is skipped.
    ///
    /// `look` is the one that it was made of, where that was just now; `address` is where a registry listens, by default where the plan says.
    /// Once `stop` is asked for, what is left is skipped. Another run that removes from the same root is waited for, as long as `patience`.
    ///
    /// Another engine than the plan's, or none that answers, is an error, and nothing was done then. `describe` says in words why
    /// something failed; a failure of the engine in the middle is returned beside the outcome, and so is the root as it is afterwards.
    package func carryOut(
        _ plan: EnginePlan, _ look: EngineLook? = nil, at address: String? = nil, stop: StopRequest = StopRequest(),
        patience: Duration = .seconds(30), describe: @escaping (EngineControlError) -> String
    ) throws -> (outcome: ReclamationOutcome, failure: EngineControlError?, after: EngineLook) {
        let choice = EngineChoice(plan.engine.kind, root: plan.engine.root)
        guard !plan.victims.isEmpty else {
            let nothing = ReclamationOutcome(
                planID: plan.id.text, items: [], predictedBytes: 0, freedBytes: 0, trashedBytes: 0, undoableUntil: nil)
            return (nothing, nil, try look ?? self.look(choice))
        }
        let turn = try RootTurn(
            plan.engine.kind, at: EngineLook.open(plan.engine.kind, plan.engine.root), patience: patience, stop)
        defer { turn.release() }
        if plan.engine.kind == .registry {
            return try carryOutAtRegistry(plan, address, look, stop, describe: describe)
        }
        if plan.isOfLeaks {
            let before = try look ?? self.look(choice)
            let (outcome, failure) = try LeakRemoval.run(plan, stop, describe: describe)
            let (told, after) = try compared(outcome, since: before, choice)
            return (told, failure, after)
        }
        let control = try control(plan.engine)
        // Whether it is there at all is told before anything is looked at.
        try control.requireSame(as: plan.engine)
        let before = try look ?? self.look(choice)
        try Self.requireKnown(before)
        var execution = EnginePlanExecution(plan, control, before, stop, describe: describe)
        let (outcome, after) = try compared(execution.run(), since: before, choice)
        return (outcome, execution.failure, after)
    }

    /// The root as it is now, and the outcome with what others freed meanwhile.
    func compared(
        _ outcome: ReclamationOutcome, since before: EngineLook, _ choice: EngineChoice
    ) throws(EngineError) -> (outcome: ReclamationOutcome, after: EngineLook) {
        let after = try look(choice)
        var outcome = outcome
        outcome.othersFreedBytes = before.disk.totalBytes - after.disk.totalBytes - outcome.freedBytes
        return (outcome, after)
    }

    /// One look at a root.
    func look(_ choice: EngineChoice) throws(EngineError) -> EngineLook { try EngineLook(choice, roots, memory) }

    func control(_ engine: EnginePlan.Engine) throws -> any EngineControl {
        switch engine.kind {
        case .docker:
            guard let socket = roots.dockerSocket else { throw EngineControlError.notRunning(.docker, root: engine.root) }
            return DockerControl(try EngineLook.open(.docker, engine.root), socket: socket, userAgent: userAgent)
        case .podman: return try PodmanControl(try EngineLook.open(.podman, engine.root), environment)
        case .containerd:
            return try ContainerdControl(
                try EngineLook.open(.containerd, engine.root), socket: roots.containerdSocket, environment)
        case .buildkit, .registry: throw EngineControlError.unsupported(engine.kind)
        }
    }
}
