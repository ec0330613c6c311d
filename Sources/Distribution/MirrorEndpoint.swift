// https://github.com/k3s-io/k3s/blob/v1.33.1%2Bk3s1/pkg/agent/containerd/config.go (normalizeEndpointAddress)

import OCISpec

/// An address of the registries file, as k3s reads it.
struct MirrorEndpoint: Hashable, Sendable {
    /// `https`, or `http`.
    let scheme: String
    /// `host[:port]`, as the file has it; the hub's is that of its server.
    let authority: String
    /// The path that repositories stand behind: `/v2`, or the endpoint's own.
    let root: String

    /// The server of the hub's images.
    static let hubServer = "registry-1.docker.io"

    /// Scheme, host and port.
    var base: String { "\(scheme)://\(authority)" }

    /// The names under which `configs` may have it, the first that is there counting.
    var configNames: [String] { authority == Self.hubServer ? [Self.hubServer, Reference.defaultDomain] : [authority] }

    /// What messages and files of credentials call it: the registry's name, without a port that goes without saying.
    var name: String {
        if authority == Self.hubServer { return Reference.defaultDomain }
        return authority.hasSuffix(standardPort) ? String(authority.dropLast(standardPort.count)) : authority
    }

    private var standardPort: String { scheme == "https" ? ":443" : ":80" }

    /// The same server with the port that goes without saying, or without it.
    var otherAuthority: String? {
        if authority.hasSuffix(standardPort) { return String(authority.dropLast(standardPort.count)) }
        return Self.port(authority) == nil ? authority + standardPort : nil
    }

    /// Reads an address, with a scheme or without; nil for what is none.
    init?(_ text: String) {
        let parts = text.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        let rest = parts[parts.count - 1]
        let place = rest.prefix { $0 != "?" && $0 != "#" }
        let server = place.prefix { $0 != "/" }
        // A user's name in an address does not count, in k3s neither.
        let named = String(server.split(separator: "@", omittingEmptySubsequences: false).last ?? "")
        guard Self.isServer(named) else { return nil }
        scheme = parts.count == 2 ? parts[0].lowercased() : Self.defaultScheme(named)
        guard scheme == "http" || scheme == "https" else { return nil }
        authority = named == Reference.defaultDomain ? Self.hubServer : named
        let path = place.dropFirst(server.count)
        root = ["", "/", "/v2"].contains(path) ? "/v2" : Self.cleaned(path)
    }

    /// A server on this machine at an odd port is taken to speak without TLS.
    private static func defaultScheme(_ authority: String) -> String {
        let port = port(authority)
        return isThisMachine(authority) && port != nil && port != "443" ? "http" : "https"
    }

    private static func isThisMachine(_ authority: String) -> Bool {
        let host = authority.dropLast(port(authority).map { $0.count + 1 } ?? 0).lowercased()
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return host == "localhost" || host == "[::1]"
            || (parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil })
    }

    private static func port(_ authority: String) -> Substring? {
        guard let colon = authority.lastIndex(of: ":"), authority.last != "]" else { return nil }
        return authority[authority.index(after: colon)...]
    }

    /// Whether the text is a host, or an IPv6 address in brackets, with a port that there is or without one.
    private static func isServer(_ text: String) -> Bool {
        let port = port(text)
        if let port, PortNumber.parse(port) == nil { return false }
        let host = text.dropLast(port.map { $0.count + 1 } ?? 0).lowercased()
        if host.hasPrefix("["), host.hasSuffix("]") {
            return host.count > 4 && host.dropFirst().dropLast().utf8.allSatisfy { "0123456789abcdef:.".utf8.contains($0) }
        }
        return !host.isEmpty && host.utf8.allSatisfy { "abcdefghijklmnopqrstuvwxyz0123456789.-_".utf8.contains($0) }
    }

    /// The path without a slash at its end, and without parts that lead nowhere.
    private static func cleaned(_ path: Substring) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return parts.map { "/\($0)" }.joined()
    }
}
