import ArgumentParser
import ContentStorage
import Operations
import Reports

/// `strata container diff CONTAINER`, and `strata diff CONTAINER`.
struct ContainerDiffCommand: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Show what a container changed in its tree: A added, C changed, D deleted.")

    @OptionGroup var globals: GlobalOptions

    @Argument(help: "A name, an ID or its beginning.")
    var container: String

    func run() throws { _ = try Self.run(container, globals) }

    /// Lists what the container changed, and says whether that is anything.
    static func run(_ name: String, _ globals: GlobalOptions) throws -> Bool {
        let containers = try Containers.open(globals)
        let item = try containers.find(name)
        let changes = try item.changedPaths(in: containers.store)
        let report = ContainerDiffReport(container: item.container.id, changes)
        if globals.format == .json { try Output.write(report.json) } else { try Output.write(report.text) }
        return !changes.isEmpty
    }
}
