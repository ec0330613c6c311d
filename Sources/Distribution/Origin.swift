import Foundation

/// Where a server is: what two addresses must have in common to be the same one's.
struct Origin: Hashable, Sendable {
    let scheme: String
    let host: String
    let port: Int

    var isTLS: Bool { scheme == "https" }

    /// The origin of an address; nil for one that is not HTTP's.
    init?(_ url: URL) {
        guard let scheme = url.scheme?.lowercased(), scheme == "http" || scheme == "https", let host = url.host, !host.isEmpty
        else { return nil }
        self.scheme = scheme
        self.host = host.lowercased()
        port = url.port ?? (scheme == "https" ? 443 : 80)
    }

    /// `host[:port]`, as folders of certificates are called; IPv6 addresses in brackets.
    var authority: String {
        let name = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
        return port == (isTLS ? 443 : 80) ? name : "\(name):\(port)"
    }

    /// Whether the server is on this machine, so that what is said to it is heard by nobody else.
    var isLoopback: Bool {
        let bare = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        if bare == "localhost" || bare.hasSuffix(".localhost") || bare == "::1" { return true }
        let parts = bare.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
