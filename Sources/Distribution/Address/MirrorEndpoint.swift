// https://github.com/k3s-io/k3s/blob/v1.33.1%2Bk3s1/pkg/agent/containerd/config.go (normalizeEndpointAddress)

import OCISpec
import TextValues

/// An address of the registries file, as k3s reads it.
package struct MirrorEndpoint: Hashable, Sendable {
    /// `https`, or `http`.
    package let scheme: String
    /// `host[:port]`, as the file has it; the hub's is that of its server.
    package let authority: String
    /// The path that repositories stand behind: `/v2`, or the endpoint's own.
    package let root: String

    /// The server of the hub's images.
    static let hubServer = "registry-1.docker.io"

    /// Scheme, host and port.
    var base: String { "\(scheme)://\(authority)" }

    /// The names under which `configs` may have it, the first that is there counting.
    var configNames: [String] { authority == Self.hubServer ? [Self.hubServer, Reference.defaultDomain] : [authority] }

    /// What messages and files of credentials call it: the registry's name, without a port that goes without saying.
    package var name: String {
        if authority == Self.hubServer { return Reference.defaultDomain }
        return authority.hasSuffix(standardPort) ? String(authority.dropLast(standardPort.count)) : authority
    }

    private var standardPort: String { scheme == "https" ? ":443" : ":80" }

    /// The same server with the port that goes without saying, or without it.
    var otherAuthority: String? {
        if authority.hasSuffix(standardPort) { return String(authority.dropLast(standardPort.count)) }
        return AddressText.port(of: authority) == nil ? authority + standardPort : nil
    }

    /// Reads an address, with a scheme or without; nil for what is none.
    package init?(_ text: String) {
        let (start, rest) = AddressText.split(text)
        let server = AddressText.authority(of: rest)
        // A user's name in an address does not count, in k3s neither.
        let named = String(AddressText.host(of: server).host)
        guard AddressText.isServer(named) else { return nil }
        scheme = start.isEmpty ? Self.defaultScheme(named) : start.dropLast("://".count).lowercased()
        guard scheme == "http" || scheme == "https" else { return nil }
        authority = named == Reference.defaultDomain ? Self.hubServer : named
        let path = rest.prefix { $0 != "?" && $0 != "#" }.dropFirst(server.count)
        root = ["", "/", "/v2"].contains(path) ? "/v2" : Self.cleaned(path)
    }

    /// A server on this machine at an odd port is taken to speak without TLS.
    private static func defaultScheme(_ authority: String) -> String {
        let port = AddressText.port(of: authority)
        return isThisMachine(authority) && port != nil && port != "443" ? "http" : "https"
    }

    private static func isThisMachine(_ authority: String) -> Bool {
        let host = authority.dropLast(AddressText.port(of: authority).map { $0.count + 1 } ?? 0).lowercased()
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return host == "localhost" || host == "[::1]"
            || (parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil })
    }

    /// The path without a slash at its end, and without parts that lead nowhere.
    private static func cleaned(_ path: Substring) -> String {
        let clean = PathWalk.cleaned(path.utf8)
        return clean.isEmpty ? "" : "/" + String(decoding: clean, as: UTF8.self)
    }
}
