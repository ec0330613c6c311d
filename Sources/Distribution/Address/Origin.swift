/// Where a server is: what two addresses must have in common to be the same one's.
package struct Origin: Hashable, Sendable {
    /// `http` or `https`.
    package let scheme: String
    /// In lower case; IPv6 addresses in brackets.
    package let host: String
    /// 443 or 80 where the address names none.
    package let port: Int

    /// An origin from its parts.
    package init(scheme: String, host: String, port: Int) {
        self.scheme = scheme
        self.host = host
        self.port = port
    }

    var isTLS: Bool { scheme == "https" }

    /// `host[:port]`, as folders of certificates are called.
    package var authority: String { port == (isTLS ? 443 : 80) ? host : "\(host):\(port)" }

    /// The host without the brackets of an IPv6 address.
    var bareHost: String { host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host }

    /// Whether the server is on this machine, so that what is said to it is heard by nobody else.
    package var isLoopback: Bool {
        let bare = bareHost
        if bare == "localhost" || bare.hasSuffix(".localhost") || bare == "::1" { return true }
        let parts = bare.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
