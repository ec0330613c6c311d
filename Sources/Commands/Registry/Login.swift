import ArgumentParser
import Distribution
import Operations

/// `strata login [REGISTRY]`.
struct Login: ResultCommand {
    static let namespaceUse = UserNamespaceUse.never
    static let configuration = CommandConfiguration(
        commandName: "login", abstract: "Log in to a registry: verify a user and password, and store them.",
        discussion: "They are stored where docker stores them, in a credential helper if its config.json names one.")

    @Option(name: .shortAndLong, help: "The user.")
    var username: String?

    @Option(name: .shortAndLong, help: "The password; other users of this machine can see it on the command line.")
    var password: String?

    @Flag(help: "Read the password from standard input.")
    var passwordStdin = false

    @Argument(help: ArgumentHelp("The registry, `host[:port]` (default: docker.io).", valueName: "registry"))
    var server: String?

    @OptionGroup(title: "Registries") var registry: RegistryOptions
    @OptionGroup var globals: GlobalOptions

    func validate() throws {
        if password != nil, passwordStdin { throw ValidationError("`--password` and `--password-stdin` exclude each other") }
        if passwordStdin, username == nil { throw ValidationError("`--password-stdin` needs `--username`") }
    }

    func run() throws {
        let name = try RegistryName.parse(server)
        if password != nil { globals.note("warning: other users can see a password on the command line; use `--password-stdin`") }
        let user = try username ?? PasswordPrompt.line("Username: ", missing: "user")
        let secret = try password ?? (passwordStdin ? PasswordPrompt.standardInput() : PasswordPrompt.secret("Password: "))
        guard !user.isEmpty, !secret.isEmpty else {
            throw CommandError.emptyLogin(missing: user.isEmpty ? "user" : "password")
        }
        try registry.settings()(globals.telling).verify(user: user, secret: secret, at: name)
        let login = try registry.credentials().keep(user: user, secret: secret, for: name)
        for text in login.remarks { globals.note(text) }
        if !globals.quiet { try Output.write("Login Succeeded\n") }
    }
}
