package import EngineStores
import Glibc
import StorageIO

/// One engine on this machine.
package struct FoundEngine: Sendable {
    /// How what it holds can be had.
    package enum Access: String, Hashable, Sendable {
        /// Its root can be read.
        case inPlace
        /// It answers, but its root cannot be read.
        case api
        /// Neither.
        case none
    }

    /// The engine.
    package let kind: EngineKind
    /// Its root.
    package let root: String
    /// How it keeps layers; nil where that is not known.
    package let driver: String?
    /// Its release; nil where it does not say.
    package let version: String?
    /// Whether it runs; nil where that cannot be told: podman needs nobody who does.
    package let isRunning: Bool?
    /// Where it listens; nil where there is no socket.
    package let socket: String?
    /// How what it holds can be had.
    package let access: Access
    /// Why the root cannot be read; nil where it can.
    package let problem: EngineError?
}

/// Finds the engines of this machine.
package struct EngineDiscovery: Sendable {
    private let roots: EngineRoots
    private let probe: EngineProbe

    /// Looks at these roots.
    package init(_ roots: EngineRoots, _ probe: EngineProbe) {
        self.roots = roots
        self.probe = probe
    }

    /// Every engine of which there is a root or somebody who answers; with `choice` that one, found or not.
    package func engines(_ choice: EngineChoice? = nil) -> [FoundEngine] {
        if let choice { return [look(choice.kind, choice.root ?? roots.root(of: choice.kind))] }
        var found = EngineKind.allCases.map { look($0, roots.root(of: $0)) }
        // A containerd that dockerd has started is below Docker's root.
        if let docker = found.first(where: { $0.kind == .docker }) {
            let nested = look(.containerd, "\(docker.root)/\(EngineStore.nestedContainerd)")
            if nested.access == .inPlace { found.append(nested) }
        }
        return found.filter(Self.isThere)
    }

    private static func isThere(_ engine: FoundEngine) -> Bool {
        if engine.isRunning == true { return true }
        switch engine.problem {
        case .noRoot?, .store(_, root: _, .notAStore)?: return false
        default: return true
        }
    }

    /// What an engine says of itself, where that root is its own.
    package func answer(of kind: EngineKind, root: String) -> EngineProbe.Answer {
        guard root == roots.root(of: kind), let socket = roots.socket(of: kind) else { return EngineProbe.Answer() }
        var answer = probe.ask(kind, at: socket)
        if kind == .podman, answer.isRunning == false { answer.isRunning = nil }
        return answer
    }

    private func look(_ kind: EngineKind, _ root: String) -> FoundEngine {
        let socket = roots.socket(of: kind)
        // Only who says that this is his root is asked about it.
        let isDefault = root == roots.root(of: kind)
        let answer = answer(of: kind, root: root)
        var driver = answer.driver
        var problem: EngineError?
        do throws(EngineError) {
            let folder = try EngineLook.open(kind, root)
            driver = try EngineLook.driver(kind, folder)
        } catch {
            problem = error
        }
        return FoundEngine(
            kind: kind, root: root, driver: driver, version: answer.version, isRunning: answer.isRunning,
            socket: isDefault ? socket.flatMap { access($0, F_OK) == 0 ? $0 : nil } : nil,
            access: problem == nil ? .inPlace : answer.isRunning == true ? .api : .none, problem: problem)
    }
}
