import Operations
import StorageIO

extension EngineSettings {
    /// What this process's user and environment say.
    static func ofProcess() throws(CommandError) -> EngineSettings {
        var settings = EngineSettings()
        settings.dockerHost = try Environment.value("DOCKER_HOST")
        settings.containersStorageConf = try Environment.value("CONTAINERS_STORAGE_CONF")
        settings.containerdAddress = try Environment.value("CONTAINERD_ADDRESS")
        settings.containerdNamespace = try Environment.value("CONTAINERD_NAMESPACE")
        settings.registryRoot = try Environment.folder("REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY")
        settings.home = try Environment.folder("HOME")
        settings.configFolder = try Environment.folder("XDG_CONFIG_HOME")
        settings.dataFolder = try Environment.folder("XDG_DATA_HOME")
        settings.runtimeFolder = try Environment.folder("XDG_RUNTIME_DIR")
        settings.temporaryFolder = try Environment.folder("TMPDIR")
        settings.userID = UInt32(ProcessOwner.uid)
        return settings
    }
}
