import ArgumentParser
import ImageStorage
import Operations

/// `strata pin IMAGE…`.
struct Pin: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "pin", abstract: "Protect images from every prune.",
        discussion: """
            No prune removes an image that has a pinned name, and `rmi` removes such a name only with `-f`. An ID or a \
            digest pins all names of the image.
            """)

    @Argument(help: ArgumentHelp("Names in the store, or beginnings of IDs.", valueName: "image"))
    var images: [String]

    @OptionGroup var globals: GlobalOptions

    func run() throws {
        try Workspace.run(globals) { try $0.store.setPinned(true, images) }
    }
}

/// `strata unpin IMAGE…`.
struct Unpin: ResultCommand {
    static let configuration = CommandConfiguration(commandName: "unpin", abstract: "Remove the pins from images.")

    @Argument(help: ArgumentHelp("Names in the store, or beginnings of IDs.", valueName: "image"))
    var images: [String]

    @OptionGroup var globals: GlobalOptions

    func run() throws {
        try Workspace.run(globals) { try $0.store.setPinned(false, images) }
    }
}
