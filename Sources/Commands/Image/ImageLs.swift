import ArgumentParser

/// `strata image ls`.
struct ImageLs: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: Images.configuration.abstract, aliases: ["list"])

    @OptionGroup var images: Images

    var globals: GlobalOptions { images.globals }

    func run() throws { try images.run() }
}
