package import ContentStorage
import DockerfileLanguage
package import OCISpec
import TextValues

/// What a container is to be, besides its image.
package struct ContainerRequest: Sendable {
    /// The name; nil for one that is generated.
    package var name: String?
    /// What is around the command.
    package var settings = ContainerSettings()
    /// The program in place of the image's entry point; an empty text is for none at all.
    package var entrypoint: String?
    /// The command in place of the image's own, and its arguments; none for the image's.
    package var command: [String] = []
    /// Variables, `NAME=value`; of two with one name the last.
    package var environment: [String] = []
    /// The directory it starts in, in place of the image's.
    package var workingDirectory: String?
    /// Whom it runs as, by name or number, in place of the image's.
    package var user: String?
    /// The signal that stops it, in place of the image's.
    package var stopSignal: String?
    /// Ports that it listens on besides the image's, as `EXPOSE` writes them.
    package var ports: [String] = []
    /// Labels; of two with one name the last.
    package var labels: [(name: String, value: String)] = []

    /// A container as its image says.
    package init() {}

    /// The config of the container of an image that has this one; `.noCommand` where neither says what to run, and
    /// `.relativeWorkingDirectory` where the command line asks for one.
    package func config(over image: ContainerConfig?) throws -> ContainerConfig {
        var config = image ?? ContainerConfig()
        if let entrypoint {
            config.entrypoint = entrypoint.isEmpty ? nil : [entrypoint]
            // As with docker, an image's arguments are for its own entry point.
            config.cmd = nil
        }
        if !command.isEmpty { config.cmd = command }
        for variable in environment { config.setVariable(variable) }
        try config.setWorkingDirectory(workingDirectory)
        if let user { config.user = user }
        if let stopSignal { config.stopSignal = stopSignal }
        if !ports.isEmpty { try config.apply([.expose(ports)]) }
        // As with docker, a volume of the command line is one of the config, and so of an image that is made of the container.
        let volumes = settings.mounts.filter { $0.kind == .volume && $0.source.isEmpty }.map { ExactText($0.target) }
        if !volumes.isEmpty { config.volumes = (config.volumes ?? []).union(volumes) }
        for label in labels {
            config.labels = config.labels ?? [:]
            config.labels?[ExactText(label.name)] = label.value
        }
        guard !((config.entrypoint ?? []) + (config.cmd ?? [])).isEmpty else { throw ContainerError.noCommand }
        return config
    }
}
