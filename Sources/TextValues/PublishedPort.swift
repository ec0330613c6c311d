// https://docs.docker.com/engine/network/port-publishing/

/// A port of this machine that leads to one of a container.
package struct PublishedPort: Hashable, Sendable, Codable {
    /// What is spoken on a port.
    package enum Kind: String, Hashable, Sendable, Codable, CaseIterable { case tcp, udp }

    /// The machine's address; nil for all that it has.
    package var hostAddress: IPv4Address?
    /// The machine's port; nil for any that is free.
    package var hostPort: UInt16?
    /// The container's port.
    package var port: UInt16
    /// What is spoken there.
    package var kind: Kind

    /// A port from its parts.
    package init(_ port: UInt16, _ kind: Kind = .tcp, hostAddress: IPv4Address? = nil, hostPort: UInt16? = nil) {
        self.hostAddress = hostAddress
        self.hostPort = hostPort
        self.port = port
        self.kind = kind
    }

    /// The ports that docker's `[ADDRESS:][HOSTPORT:]PORT[/PROTO]` names, ranges in place of both ports among them; nil for any other text.
    ///
    /// Of an address in brackets, which is IPv6, nothing is made.
    package static func all(in text: String) -> [PublishedPort]? {
        guard let (rest, kind) = split(text) else { return nil }
        let parts = rest.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 3, let ports = range(parts[parts.count - 1]) else { return nil }
        var address: IPv4Address?
        if parts.count == 3, !parts[0].isEmpty {
            guard let found = IPv4Address(parts[0]) else { return nil }
            address = found.number == 0 ? nil : found
        }
        let word = parts.count > 1 ? parts[parts.count - 2] : ""
        if word.isEmpty { return ports.map { PublishedPort($0, kind, hostAddress: address) } }
        guard let hosts = range(word), hosts.count == ports.count else { return nil }
        return zip(ports, hosts).map { PublishedPort($0, kind, hostAddress: address, hostPort: $1) }
    }

    /// The ports of a container that docker's `PORT[/PROTO]` names, as `EXPOSE` has it; nil for any other text.
    package static func exposed(in text: String) -> [PublishedPort]? {
        guard let (rest, kind) = split(text), let ports = range(rest) else { return nil }
        return ports.map { PublishedPort($0, kind) }
    }

    /// The container's port as docker writes it, `80/tcp`.
    package var text: String { "\(port)/\(kind.rawValue)" }

    /// The machine's address as docker writes it.
    package var hostAddressText: String { hostAddress?.description ?? "0.0.0.0" }

    private static func split(_ text: String) -> (Substring, Kind)? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let kind = parts.count < 2 ? .tcp : Kind(rawValue: parts[1].lowercased()) else { return nil }
        return (parts[0], kind)
    }

    private static func range(_ text: some StringProtocol) -> ClosedRange<UInt16>? {
        let ends = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false).map { number($0) }
        guard ends.count <= 2, let first = ends.first ?? nil, let last = ends.last ?? nil, first <= last else { return nil }
        return first...last
    }

    private static func number(_ digits: some Collection<UInt8>) -> UInt16? {
        guard (1...5).contains(digits.count), digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
        let number = digits.reduce(0) { $0 * 10 + Int($1 - 48) }
        return number > 0 ? UInt16(exactly: number) : nil
    }
}
