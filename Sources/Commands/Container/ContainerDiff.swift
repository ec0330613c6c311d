import ArgumentParser
import ContainerRuntime
import ContentStorage
import Reports
import StorageIO

extension ContainerShelf.Item {
    /// What the container changed, in docker's form: `A` added, `C` changed, `D` deleted, with the path.
    func changedPaths(layersFolder: String) throws -> [(kind: Character, path: [UInt8])] {
        let below = StackedTree(Array(try folder.directories(layersFolder: layersFolder).dropFirst()))
        return try changes().changes(from: below)
    }
}

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
        let shelf = try Containers.shelf(globals)
        let item = try shelf.find(name)
        let changes = try item.changedPaths(layersFolder: shelf.store.shortNamesPath)
        let report = ContainerDiffReport(container: item.container.id, changes)
        if globals.format == .json { try Output.write(report.json) } else { try Output.write(report.text) }
        return !changes.isEmpty
    }
}
