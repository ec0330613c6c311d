package import EngineStores

/// What the user and his machine say of where engines are; paths as they were given.
///
/// Source: the variables of `docker`, `podman` and `ctr`, and the XDG Base Directory Specification.
package struct EngineSettings: Hashable, Sendable {
    /// `DOCKER_HOST`: where Docker's API is, `unix:///run/docker.sock`.
    package var dockerHost: String?
    /// `CONTAINERS_STORAGE_CONF`: the settings of containers-storage in place of all other files.
    package var containersStorageConf: String?
    /// `CONTAINERD_ADDRESS`: containerd's socket.
    package var containerdAddress: String?
    /// `CONTAINERD_NAMESPACE`: the namespace that a name without one is looked for in.
    package var containerdNamespace: String?
    /// `REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY`: a registry's folder.
    package var registryRoot: String?
    /// The user's home.
    package var home: String?
    /// `XDG_CONFIG_HOME`.
    package var configFolder: String?
    /// `XDG_DATA_HOME`.
    package var dataFolder: String?
    /// `XDG_RUNTIME_DIR`.
    package var runtimeFolder: String?
    /// `TMPDIR`.
    package var temporaryFolder: String?
    /// The user, 0 for root.
    package var userID: UInt32 = 0

    /// The variable that leads to an engine, or to its settings; nil where there is none.
    package static func variable(of kind: EngineKind) -> String? {
        switch kind {
        case .docker: "DOCKER_HOST"
        case .podman: "CONTAINERS_STORAGE_CONF"
        case .containerd: "CONTAINERD_ADDRESS"
        case .buildkit: nil
        case .registry: "REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY"
        }
    }

    /// Settings of nobody in particular: root's defaults.
    package init() {}
}
