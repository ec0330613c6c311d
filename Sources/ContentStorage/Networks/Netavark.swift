// https://github.com/containers/netavark/blob/main/docs/netavark.1.md

import FoundationEssentials
package import OCISpec
package import StorageIO
import SystemPackage
import TextValues

/// The program that gives a container of root's an interface, an address, and ports of the machine, and takes them away again.
///
/// Its firewall rules and interfaces are the machine's, so it runs once at a time, whatever stores there are.
package struct Netavark: Sendable {
    /// Absolute.
    package let path: String
    /// The program that knows the names of a network's containers; nil where it is not installed.
    package let namesPath: String?

    /// Where the machine keeps what all of its stores share of networks, until it is shut down.
    private static let sharedFolder = "/run/strata"
    private static let lockName = "network.lock"
    private static let secondsLimit = 60.0
    private static let environment = ["PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
    /// Where packages put them, besides the search path.
    private static let folders = [
        "/usr/local/libexec/podman", "/usr/local/lib/podman", "/usr/libexec/podman", "/usr/lib/podman",
    ]

    /// The interface in the container.
    static let interface = "eth0"

    /// The program, where it is installed.
    package static func find() -> Netavark? {
        guard let path = program("netavark") else { return nil }
        return Netavark(path: path, namesPath: program("aardvark-dns"))
    }

    private static func program(_ name: String) -> String? {
        let search = ProcessInfo.processInfo.environment["PATH"] ?? ""
        return ProgramRun.find(name, ["PATH": ([search] + folders).joined(separator: ":")])
    }

    /// Makes what a network says of the container of this ID, in its namespace; what the program says where it does not.
    package func make(_ network: ContainerNetwork, of id: String, in namespace: File) throws(StorageError) -> String? {
        let lock = try Self.lock()
        defer { lock.release() }
        let answer = try run("setup", network, id, namespace)
        return answer.status == 0 ? nil : Self.reason(answer.output)
    }

    /// Takes away what it made, as far as it is there; `namespace` is the container's, nil where that has gone.
    ///
    /// The program wants to see the container's interface. For one that has gone it makes all of it once more, in a namespace that ends
    /// with this call, and then takes it away.
    package func remove(_ network: ContainerNetwork, of id: String, in namespace: File?) throws(StorageError) {
        let lock = try Self.lock()
        defer { lock.release() }
        if let namespace, try run("teardown", network, id, namespace).status == 0 { return }
        let substitute = try NetworkNamespace.make()
        _ = try run("setup", network, id, substitute)
        _ = try run("teardown", network, id, substitute)
    }

    private func run(
        _ verb: String, _ network: ContainerNetwork, _ id: String, _ namespace: File
    ) throws(StorageError) -> ProgramRun.Answer {
        let document: [UInt8]
        do { document = try encodeDocument(Request(network, id, hasNames: namesPath != nil)) } catch {
            throw StorageError(.write, path, .invalidArgument)
        }
        let names = namesPath.map { ["--aardvark-binary", $0] } ?? []
        do {
            return try ProgramRun.run(
                path, ["--config", Self.sharedFolder] + names + [verb, NetworkNamespace.path(of: namespace)], document,
                Self.environment, seconds: Self.secondsLimit, withErrors: true, outlives: true)
        } catch { throw StorageError(.open, path, error) }
    }

    private static func lock() throws(StorageError) -> FileLock {
        let home = try Directory.make(FilePath(sharedFolder))
        return try FileLock.acquire(lockName, in: home, .exclusive, patience: .seconds(120))
    }

    /// What it says of a failure: a document of one key, or lines.
    private static func reason(_ output: [UInt8]) -> String {
        struct Failure: Decodable { var error: String }
        let text = String(decoding: output, as: UTF8.self)
        for line in text.split(separator: "\n").reversed() {
            // Other lines are no documents.
            do { return try decodeDocument(Failure.self, from: Array(line.utf8)).error } catch { continue }
        }
        return text.split(separator: "\n").last.map(String.init) ?? "it said nothing"
    }
}

/// What the program reads.
private struct Request: Encodable {
    struct Port: Encodable {
        var hostIP: String
        var containerPort: UInt16
        var hostPort: UInt16
        var range = 1
        var kind: String

        private enum CodingKeys: String, CodingKey {
            case hostIP = "host_ip"
            case containerPort = "container_port"
            case hostPort = "host_port"
            case range
            case kind = "protocol"
        }
    }

    struct Place: Encodable {
        var addresses: [String]
        var interface: String
        var aliases: [String]

        private enum CodingKeys: String, CodingKey {
            case addresses = "static_ips"
            case interface = "interface_name"
            case aliases
        }
    }

    struct Subnet: Encodable {
        var subnet: String
        var gateway: String
    }

    struct Network: Encodable {
        var name: String
        var id: String
        var driver = "bridge"
        var interface: String
        var subnets: [Subnet]
        var hasIPv6 = false
        var isInternal: Bool
        var hasNames: Bool
        var addressing = ["driver": "host-local"]

        private enum CodingKeys: String, CodingKey {
            case name
            case id
            case driver
            case interface = "network_interface"
            case subnets
            case hasIPv6 = "ipv6_enabled"
            case isInternal = "internal"
            case hasNames = "dns_enabled"
            case addressing = "ipam_options"
        }
    }

    var id: String
    var name: String
    var ports: [Port]
    var places: [String: Place]
    var networks: [String: Network]

    private enum CodingKeys: String, CodingKey {
        case id = "container_id"
        case name = "container_name"
        case ports = "port_mappings"
        case places = "networks"
        case networks = "network_info"
    }

    init(_ network: ContainerNetwork, _ id: String, hasNames: Bool) {
        self.id = id
        name = network.aliases.first ?? id
        ports = network.ports.map {
            Port(
                hostIP: $0.hostAddress?.description ?? "", containerPort: $0.port, hostPort: $0.hostPort ?? $0.port,
                kind: $0.kind.rawValue)
        }
        places = [:]
        networks = [:]
        guard let record = network.record else { return }
        // Names of networks are a store's own, and rules are the machine's.
        let key = record.interface
        places[key] = Place(
            addresses: network.address.map { [$0.description] } ?? [], interface: Netavark.interface,
            aliases: Array(network.aliases.dropFirst()))
        networks[key] = Network(
            name: key, id: record.id, interface: key,
            subnets: [Subnet(subnet: record.range.description, gateway: record.gateway.description)],
            isInternal: record.isInternal, hasNames: record.hasNames && hasNames)
    }
}
