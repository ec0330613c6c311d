import ArgumentParser
import ContainerRuntime
import ContentStorage
import Foundation
import LayerAnalysis
import OCISpec
import Operations
import StorageIO
import SystemPackage
import TextValues

/// What `run` and `create` say of a container, in docker's words.
struct ContainerOptions: ParsableArguments {
    @Option(help: "Give the container a name.")
    var name: String?

    @Flag(name: .shortAndLong, help: "Keep standard input open.")
    var interactive = false

    @Flag(name: .shortAndLong, help: "Allocate a terminal.")
    var tty = false

    @Flag(name: .customLong("rm"), help: "Remove the container when it ends.")
    var isRemoved = false

    @Option(
        name: .shortAndLong, help: ArgumentHelp("Set a variable; a name alone takes the environment's.", valueName: "name=value"))
    var env: [String] = []

    @Option(help: ArgumentHelp("Set the variables of a file, one a line.", valueName: "file"))
    var envFile: [String] = []

    @Option(name: [.customShort("w"), .long], help: ArgumentHelp("Working directory in the container.", valueName: "dir"))
    var workdir: String?

    @Option(name: .shortAndLong, help: ArgumentHelp("User name or ID.", valueName: "user[:group]"))
    var user: String?

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Mount a directory or file of this machine.", valueName: "source:target[:ro]"))
    var volume: [String] = []

    @Option(
        help: ArgumentHelp(
            "Mount type=bind,source=…,target=…[,readonly] or type=tmpfs,target=…[,tmpfs-size=…].", valueName: "mount"))
    var mount: [String] = []

    @Option(help: ArgumentHelp("Mount a tmpfs.", valueName: "target[:options]"))
    var tmpfs: [String] = []

    @Option(help: "Override the image's entry point.")
    var entrypoint: String?

    @Option(name: [.long, .customLong("net")], help: "The network: host (this machine's) or none.")
    var network: String = "host"

    @Flag(help: "Mount the root file system read-only.")
    var readOnly = false

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Accepted where it changes nothing: the network is the machine's, and so are its ports.", visibility: .hidden))
    var publish: [String] = []

    @Option(help: ArgumentHelp("Accepted as docker's `no`: there is no daemon to do it.", visibility: .hidden))
    var restart: String?

    @Option(name: [.customShort("h"), .long], help: "Host name of the container.")
    var hostname: String?

    @Option(name: .shortAndLong, help: ArgumentHelp("Label the container.", valueName: "key=value"))
    var label: [String] = []

    @Option(help: ArgumentHelp("Add a capability.", valueName: "capability"))
    var capAdd: [String] = []

    @Option(help: ArgumentHelp("Drop a capability.", valueName: "capability"))
    var capDrop: [String] = []

    @Flag(help: "Add all capabilities, and do not hide kernel files.")
    var privileged = false

    @Option(name: .shortAndLong, help: ArgumentHelp("Memory limit, such as 512m.", valueName: "bytes"))
    var memory: String?

    @Option(help: ArgumentHelp("Number of CPUs, such as 1.5.", valueName: "number"))
    var cpus: String?

    @Option(help: ArgumentHelp("Limit on the number of processes.", valueName: "number"))
    var pidsLimit: Int64?

    @Option(help: ArgumentHelp("Signal that stops the container.", valueName: "signal"))
    var stopSignal: String?

    @Option(help: "Use the image of an index for this platform, such as linux/arm64.")
    var platform: String?

    @Option(help: "When to pull the image: missing, always or never.")
    var pull: PullMoment = .missing

    /// The settings that the options make.
    private func settings() throws -> ContainerSettings {
        var settings = ContainerSettings()
        settings.hasTerminal = tty
        settings.keepsInputOpen = interactive
        settings.isRemovedAtEnd = isRemoved
        settings.hasReadOnlyTree = readOnly
        settings.isPrivileged = privileged
        guard let network = ContainerSettings.Network(rawValue: network) else {
            throw CommandError.badOption("--network", self.network, expected: "host or none")
        }
        settings.network = network
        for port in publish where !Self.isSamePort(port) || network == .none {
            throw CommandError.badOption(
                "--publish", port, expected: "the port that the command listens on: the container has the machine's network")
        }
        if let restart, restart != "no" {
            throw CommandError.badOption("--restart", restart, expected: "no: there is no daemon to restart it")
        }
        settings.hostname = hostname
        settings.mounts = try volume.map(Self.volume) + mount.map(Self.mount) + tmpfs.map(Self.memory)
        let added = capAdd + (privileged ? ["ALL"] : [])
        guard let capabilities = RuntimeSpec.capabilities(adding: added, dropping: capDrop) else {
            throw CommandError.badOption(
                "--cap-add", (capAdd + capDrop).joined(separator: ","), expected: "capabilities such as NET_ADMIN, or ALL")
        }
        settings.capabilities = capabilities
        settings.memoryBytes = try memory.flatMap { text in
            guard let bytes = ByteCountText.bytes(text, .docker) else {
                throw CommandError.badOption("--memory", text, expected: "a number of bytes such as 512m or 1.5g")
            }
            // As with docker, none is written as 0.
            return bytes > 0 ? bytes : nil
        }
        settings.milliCPUs = try cpus.map { text in
            guard let number = Double(text), number >= 0.01, number < 10_000 else {
                throw CommandError.badOption("--cpus", text, expected: "a number such as 1.5")
            }
            return Int64(number * 1000)
        }
        // As with docker, none is written as -1 or 0.
        if let stopSignal { _ = try SignalName(option: "--stop-signal", stopSignal) }
        settings.processLimit = pidsLimit.flatMap { $0 > 0 ? $0 : nil }
        return settings
    }

    /// What the container is to be.
    func request(command: [String]) throws -> ContainerRequest {
        var request = ContainerRequest()
        request.name = name
        request.settings = try settings()
        request.entrypoint = entrypoint
        request.command = command
        request.environment = try variables()
        request.workingDirectory = workdir
        request.user = user
        request.stopSignal = stopSignal
        request.labels = label.map { NameValue($0) }.map { ($0.name, $0.value ?? "") }
        return request
    }

    /// Files first, so that single variables win.
    private func variables() throws -> [String] {
        var list: [String] = []
        for path in envFile {
            guard let data = FileManager.default.contents(atPath: path) else {
                throw CommandError.badOption("--env-file", path, expected: "a file that can be read")
            }
            // As bytes: for Swift a carriage return and a line feed are one character.
            for line in data.split(separator: UInt8(ascii: "\n")) {
                let text = String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
                let variable = text.drop { $0 == " " || $0 == "\t" || $0 == "\u{FEFF}" }
                if !variable.isEmpty, variable.first != "#" { list.append(String(variable)) }
            }
        }
        return try (list + env).compactMap { text -> String? in
            let variable = NameValue(text)
            guard variable.value != nil else { return try Environment.value(text).map { "\(text)=\($0)" } }
            guard !variable.name.isEmpty else { throw CommandError.badOption("--env", text, expected: "NAME=value") }
            return text
        }
    }

    // MARK: Mounts

    private static func volume(_ text: String) throws -> ContainerSettings.Mount {
        let parts = text.unicodeScalars.split(separator: ":", omittingEmptySubsequences: false).map { String($0) }
        guard (2...3).contains(parts.count), parts[1].utf8.first == UInt8(ascii: "/") else {
            throw CommandError.badOption("--volume", text, expected: "SOURCE:TARGET[:ro], TARGET an absolute path")
        }
        let flags = parts.count == 3 ? parts[2].split(separator: ",").map(String.init) : []
        // The words for SELinux and for propagation change nothing here.
        let known: Set = ["ro", "rw", "z", "Z", "nocopy", "private", "rprivate"]
        if let odd = flags.first(where: { !known.contains($0) }) {
            throw CommandError.badOption("--volume", text, expected: "SOURCE:TARGET with ro or rw behind it, and knows no \(odd)")
        }
        guard parts[0].utf8.first == UInt8(ascii: "/") || parts[0].hasPrefix(".") else {
            throw CommandError.badOption(
                "--volume", text, expected: "a directory of this machine, such as ./\(parts[0]): named volumes are not supported")
        }
        // As with docker, a folder that is not there is made.
        let source = try absolute(parts[0])
        if !FileManager.default.fileExists(atPath: source) {
            _ = try Directory.make(FilePath(source))
        }
        return ContainerSettings.Mount(.bind, source: source, target: parts[1], isReadOnly: flags.contains("ro"))
    }

    private static func mount(_ text: String) throws -> ContainerSettings.Mount {
        let expected = "type=bind,source=PATH,target=PATH[,readonly] or type=tmpfs,target=PATH"
        guard let all = NameValue.fields(text) else { throw CommandError.badOption("--mount", text, expected: expected) }
        let fields = Dictionary(all.map { ($0.name, $0.value ?? "true") }) { _, last in last }
        guard let target = fields["target"] ?? fields["dst"] ?? fields["destination"], target.utf8.first == UInt8(ascii: "/")
        else {
            throw CommandError.badOption("--mount", text, expected: expected)
        }
        let known: Set = [
            "type", "target", "dst", "destination", "source", "src", "readonly", "ro", "bind-propagation", "tmpfs-size",
            "tmpfs-mode", "consistency",
        ]
        if fields.keys.contains(where: { !known.contains($0) }) {
            throw CommandError.badOption("--mount", text, expected: expected)
        }
        var isReadOnly = false
        if let value = fields["readonly"] ?? fields["ro"] {
            guard let flag = ["true": true, "1": true, "false": false, "0": false][value] else {
                throw CommandError.badOption("--mount", text, expected: expected)
            }
            isReadOnly = flag
        }
        switch fields["type"] {
        case "bind"?:
            guard let source = fields["source"] ?? fields["src"] else {
                throw CommandError.badOption("--mount", text, expected: expected)
            }
            let place = try absolute(source)
            guard FileManager.default.fileExists(atPath: place) else { throw ContainerError.noSuchMountSource(source) }
            return ContainerSettings.Mount(.bind, source: place, target: target, isReadOnly: isReadOnly)
        case "tmpfs"?:
            let options = try fields["tmpfs-size"].map { size in
                guard let bytes = ByteCountText.bytes(size, .docker) else {
                    throw CommandError.badOption("--mount", text, expected: "a tmpfs-size in bytes such as 64m or 1.5g")
                }
                return ["size=\(bytes)"]
            }
            let mode = fields["tmpfs-mode"].map { ["mode=\($0)"] } ?? []
            return ContainerSettings.Mount(
                .tmpfs, source: "", target: target, isReadOnly: isReadOnly, options: (options ?? []) + mode)
        default: throw CommandError.badOption("--mount", text, expected: expected)
        }
    }

    private static func memory(_ text: String) throws -> ContainerSettings.Mount {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        guard let target = parts.first, target.utf8.first == UInt8(ascii: "/") else {
            throw CommandError.badOption("--tmpfs", text, expected: "an absolute path")
        }
        let options = parts.count == 2 ? parts[1].split(separator: ",").map { NameValue($0) } : []
        return ContainerSettings.Mount(.tmpfs, source: "", target: target, options: options.map(tmpfsOption))
    }

    /// An option for the kernel, which takes no `1.5g`; a share of the memory such as `50%` it reads itself.
    private static func tmpfsOption(_ option: NameValue) -> String {
        guard let value = option.value else { return option.name }
        let bytes = option.name.isExactly("size") ? ByteCountText.bytes(value, .docker) : nil
        return "\(option.name)=\(bytes.map { "\($0)" } ?? value)"
    }

    /// Whether `HOST:CONTAINER`, as in `127.0.0.1:80:80/tcp`, names the same port twice.
    private static func isSamePort(_ text: String) -> Bool {
        let ports = text.prefix { $0 != "/" }.split(separator: ":").suffix(2)
        return ports.first == ports.last && ports.last.map { $0.allSatisfy { $0.isNumber || $0 == "-" } } == true
    }

    private static func absolute(_ path: String) throws(CommandError) -> String { try AbsolutePath.cleaned(path) }
}

extension PullMoment: ExpressibleByArgument {}
