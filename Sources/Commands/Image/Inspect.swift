import ArgumentParser
import ContainerRuntime
import ContentStorage
import ImageStorage
import ImageTransfer
import OCISpec
import Operations
import Reports

/// `strata inspect IMAGE…`.
struct Inspect: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show containers and images as JSON, with docker's keys.")

    @Argument(help: ArgumentHelp("Containers, or images: paths, names in the store, `-`.", valueName: "name"))
    var sources: [String]

    @Option(help: "Use the image of an index for this platform, such as linux/arm64.")
    var platform: String?

    @OptionGroup(title: "Registries") var registry: RegistryOptions
    @OptionGroup var globals: GlobalOptions

    func run() throws {
        try Workspace.run(globals, platform: platform, registry: registry) { workspace in
            let stored = try workspace.store.summaries(DocumentReader(workspace.store))
            let containers = workspace.containers
            var found: [JSONValue] = []
            var failures: [any Error] = []
            for source in sources {
                do {
                    let one = try containers.either(source) { container in
                        try container.inspected(containers.store.layers.shortNamesPath)
                    } image: {
                        let image = try workspace.image(source, globals.reading(source))
                        return InspectReport.json(try workspace.inspected(image, among: stored))
                    }
                    found.append(one)
                } catch {
                    failures.append(error)
                }
            }
            // As with docker: what was found is told, and then what was not.
            if !found.isEmpty { try Output.write(.array(found)) }
            guard let last = failures.popLast() else { return }
            for failure in failures { FailureReport(failure, isJSON: globals.format == .json).print() }
            throw last
        }
    }
}

extension FoundContainer {
    /// What `inspect` says of a container.
    func inspected(_ layersFolder: String) throws -> JSONValue {
        let lower = try folder.lower().map { $0.utf8.first == UInt8(ascii: "/") ? $0 : "\(layersFolder)/\($0)" }
        let settings = container.settings
        return ContainerInspectReport(
            row: try ContainerListReport.Row(self, diskBytes: nil), config: try container.config.asJSON(),
            hostname: container.hostname, network: settings.network.rawValue,
            joined: try network(), published: settings.ports ?? [], began: run?.began, ended: run?.ended,
            problem: run?.problem, process: try folder.firstProcess(),
            mounts: settings.mounts.map {
                .init(type: $0.kind.rawValue, source: $0.place(in: folder.path), target: $0.target, isReadOnly: $0.isReadOnly)
            }, isRemovedAtEnd: settings.isRemovedAtEnd, hasTerminal: settings.hasTerminal,
            lower: lower.joined(separator: ":"), folder: folder.path
        ).json
    }
}
