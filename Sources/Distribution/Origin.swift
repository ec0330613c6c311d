/// Where a server is: what two addresses must have in common to be the same one's.
struct Origin: Hashable, Sendable {
    /// `http` or `https`.
    let scheme: String
    /// In lower case; IPv6 addresses in brackets.
    let host: String
    let port: Int

    var isTLS: Bool { scheme == "https" }

    /// `host[:port]`, as folders of certificates are called.
    var authority: String { port == (isTLS ? 443 : 80) ? host : "\(host):\(port)" }

    /// The host without the brackets of an IPv6 address.
    var bareHost: String { host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host }

    /// Whether the server is on this machine, so that what is said to it is heard by nobody else.
    var isLoopback: Bool {
        let bare = bareHost
        if bare == "localhost" || bare.hasSuffix(".localhost") || bare == "::1" { return true }
        let parts = bare.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
