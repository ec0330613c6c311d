package import EngineStores
import StorageIO
import SystemPackage

/// Finds the roots of engines that a command line leaves away, from the engines' own settings.
package struct EngineRoots: Sendable {
    let settings: EngineSettings
    private let asksDocker: @Sendable (_ socket: String) -> String?

    /// Finds by the settings of one user; `asksDocker` gives the data-root of the Docker that answers at a socket, nil for none that does.
    package init(_ settings: EngineSettings, asksDocker: @escaping @Sendable (_ socket: String) -> String? = { _ in nil }) {
        self.settings = settings
        self.asksDocker = asksDocker
    }

    /// The root of an engine: what it says itself or its settings say, else the default place.
    package func root(of kind: EngineKind) -> String {
        switch kind {
        case .docker:
            return dockerSocket.flatMap { asksDocker($0) } ?? setting("data-root", in: Self.dockerSettings) ?? "/var/lib/docker"
        case .podman: return containersStorage?.root ?? defaultContainersRoot
        case .containerd: return setting("root", in: Self.containerdSettings) ?? "/var/lib/containerd"
        case .buildkit: return setting("root", in: Self.buildkitSettings) ?? "/var/lib/buildkit"
        case .registry: return registryRoot ?? "/var/lib/registry"
        }
    }

    private static let dockerSettings = EngineSettingsFile(path: "/etc/docker/daemon.json", form: .json)
    private static let containerdSettings = EngineSettingsFile(path: "/etc/containerd/config.toml", form: .toml)
    private static let buildkitSettings = EngineSettingsFile(path: "/etc/buildkit/buildkitd.toml", form: .toml)

    private func setting(_ key: String, in file: EngineSettingsFile) -> String? {
        file.text(key).flatMap { $0.utf8.first == UInt8(ascii: "/") ? $0 : nil }
    }

    /// Docker's socket: where `DOCKER_HOST` says, else the default one; nil where that is no socket of this machine.
    package var dockerSocket: String? {
        guard let host = settings.dockerHost else { return "/var/run/docker.sock" }
        return host.utf8.starts(with: "unix://".utf8) ? String(decoding: host.utf8.dropFirst(7), as: UTF8.self) : nil
    }

    /// The socket of containerd.
    package var containerdSocket: String { settings.containerdAddress ?? "/run/containerd/containerd.sock" }

    /// The socket of podman's service, which seldom runs.
    package var podmanSocket: String {
        if settings.userID != 0, let folder = settings.runtimeFolder { return "\(folder)/podman/podman.sock" }
        return "/run/podman/podman.sock"
    }

    /// Where an engine listens; nil where that is no socket of this machine.
    package func socket(of kind: EngineKind) -> String? {
        switch kind {
        case .docker: dockerSocket
        case .podman: podmanSocket
        case .containerd: containerdSocket
        case .buildkit: "/run/buildkit/buildkitd.sock"
        // It listens on the network: where, whoever removes says.
        case .registry: nil
        }
    }

    /// What the registry's own settings say, which they may as a variable.
    ///
    /// Source: https://distribution.github.io/distribution/about/configuration/; the path is that of Debian's package.
    private var registryRoot: String? {
        if let root = settings.registryRoot { return root }
        for path in ["/etc/docker/registry/config.yml", "/etc/distribution/config.yml"] {
            let file = EngineSettingsFile(path: path, form: .yaml)
            if let root = file.text("rootdirectory"), root.utf8.first == UInt8(ascii: "/") { return root }
        }
        return nil
    }

    // MARK: containers-storage

    /// What the first settings file of containers-storage that is there says.
    ///
    /// Source: containers-storage.conf(5), "FILES".
    var containersStorage: (root: String?, driver: String?)? {
        for path in containersFiles {
            let file = EngineSettingsFile(path: path, form: .toml)
            guard file.isThere else { continue }
            let isRootless = settings.userID != 0
            let root =
                isRootless
                ? file.text("rootless_storage_path", table: "storage")
                    ?? (path.hasPrefix("/etc") ? nil : file.text("graphroot", table: "storage"))
                : file.text("graphroot", table: "storage")
            return (root.map(expanded), file.text("driver", table: "storage"))
        }
        return nil
    }

    private var containersFiles: [String] {
        if let file = settings.containersStorageConf { return [file] }
        var files: [String] = []
        if settings.userID != 0, let folder = settings.configFolder ?? settings.home.map({ "\($0)/.config" }) {
            files.append("\(folder)/containers/storage.conf")
        }
        return files + ["/etc/containers/storage.conf", "/usr/share/containers/storage.conf"]
    }

    private var defaultContainersRoot: String {
        guard settings.userID != 0, let data = settings.dataFolder ?? settings.home.map({ "\($0)/.local/share" }) else {
            return "/var/lib/containers/storage"
        }
        return "\(data)/containers/storage"
    }

    /// A path with the variables that containers-storage replaces.
    private func expanded(_ path: String) -> String {
        var path = path
        for (name, value) in [("$HOME", settings.home), ("$UID", "\(settings.userID)")] {
            guard let value else { continue }
            path = path.split(separator: name, omittingEmptySubsequences: false).joined(separator: value)
        }
        return path
    }
}
