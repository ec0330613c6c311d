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

/// `strata container diff CONTAINER`.
struct ContainerDiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Show what a container changed in its tree: A added, C changed, D deleted.")

    @OptionGroup var globals: GlobalOptions

    @Argument(help: "A name, an ID or its beginning.")
    var container: String

    func run() throws {
        let shelf = try Containers.shelf(globals)
        let changes = try shelf.find(container).changedPaths(layersFolder: shelf.store.shortNamesPath)
        try Output.write(changes.map { "\($0.kind) \(PathText.printable("/" + PathText.display($0.path)))\n" }.joined())
    }
}
