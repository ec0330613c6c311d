import ArgumentParser
import Operations
import Reports

/// `strata engines`.
struct Engines: ResultCommand {
    static let namespaceUse = UserNamespaceUse.never
    static let configuration = CommandConfiguration(
        commandName: "engines",
        abstract: "List the container engines of this machine, and whether their images can be read in place.",
        discussion: """
            ACCESS is "in place" where the engine's root can be read, and "API only" where the engine answers but its root \
            cannot be read. Engines are found by their own settings and variables: DOCKER_HOST, CONTAINERS_STORAGE_CONF, \
            CONTAINERD_ADDRESS. Nothing is changed, and no lock is taken.
            """)

    @OptionGroup var selection: EngineOption
    @OptionGroup var globals: GlobalOptions

    func run() throws {
        let choice = try selection.choice()
        let found = try EngineAccess().engines(choice)
        if choice != nil, let engine = found.first, engine.access == .none, let problem = engine.problem { throw problem }
        let report = EngineListReport(found)
        switch globals.format {
        case .text: try Output.write(report.text(globals.style))
        case .json: try Output.write(report.json())
        }
    }
}
