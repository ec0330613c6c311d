// https://man7.org/linux/man-pages/man5/hosts.5.html

import Glibc

/// One name of a hosts file, as docker's `--add-host` has it: `NAME:ADDRESS`, `NAME=ADDRESS`, an IPv6 address with or without brackets.
package struct HostEntry: Hashable, Sendable, Codable {
    /// The host's name.
    package let name: String
    /// An IPv4 or IPv6 address, or the word for the gateway of a network that is not known yet.
    package let address: String

    /// The word that stands for the address of this machine, as a container reaches it.
    package static let gateway = "host-gateway"

    /// The entry that a text names; nil for what is none.
    ///
    /// `gateway` is the address that `host-gateway` means; nil where it means none, and the word itself where that is not known yet.
    package init?(_ text: String, gateway: String? = "127.0.0.1") {
        let separators = [UInt8(ascii: ":"), UInt8(ascii: "=")]
        guard let separator = text.utf8.firstIndex(where: separators.contains) else { return nil }
        name = String(text[..<separator])
        var rest = text[text.utf8.index(after: separator)...].utf8
        if rest.first == UInt8(ascii: "["), rest.last == UInt8(ascii: "]") { rest = rest.dropFirst().dropLast() }
        let word = String(Substring(rest))
        guard let address = word == Self.gateway ? gateway : word, Self.isAddress(address) || address == gateway,
            Self.isName(name)
        else { return nil }
        self.address = address
    }

    /// The line of a hosts file, with its end.
    package var line: String { "\(address)\t\(name)\n" }

    /// Whether a text is an IPv4 or IPv6 address.
    package static func isAddress(_ text: String) -> Bool {
        var bytes = in6_addr()
        return inet_pton(AF_INET, text, &bytes) == 1 || inet_pton(AF_INET6, text, &bytes) == 1
    }

    /// Whether a text can stand as one word of a file of hosts or resolvers: with a blank or a line break it would be several.
    package static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "#") }
    }
}
