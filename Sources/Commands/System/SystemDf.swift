import ArgumentParser

/// `strata system df`.
struct SystemDf: ResultCommand {
    typealias Format = Df.Format

    static let configuration = CommandConfiguration(
        commandName: "df", abstract: Df.configuration.abstract, discussion: Df.configuration.discussion)

    @OptionGroup var usage: Df

    var globals: GlobalOptions { usage.globals }

    func run() throws { try usage.run() }
}
