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
        try join(&settings)
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

    /// The network and the ports that the options name.
    private func join(_ settings: inout ContainerSettings) throws {
        let isPublished = !publish.isEmpty || publishAll
        let word = network ?? (isPublished ? StoredNetworks.usualName : "host")
        let name = word == "default" ? StoredNetworks.usualName : word
        guard let network = ContainerSettings.Network(rawValue: name) else {
            throw CommandError.badOption("--network", word, expected: "host, bridge, none or the name of a network")
        }
        settings.network = network
        let ports = try publish.flatMap { text in
            guard let ports = PublishedPort.all(in: text) else {
                throw CommandError.badOption(
                    "--publish", text, expected: "[[ADDRESS:]PORT:]PORT[/udp] with an IPv4 address, such as 8080:80")
            }
            return ports
        }
        if network.name == nil {
            // The machine's ports are the container's already, each at its own number.
            for port in ports where network == .none || (port.hostPort ?? port.port) != port.port {
                throw CommandError.badOption(
                    "--publish", "\(port.hostPort.map { "\($0):" } ?? "")\(port.port)",
                    expected: "a network of the container's own, not --network \(word)")
            }
            if let odd = networkAlias.first ?? ip {
                throw CommandError.badOption(
                    networkAlias.isEmpty ? "--ip" : "--network-alias", odd, expected: "--network with the name of a network")
            }
            return
        }
        settings.ports = ports.nonEmpty
        settings.publishesAll = publishAll ? true : nil
        if let odd = networkAlias.first(where: { !HostEntry.isName($0) }) {
            throw CommandError.badOption("--network-alias", odd, expected: "one word at a time")
        }
        settings.aliases = networkAlias.nonEmpty
        settings.address = try ip.map { text in
            guard let address = IPv4Address(text) else { throw CommandError.badOption("--ip", text, expected: "an IPv4 address") }
            return address
        }
    }
}
