import ArgumentParser
import Operations

/// `strata rename CONTAINER NAME`.
struct RenameCommand: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "rename", abstract: "Rename a container.")

    @OptionGroup var globals: GlobalOptions

    @Argument(help: "A name, an ID or its beginning.")
    var container: String

    @Argument(help: "The new name.")
    var name: String

    func run() throws { try Containers.open(globals).rename(container, to: name) }
}
