import ArgumentParser
import Distribution
import Operations

/// `strata logout [REGISTRY]`.
struct Logout: ResultCommand {
    static let namespaceUse = UserNamespaceUse.never
    static let configuration = CommandConfiguration(
        commandName: "logout", abstract: "Log out from a registry.")

    @Argument(help: ArgumentHelp("The registry, `host[:port]` (default: docker.io).", valueName: "registry"))
    var server: String?

    @OptionGroup(title: "Registries") var registry: RegistryOptions
    @OptionGroup var globals: GlobalOptions

    func run() throws {
        let logout = try registry.credentials().forget(RegistryName.whole(server))
        for text in logout.remarks { globals.note(text) }
        if !globals.quiet {
            // Where there is nothing to forget, what is asked for is so already, as docker has it.
            try Output.write("\(logout.hasForgotten ? "Removing login credentials for" : "Not logged in to") \(logout.name)\n")
        }
        // A login that something else still gives is none that was ended.
        let registries = try registry.settings()(globals.telling)
        if let source = try logout.stillGiven ?? registries.source(inFileFor: logout.name) {
            throw DistributionError.stillLoggedIn(registry: logout.name, source)
        }
    }
}
