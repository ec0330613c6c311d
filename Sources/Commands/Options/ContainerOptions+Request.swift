import ContainerRuntime
import ContentStorage
import Foundation
import OCISpec
import Operations
import TextValues

/// The options' values, as the operation takes them.
extension ContainerOptions {
    /// What the container is to be.
    func request(command: [String]) throws -> ContainerRequest {
        var request = ContainerRequest()
        request.name = name
        request.settings = try settings()
        request.entrypoint = entrypoint
        request.command = command
        request.environment = try Variables.all(files: envFile, env)
        request.workingDirectory = workdir
        request.user = user
        request.stopSignal = stopSignal
        request.ports = try surroundings.expose.map { port in
            // It is a port of the container alone.
            if port.isEmpty || port.utf8.contains(UInt8(ascii: ":")) {
                throw CommandError.badOption("--expose", port, expected: "a port or a range such as 80, 53/udp or 8000-8010")
            }
            return port
        }
        request.labels = label.map { NameValue($0) }.map { ($0.name, $0.value ?? "") }
        return request
    }

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
        settings.mounts =
            try volume.map(ContainerSettings.Mount.init(volume:)) + mount.map(ContainerSettings.Mount.init(mount:))
            + tmpfs.map(ContainerSettings.Mount.init(tmpfs:))
        var taken: Set<[UInt8]> = []
        for mount in settings.mounts where !taken.insert(PathWalk.cleaned(mount.target.utf8)).inserted {
            throw CommandError.badOption("--volume", mount.target, expected: "one mount at each place")
        }
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
        try surroundings.apply(to: &settings)
        return settings
    }

    /// Whether `HOST:CONTAINER`, as in `127.0.0.1:80:80/tcp`, names the same port twice.
    private static func isSamePort(_ text: String) -> Bool {
        let ports = text.prefix { $0 != "/" }.split(separator: ":").suffix(2)
        return ports.first == ports.last && ports.last.map { $0.allSatisfy { $0.isNumber || $0 == "-" } } == true
    }
}
