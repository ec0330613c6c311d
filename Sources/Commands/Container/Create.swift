import ArgumentParser
import ContentStorage
import Operations
import StorageIO

/// `strata create IMAGE [COMMAND…]`.
struct CreateCommand: StoreCommand {
    static let namespaceUse = UserNamespaceUse.always
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Create a container without starting it.", helpNames: .long)

    @OptionGroup var options: ContainerOptions
    @OptionGroup(title: "Registries") var registry: RegistryOptions
    @OptionGroup var globals: GlobalOptions

    @Argument(help: "A name in the store or a registry.")
    var image: String

    @Argument(parsing: .captureForPassthrough, help: "Command to run instead of the image's own, with its arguments.")
    var command: [String] = []

    func run() throws {
        let made = try Containers.make(image, try options.request(command: command), options, registry, globals)
        made.lock.release()
        try Output.write("\(made.folder.name)\n")
    }
}
