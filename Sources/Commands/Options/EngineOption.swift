import ArgumentParser
import Distribution
import EngineStores
import Foundation
import Operations
import Reports

/// `--engine ENGINE[=ROOT]`: the subject is another engine's root in place of the store.
struct EngineOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Look at an engine's images in place of the store's: docker, podman, containerd, buildkit or registry, and its root.",
            valueName: "engine[=root]"))
    var engine: String?

    /// The engine that was asked for; nil for the store.
    func choice() throws(EngineChoice.ParseError) -> EngineChoice? {
        guard let engine else { return nil }
        return try EngineChoice(parsing: engine)
    }
}

/// Where engines are looked for, and how they are asked.
struct EngineAccess {
    let settings: EngineSettings
    let probe = EngineProbe(userAgent: "strata/\(StrataVersion.text)")

    /// As the process's environment says.
    init() throws(CommandError) {
        settings = try EngineSettings.ofProcess()
    }

    /// Finds the roots that are left away; Docker says itself where its own is.
    var roots: EngineRoots {
        let probe = probe
        return EngineRoots(settings) { probe.ask(.docker, at: $0).root }
    }

    /// What goes from engines' roots, decided and carried out; `tell` tells that a registry lets wait.
    func pruning(_ memory: LookMemory, _ tell: @escaping @Sendable (Wait) -> Void) -> EnginePruning {
        EnginePruning(
            roots, probe, memory, userAgent: "strata/\(StrataVersion.text)", environment: ProcessInfo.processInfo.environment,
            registries: { try RegistryOptions.parse([]).settings()(tell) })
    }

    /// Every engine of this machine, or the one that was chosen.
    func engines(_ choice: EngineChoice? = nil) -> [FoundEngine] { EngineDiscovery(roots, probe).engines(choice) }

    /// What an engine says of itself, where it is the one of that root.
    func answer(of kind: EngineKind, root: String) -> EngineProbe.Answer {
        EngineDiscovery(roots, probe).answer(of: kind, root: root)
    }

    /// One look at an engine's root, with what the engine says of itself.
    func look(_ choice: EngineChoice, _ memory: LookMemory) throws -> (look: EngineLook, answer: EngineProbe.Answer) {
        let look = try EngineLook(choice, roots, memory)
        return (look, answer(of: look.kind, root: look.root))
    }
}

extension GlobalOptions {
    /// What is remembered of earlier looks at engines; nothing where the user has no store.
    var lookMemory: LookMemory {
        // Who looks at an engine needs no store, and none need be named.
        do throws(CommandError) { return LookMemory(storeAt: try storePath()) } catch { return .none }
    }

    /// The plans about registries that are being carried out; nil where the user has no store.
    var begunPlans: BegunPlans? {
        // Without a store nothing is noted, which only the run that is killed misses.
        do throws(CommandError) { return BegunPlans(storeAt: try storePath()) } catch { return nil }
    }

    /// Tells what of a look was passed over, and what makes it less than whole.
    func note(about look: EngineLook) {
        if !look.inventory.isDriverKnown {
            note(
                "how the driver \(look.inventory.driver) keeps layers is not known: they are counted together, and no image is shown"
            )
        }
        let consequence =
            look.kind == .registry
            ? "nothing of its repository is removed, and `registry garbage-collect` may stop at it" : "nothing is called a leak"
        for problem in look.inventory.problems {
            note("\(look.root)/\(problem.path) cannot be read: \(ErrorSentence.words(problem.reason)); \(consequence)")
        }
        if !look.inventory.isSettled {
            note(
                "\(look.kind.title) wrote to its root during every look; what came or went meanwhile may be missing or counted still"
            )
        }
    }
}
