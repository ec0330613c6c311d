import ArgumentParser
import Glibc
import Reclamation
import Reports
import StorageIO
import SystemPackage

/// `strata system install-timer`.
struct InstallTimer: ResultCommand {
    static let namespaceUse = UserNamespaceUse.never
    static let configuration = CommandConfiguration(
        commandName: "install-timer", abstract: "Write a systemd service and a timer that prune the store by a policy.",
        discussion: """
            The units go to /etc/systemd/system, or for an ordinary user to ~/.config/systemd/user; nothing is enabled. The \
            policy is read first, so that a timer never meets a wrong one unseen.
            """)

    @Option(help: ArgumentHelp("The policy file.", valueName: "file"))
    var policy: String

    @Option(help: ArgumentHelp("When to prune, as systemd writes it.", valueName: "calendar"))
    var onCalendar: String = "daily"

    @Option(help: ArgumentHelp("Where each run writes its OpenMetrics text.", valueName: "file"))
    var metrics: String?

    @Option(help: ArgumentHelp("Where the units are written.", valueName: "dir"))
    var unitDir: String?

    @OptionGroup var globals: GlobalOptions

    func run() throws {
        _ = try SelectionOptions.readPolicy(policy)
        let units = TimerUnits(
            program: Self.absolute("/proc/self/exe"), policy: Self.absolute(policy),
            store: Self.absolute(try globals.storePath()), calendar: onCalendar, metrics: metrics.map(Self.absolute))
        guard let units else { throw CommandError.lineBreakInUnit }
        let folder = try unitDir ?? Self.unitFolder()
        try write(units.service, to: "\(folder)/\(TimerUnits.name).service")
        try write(units.timer, to: "\(folder)/\(TimerUnits.name).timer")
        let isUser = ProcessOwner.uid != 0
        globals.note(
            "begin with `systemctl \(isUser ? "--user " : "")daemon-reload && systemctl \(isUser ? "--user " : "")enable --now "
                + "\(TimerUnits.name).timer`")
    }

    private func write(_ text: String, to path: String) throws {
        let file = FilePath(path)
        _ = try Directory.make(file.removingLastComponent())
        let output = try OutputFile.create(at: file)
        defer { output.discard() }
        try Array(text.utf8).withUnsafeBytes { try output.write($0) }
        try output.commit()
        try Output.write("\(path)\n")
    }

    private static func unitFolder() throws -> String {
        if ProcessOwner.uid == 0 { return "/etc/systemd/system" }
        if let config = try Environment.folder("XDG_CONFIG_HOME") { return config + "/systemd/user" }
        guard let home = try Environment.folder("HOME") else { throw CommandError.noStorePath }
        return home + "/.config/systemd/user"
    }

    /// The path from the root, symlinks resolved where it exists.
    private static func absolute(_ path: String) -> String {
        if let resolved = realpath(path, nil) {
            defer { free(resolved) }
            return String(cString: resolved)
        }
        guard !path.hasPrefix("/"), let current = getcwd(nil, 0) else { return path }
        defer { free(current) }
        return "\(String(cString: current))/\(path)"
    }
}
