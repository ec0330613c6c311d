import ArgumentParser
import Distribution
import Foundation
import Glibc
import OCISpec

/// `strata login [REGISTRY]`.
struct Login: ResultCommand {
    static let namespaceUse = UserNamespaceUse.never
    static let configuration = CommandConfiguration(
        commandName: "login", abstract: "Keep a user and a password for a registry, once it takes them.",
        discussion: "They are kept where docker keeps them, in a credential helper if its config.json names one.")

    @Option(name: .shortAndLong, help: "The user.")
    var username: String?

    @Option(name: .shortAndLong, help: "The password; others on this machine can see it there.")
    var password: String?

    @Flag(help: "Read the password from standard input.")
    var passwordStdin = false

    @Argument(help: ArgumentHelp("The registry, `host[:port]`; docker.io without it.", valueName: "registry"))
    var server: String?

    @OptionGroup(title: "Registries") var registry: RegistryOptions
    @OptionGroup var globals: GlobalOptions

    func validate() throws {
        if password != nil, passwordStdin { throw ValidationError("`--password` and `--password-stdin` exclude each other") }
        if passwordStdin, username == nil { throw ValidationError("`--password-stdin` needs `--username`") }
    }

    func run() throws {
        let name = RegistryName.plain(server)
        if password != nil { globals.note("warning: a password on the command line can be seen; `--password-stdin` hides it") }
        let user = try username ?? Prompt.line("Username: ", missing: "user")
        let secret = try password ?? (passwordStdin ? Prompt.standardInput() : Prompt.secret("Password: "))
        guard !user.isEmpty, !secret.isEmpty else {
            throw CommandError.loginIncomplete(missing: user.isEmpty ? "user" : "password")
        }
        try registry.makeRegistries(note: { [globals] in globals.note($0) }).verify(user: user, secret: secret, at: name)
        let place = try registry.credentials.keep(user: user, secret: secret, for: name)
        if !place.hasPrefix("docker-credential-") {
            globals.note("the password is kept unencrypted in \(place); a credential helper would keep it better")
        }
        if !globals.quiet { try Output.write("Login Succeeded\n") }
    }
}

/// `strata logout [REGISTRY]`.
struct Logout: ResultCommand {
    static let namespaceUse = UserNamespaceUse.never
    static let configuration = CommandConfiguration(
        commandName: "logout", abstract: "Forget the user and password of a registry.")

    @Argument(help: ArgumentHelp("The registry, `host[:port]`; docker.io without it.", valueName: "registry"))
    var server: String?

    @OptionGroup(title: "Registries") var registry: RegistryOptions
    @OptionGroup var globals: GlobalOptions

    func run() throws {
        let name = RegistryName.plain(server)
        do {
            try registry.credentials.forget(name)
        } catch DistributionError.notLoggedIn {
            // What is asked for is so already, as docker has it.
            if !globals.quiet { try Output.write("Not logged in to \(name)\n") }
            return
        }
        if !globals.quiet { try Output.write("Removing login credentials for \(name)\n") }
    }
}

/// A registry as users type it.
enum RegistryName {
    /// `host[:port]` of an address, as images bear it.
    static func plain(_ text: String?) -> String {
        guard var name = text, !name.isEmpty else { return Reference.defaultDomain }
        for scheme in ["https://", "http://", "docker://"] where name.hasPrefix(scheme) { name.removeFirst(scheme.count) }
        name = String(name.prefix { $0 != "/" })
        return ["index.docker.io", "registry-1.docker.io"].contains(name) ? Reference.defaultDomain : name
    }
}

/// Questions to whoever sits at the terminal.
private enum Prompt {
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
        Process.onInterrupt {
            var shown = shown
            tcsetattr(0, TCSAFLUSH, &shown)
        }
        tcsetattr(0, TCSAFLUSH, &silent)
        defer {
            tcsetattr(0, TCSAFLUSH, &old)
            Process.onInterrupt(nil)
            Terminal.standardError.write("\n")
        }
        return try line(question, missing: "password")
    }

    /// All of standard input, without the end of its last line.
    static func standardInput() throws -> String {
        let data = try FileHandle.standardInput.read(upToCount: 1 << 20) ?? Data()
        var text = String(decoding: data, as: UTF8.self)
        while text.last?.isNewline == true { text.removeLast() }
        return text
    }
}
