import ArgumentParser
import Distribution
import Foundation
import Glibc
import OCISpec
import Operations
import Reports

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
        let user = try username ?? Prompt.line("Username: ", missing: "user")
        let secret = try password ?? (passwordStdin ? Prompt.standardInput() : Prompt.secret("Password: "))
        guard !user.isEmpty, !secret.isEmpty else {
            throw CommandError.emptyLogin(missing: user.isEmpty ? "user" : "password")
        }
        try registry.settings(globals.telling).verify(user: user, secret: secret, at: name)
        let login = try registry.credentials().keep(user: user, secret: secret, for: name)
        for text in login.remarks { globals.note(text) }
        if !globals.quiet { try Output.write("Login Succeeded\n") }
    }
}

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
        let registries = try registry.settings(globals.telling)
        if let source = try logout.stillGiven ?? registries.source(inFileFor: logout.name) {
            throw DistributionError.stillLoggedIn(registry: logout.name, source)
        }
    }
}

/// A registry as users type it.
enum RegistryName {
    /// `host[:port]` of an address, as images bear it; what no registry can be is an error.
    static func parse(_ text: String?) throws(CommandError) -> String {
        let name = plain(text)
        guard ReferenceGrammar.isRegistry(name) else { throw .badRegistry(text ?? name) }
        return name
    }

    /// `host[:port]` of an address, as images bear it.
    static func plain(_ text: String?) -> String {
        RegistryKey(whole(text)).registry
    }

    /// The same, with a part of the registry if the text names one.
    static func whole(_ text: String?) -> String {
        guard let text, !text.isEmpty else { return Reference.defaultDomain }
        return text
    }
}

extension KeptLogin {
    /// What the user should know of a login that was kept.
    var remarks: [String] {
        var remarks: [String] = []
        switch source {
        case .helper(let name) where !isGivenBack:
            remarks.append("warning: \(name.words) has stored the login, but does not return it yet")
        case .entry(_, let place, _):
            remarks.append("the password is stored unencrypted in \(place); use a credential helper to encrypt it")
        default: break
        }
        for source in earlier {
            let whose = source.partKey.map { "pulls from \($0)" } ?? "pulls"
            remarks.append("warning: \(whose) use the credentials \(source.words) instead of this login; \(source.removal)")
        }
        return remarks + problems.map { "warning: \($0.words)" }
    }
}

extension ForgottenLogin {
    /// What the user should know of what was not forgotten.
    var remarks: [String] {
        remaining.map { "warning: the credentials \($0.words) remain; \($0.removal)" }
            + problems.map { "warning: \($0.words), so a login may remain there" }
    }
}

extension CredentialSource {
    /// How the user gets rid of credentials that `login` and `logout` of the registry leave alone.
    var removal: String {
        if isOfVariable { return "unset \(CredentialStore.variableName) to prevent that" }
        return partKey.map { "`strata logout \($0)` removes them" } ?? "remove them there"
    }
}

/// Why standard input is not taken for a password.
enum PasswordInputFault: Hashable, Sendable {
    case unreadable(errno: Int32)
    /// Bytes that a password may have.
    case tooLong(limit: Int)
    case notText
}

/// Questions to whoever sits at the terminal.
private enum Prompt {
    private static let longestPassword = 1 << 20

    static func line(_ question: String, missing: String) throws -> String {
        guard Terminal.standardInput.isTerminal else { throw CommandError.loginIncomplete(missing: missing) }
        Terminal.standardError.write(question)
        guard let line = readLine() else { throw CommandError.loginIncomplete(missing: missing) }
        return line.trimmingCharacters(in: .whitespaces)
    }

    /// A line that is not shown while it is typed.
    static func secret(_ question: String) throws -> String {
        guard Terminal.standardInput.isTerminal else { throw CommandError.loginIncomplete(missing: "password") }
        var old = termios()
        guard tcgetattr(0, &old) == 0 else { throw CommandError.loginIncomplete(missing: "password") }
        var silent = old
        silent.c_lflag &= ~tcflag_t(ECHO)
        let shown = old
        Interruption.clean {
            var shown = shown
            tcsetattr(0, TCSAFLUSH, &shown)
        }
        tcsetattr(0, TCSAFLUSH, &silent)
        defer {
            tcsetattr(0, TCSAFLUSH, &old)
            Interruption.clean(with: nil)
            Terminal.standardError.write("\n")
        }
        return try line(question, missing: "password")
    }

    /// All of standard input, without the end of its last line.
    static func standardInput() throws(CommandError) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count <= longestPassword {
            let count = read(0, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .passwordInput(.unreadable(errno: errno)) }
            if count == 0 { break }
            bytes += buffer[..<count]
        }
        guard bytes.count <= longestPassword else { throw .passwordInput(.tooLong(limit: longestPassword)) }
        guard var text = String(validating: bytes, as: UTF8.self) else { throw .passwordInput(.notText) }
        while text.last?.isNewline == true { text.removeLast() }
        return text
    }
}
