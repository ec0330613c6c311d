import ArgumentParser
import ImageStorage
import OCISpec
import Operations

/// `strata tag SOURCE TARGET`.
struct Tag: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "tag", abstract: "Create a name that refers to an image.",
        discussion: "A name that another image has is moved; that image is kept, without a name if it has no other.")

    @Argument(help: ArgumentHelp("A name in the store, or the beginning of an ID.", valueName: "source-image"))
    var source: String

    @Argument(help: ArgumentHelp("The name to give; without a tag it is `latest`.", valueName: "target-image"))
    var target: String

    @OptionGroup var globals: GlobalOptions

    func run() throws {
        let name = try Reference(normalizing: target)
        guard name.digest == nil else { throw OperationError.digestAsName(target) }
        try Workspace.run(globals) { try $0.store.tag(source, as: name, at: Clock.now) }
    }
}
