import ArgumentParser
import ContentStorage
import EngineStores
import Glibc
import Operations
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
            The units are written to /etc/systemd/system, or for an ordinary user to ~/.config/systemd/user; they are \
            not enabled. Everything that they name is checked first. Each store has its own units, and so has each engine's \
            root, of which `--engine` makes them.
            """)

    @Option(help: ArgumentHelp("Policy file.", valueName: "file"))
    var policy: String

    @Option(help: ArgumentHelp("When to prune, as a systemd calendar expression.", valueName: "calendar"))
    var onCalendar: String = "daily"

    @Option(help: ArgumentHelp("File for the OpenMetrics text of each run.", valueName: "file"))
    var metrics: String?

    @Option(
        help: ArgumentHelp(
            "Prune an engine's images in place of the store's: docker, podman, containerd or registry, and its root.",
            valueName: "engine[=root]"))
    var engine: String?

    @OptionGroup var registry: RegistryAddressOption

    @Option(help: ArgumentHelp("Directory for the units.", valueName: "dir"))
    var unitDir: String?

    @OptionGroup var globals: GlobalOptions

    func run() throws {
        guard try SystemdCalendar.isValid(onCalendar) else {
            throw CommandError.badOption(
                "--on-calendar", onCalendar, expected: "times as systemd writes them, such as daily or Mon 03:00")
        }
        let job = try job()
        let units: TimerUnits
        do { units = try TimerUnits(job, calendar: onCalendar) } catch {
            throw CommandError.badUnit(error)
        }
        let folder = FilePath(try unitDir ?? Self.unitFolder())
        _ = try Directory.make(folder)
        let paths = [".service", ".timer"].map { folder.appending(units.name + $0) }
        try refuseOtherStores(units, at: paths[0])
        for (path, text) in zip(paths, [units.service, units.timer]) { try write(text, to: path) }
        let systemctl = job.isUsers ? "systemctl --user" : "systemctl"
        globals.note("start it with `\(systemctl) daemon-reload && \(systemctl) enable --now \(units.name).timer`")
    }

    /// What the units will run, all of it tried.
    private func job() throws -> TimerUnits.Job {
        let isUsers = ProcessOwner.uid != 0
        let subject = try engine.map(engineSubject) ?? storeSubject()
        var figures: String?
        if let metrics { figures = try CalledPath.text(of: metrics) }
        let job = TimerUnits.Job(
            program: try ProgramPath.asCalled(), policy: try CalledPath.text(of: policy), subject, metrics: figures,
            address: registry.address,
            isUsers: isUsers)
        for path in [job.program, job.policy, job.subject.path, job.metrics ?? "/"] where try CalledPath.isOfThisProcess(path) {
            throw CommandError.pathOfProcess(path)
        }
        guard access(job.policy, F_OK) != 0 || Self.isRegularFile(job.policy) else {
            throw CommandError.pathOfProcess(job.policy)
        }
        let read = try SelectionOptions.readPolicy(policy)
        switch subject {
        case .store(let path, _): try Self.tryStore(path)
        case .engine(let kind, let root, _, _):
            if read.trash != .zero { throw CommandError.noTrash(kind) }
            _ = try EngineLook.open(kind, root)
            if kind == .registry, registry.host == nil { throw EngineControlError.noAddress(root: root) }
            if kind != .registry, registry.host != nil { throw ValidationError("`--host` needs `--engine registry`") }
        }
        if let metrics = job.metrics { try Self.tryMetrics(metrics) }
        return job
    }

    private func storeSubject() throws -> TimerUnits.Subject {
        let store = try CalledPath.text(of: globals.storePath())
        let usual = try GlobalOptions.defaultStorePath().map { try CalledPath.text(of: $0) }
        return .store(store, isDefault: store == usual)
    }

    /// The root that is meant now, since what says where it is may say something else when the timer runs.
    private func engineSubject(_ text: String) throws -> TimerUnits.Subject {
        let choice = try EngineChoice(parsing: text)
        let access = try EngineAccess()
        let usual = access.roots.root(of: choice.kind)
        let root = try CalledPath.text(of: choice.root ?? usual)
        let name = EngineSettings.variable(of: choice.kind)
        var variables = try name.flatMap { name in try Environment.value(name).map { [name: $0] } } ?? [:]
        // What says where credentials are, which the timer's process has not.
        for name in choice.kind == .registry ? ["HOME", "DOCKER_CONFIG", "REGISTRY_AUTH_FILE", "STRATA_REGISTRIES"] : [] {
            if let value = try Environment.value(name) { variables[name] = value }
        }
        if choice.kind == .containerd, let namespace = access.settings.containerdNamespace {
            variables["CONTAINERD_NAMESPACE"] = namespace
        }
        return .engine(
            choice.kind, root: root, isDefault: root == usual && (variables.isEmpty || choice.kind == .registry),
            variables: variables)
    }

    /// A store that is there must be one; one that is not is made by the first command.
    private static func tryStore(_ path: String) throws {
        do {
            _ = try ContentStore.open(at: FilePath(path), create: false)
        } catch {
            guard case .absent = error else { throw error }
        }
    }

    private static func tryMetrics(_ path: String) throws {
        guard access(path, F_OK) != 0 || isRegularFile(path) else { throw CommandError.pathOfProcess(path) }
        try OutputFile.create(at: FilePath(path)).discard()
    }

    private static func isRegularFile(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// Units of that name that are about another store stay: versions before this one gave all stores one name.
    private func refuseOtherStores(_ units: TimerUnits, at path: FilePath) throws {
        guard let bytes = try InputFile.bytes(path.string, limit: 1 << 20) else { return }
        guard units.isAboutSameSubject(String(decoding: bytes, as: UTF8.self)) else {
            throw CommandError.unitOfOtherStore(path.string)
        }
    }

    private func write(_ text: String, to path: FilePath) throws {
        let output = try OutputFile.create(at: path)
        defer { output.discard() }
        try output.write(contentsOf: Array(text.utf8))
        try output.commit()
        try Output.write("\(path.string)\n")
    }

    private static func unitFolder() throws -> String {
        if ProcessOwner.uid == 0 { return "/etc/systemd/system" }
        if let config = try Environment.folder("XDG_CONFIG_HOME") { return config + "/systemd/user" }
        guard let home = try Environment.folder("HOME") else { throw CommandError.noStorePath }
        return home + "/.config/systemd/user"
    }
}
