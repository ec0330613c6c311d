import CCurl
import Foundation

/// A server through which others are reached.
package struct Proxy: Hashable, Sendable {
    /// What the library takes: with user and password where there are any.
    package let address: String
    /// For messages, without them.
    package let name: String
    /// Whether it tunnels bytes by a protocol of its own, and not by HTTP.
    let isSOCKS: Bool
    /// Whether it is spoken to over TLS.
    let isTLS: Bool

    /// What is wrong with a proxy's address; not the address, which may hold a password.
    package enum Fault: Error, Hashable, Sendable {
        /// Its scheme is none of those that proxies have.
        case scheme
        /// What stands before the path is no host with a port: perhaps a password in it was not escaped.
        case host
        /// Its user or password has, or escapes, a character that no header may have.
        case user
    }

    /// What each scheme stands for.
    ///
    /// Names are looked up where the proxy is, since this machine may know none of those outside.
    private static let schemes = [
        "": "http", "http": "http", "https": "https", "socks": "socks5h", "socks5": "socks5h", "socks5h": "socks5h",
        "socks4": "socks4a", "socks4a": "socks4a",
    ]

    /// A proxy as the environment names it, with or without a scheme; user and password in it may be escaped.
    package init(_ text: String) throws(Fault) {
        let (start, rest) = AddressText.split(text)
        guard let scheme = Self.schemes[start.dropLast("://".count).lowercased()] else { throw .scheme }
        let (user, host) = AddressText.host(of: AddressText.authority(of: rest))
        guard AddressText.isServer(host) else { throw .host }
        // `http:me:secret@host` has a scheme, but not as schemes are written.
        if start.isEmpty, let user, Self.schemes[user.prefix { $0 != ":" }.lowercased()] != nil { throw .scheme }
        isSOCKS = scheme.hasPrefix("socks")
        isTLS = scheme == "https"
        // A proxy's port is 80 where none is named, 443 for TLS, as for Go's programs; the library has 1080 for all.
        let port = AddressText.port(of: host) != nil || isSOCKS ? "" : isTLS ? ":443" : ":80"
        let login = try user.map { text throws(Fault) in try Self.escaped(text) + "@" } ?? ""
        address = "\(scheme)://\(login)\(host)\(port)"
        name = "\(scheme)://\(host)"
    }

    /// A user and a password such that the library reads them as they are meant.
    private static func escaped(_ user: Substring) throws(Fault) -> String {
        let whole = user.removingPercentEncoding ?? String(user)
        guard whole.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else { throw .user }
        let allowed = CharacterSet.urlUserAllowed.union(CharacterSet(charactersIn: ":%"))
        return user.addingPercentEncoding(withAllowedCharacters: allowed) ?? String(user)
    }
}

/// Which proxy the environment names for a server.
package struct ProxyChoice {
    private let environment: [String: String]

    /// The choice of an environment.
    package init(_ environment: [String: String]) { self.environment = environment }

    /// The proxy; nil for none.
    ///
    /// A variable that names none that there can be is an error. This machine's own servers are always asked directly.
    package func proxy(for origin: Origin) throws(DistributionError) -> Proxy? {
        guard !origin.isLoopback, !isExempt(origin),
            let (name, text) = variable(origin.isTLS ? "HTTPS_PROXY" : "HTTP_PROXY") ?? variable("ALL_PROXY")
        else { return nil }
        do { return try Proxy(text) } catch { throw .badProxy(variable: name, error) }
    }

    /// Whether `NO_PROXY` names the host, a domain above it, its address or a range of addresses with it; a port narrows an entry.
    private func isExempt(_ origin: Origin) -> Bool {
        guard let list = variable("NO_PROXY")?.text else { return false }
        let address = IPAddress(origin.bareHost)
        return list.split(whereSeparator: { $0 == "," || $0.isWhitespace }).contains { entry in
            let name = entry.lowercased()
            if name == "*" { return true }
            if let address, let range = IPRange(name) { return range.contains(address) }
            let (host, port) = Self.split(name)
            if let port, port != origin.port { return false }
            if let address { return IPAddress(host) == address }
            let bare = host.hasPrefix("*.") ? String(host.dropFirst(2)) : host.hasPrefix(".") ? String(host.dropFirst()) : host
            return !bare.isEmpty && (origin.host == bare || origin.host.hasSuffix(".\(bare)"))
        }
    }

    /// A host, without the brackets of an address of IPv6, and a port.
    private static func split(_ entry: String) -> (host: String, port: Int?) {
        if entry.hasPrefix("["), let end = entry.firstIndex(of: "]") {
            let rest = entry[entry.index(after: end)...]
            return (String(entry[entry.index(after: entry.startIndex)..<end]), Int(rest.dropFirst()))
        }
        guard entry.count(where: { $0 == ":" }) == 1, let colon = entry.firstIndex(of: ":"),
            let port = Int(entry[entry.index(after: colon)...])
        else { return (entry, nil) }
        return (String(entry[..<colon]), port)
    }

    /// A variable in either case, by the name that it has, and its value.
    private func variable(_ name: String) -> (name: String, text: String)? {
        for name in [name.lowercased(), name] {
            if let text = environment[name], !text.isEmpty { return (name, text) }
        }
        return nil
    }
}

/// An address of IPv4 or IPv6: 4 or 16 bytes.
package struct IPAddress: Hashable {
    /// In the order of the network.
    package let bytes: [UInt8]

    /// Reads an address without brackets; nil for a name.
    package init?(_ text: String) {
        var four = in_addr()
        var sixteen = in6_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            bytes = withUnsafeBytes(of: &four) { Array($0) }
        } else if inet_pton(AF_INET6, text, &sixteen) == 1 {
            bytes = withUnsafeBytes(of: &sixteen) { Array($0) }
        } else {
            return nil
        }
    }
}

/// Addresses that begin with the same bits: `10.0.0.0/8`, `fd00::/8`.
package struct IPRange {
    private let first: IPAddress
    private let bitCount: Int

    /// Reads a range; nil for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let first = IPAddress(String(parts[0])), let bitCount = Int(parts[1]),
            (0...first.bytes.count * 8).contains(bitCount)
        else { return nil }
        self.first = first
        self.bitCount = bitCount
    }

    /// Whether an address begins with the range's bits.
    package func contains(_ address: IPAddress) -> Bool {
        guard address.bytes.count == first.bytes.count else { return false }
        return (0..<bitCount).allSatisfy { bit in
            (address.bytes[bit / 8] ^ first.bytes[bit / 8]) & (0x80 >> UInt8(bit % 8)) == 0
        }
    }
}
