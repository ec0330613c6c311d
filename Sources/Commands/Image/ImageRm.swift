import ArgumentParser

/// `strata image rm`.
struct ImageRm: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: Rmi.configuration.abstract, discussion: Rmi.configuration.discussion, aliases: ["remove"])

    @OptionGroup var rmi: Rmi

    var globals: GlobalOptions { rmi.globals }

    func run() throws { try rmi.run() }
}
