import ArgumentParser
import EngineStores
import Explorer
import Foundation
import OCISpec
import Operations
import Reports

/// The options of `strata explore` that are about a store or an engine.
struct ExploreHostOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Keep what is removed from the store in the trash for a time, such as 24h.", valueName: "time"))
    var trash: String?

    @Option(
        help: ArgumentHelp(
            "Of containerd's images only those of a namespace can be removed (default: CONTAINERD_NAMESPACE, or all).",
            valueName: "ns"))
    var namespace: String?

    /// How long what goes is kept.
    func trashTime() throws -> Duration { try trash.map { try SelectionOptions.duration("--trash", $0) } ?? .zero }
}

extension Explore {
    /// The view of the store, or of the engine that was chosen.
    func hostView(_ workspace: Workspace) throws -> any ExplorerView {
        if let engine { return try engineView(try EngineChoice(parsing: engine), workspace) }
        let host = StoreHost(workspace, trash: try hostOptions.trashTime())
        var settings = hostSettings("store at \(try globals.storePath())") { row in
            opened(row.names.first ?? row.item.id, workspace)
        }
        if let trash = hostOptions.trash { settings.explorer.command.planning = ["--trash", trash] }
        return HostView(host, settings)
    }

    private func engineView(_ choice: EngineChoice, _ workspace: Workspace) throws -> any ExplorerView {
        if hostOptions.trash != nil { throw ValidationError("`--trash` is about the store: an engine has no trash") }
        let access = try EngineAccess()
        let root = choice.root ?? access.roots.root(of: choice.kind)
        let memory = globals.lookMemory
        let namespace =
            hostOptions.namespace ?? (choice.kind == .containerd ? access.settings.containerdNamespace : nil)
        let host = EngineRootHost(choice, namespace, memory)
        var settings = hostSettings("\(choice.kind.title) at \(root)") { row in
            row.source(of: choice.kind, root).map { opened($0, workspace) }
        }
        settings.explorer.command.engine = ["--engine", "\(choice.kind.rawValue)=\(root)"]
        if let namespace = hostOptions.namespace { settings.explorer.command.planning = ["--namespace", namespace] }
        return HostView(host, settings)
    }

    /// The view of an image over a list.
    private func opened(_ source: String, _ workspace: Workspace) -> any ExplorerView {
        let view = imageView([source], workspace)
        view.isAboveAnother = true
        return view
    }

    private func hostSettings(_ title: String, _ openImage: @escaping (HostRow) -> (any ExplorerView)?) -> HostViewSettings {
        var settings = HostViewSettings(title: title, self.settings, openImage: openImage)
        settings.tab = start.flatMap { HostTab(rawValue: $0.rawValue) } ?? .images
        return settings
    }
}

extension EngineRootHost {
    /// The root that was chosen, reached as the process's environment says; asked anew for each look, since an engine may come and go.
    init(_ choice: EngineChoice, _ namespace: String?, _ memory: LookMemory) {
        self.init(choice, namespace: namespace, memory) {
            let access = try EngineAccess()
            // A remark has no place on the screen.
            return Access(access.roots, access.probe, access.pruning(memory) { _ in })
        }
    }
}

extension HostRow {
    /// How commands name the image of an engine's row; nil where none does.
    fileprivate func source(of kind: EngineKind, _ root: String) -> String? {
        var (id, namespace): (String?, String?) = (nil, nil)
        for fact in facts {
            if case .id(let text) = fact { id = text }
            if case .namespace(let text) = fact { namespace = text }
        }
        guard let id else { return nil }
        switch kind {
        case .docker: return "docker-daemon:[\(root)]\(id)"
        case .podman: return "containers-storage:[overlay@\(root)]\(id)"
        case .containerd: return "containerd:[\(root)]\(namespace ?? "default")/\(id)"
        case .buildkit, .registry: return nil
        }
    }
}
