// https://www.rfc-editor.org/rfc/rfc3986#section-3.2

import Foundation
import OCISpec

/// Addresses as texts that somebody gave: what of them may be shown, and which name a server.
package enum AddressText {
    /// The address without its user and password, for messages; with a scheme or without one.
    ///
    /// The user part ends at the last `@` of the authority. Where that is no host, as after a password with a `/`, a `?` or a `#`
    /// that should have been escaped, it ends at the last `@` of all: rather too little is shown than a part of a password.
    package static func withoutUser(_ text: String) -> String {
        let (scheme, rest) = split(text)
        let authority = authority(of: rest)
        if let at = authority.lastIndex(of: "@") { return "\(scheme)\(rest[rest.index(after: at)...])" }
        if !isServer(authority), let at = rest.lastIndex(of: "@") {
            return "\(scheme)\(rest[rest.index(after: at)...])"
        }
        return text
    }

    /// The same without the query and the fragment, which may hold signatures.
    package static func shown(_ text: String) -> String { String(withoutUser(text).prefix { $0 != "?" && $0 != "#" }) }

    /// What stands up to `://`, and the rest; the first is empty where there is no scheme.
    static func split(_ text: String) -> (scheme: Substring, rest: Substring) {
        guard let mark = text.range(of: "://") else { return ("", text[...]) }
        return (text[..<mark.upperBound], text[mark.upperBound...])
    }

    /// What stands before the path, the query or the fragment.
    static func authority(of rest: Substring) -> Substring { rest.prefix { !"/?#".contains($0) } }

    /// What stands behind the user and the password, and these; nil for none.
    static func host(of authority: Substring) -> (user: Substring?, host: Substring) {
        guard let at = authority.lastIndex(of: "@") else { return (nil, authority) }
        return (authority[..<at], authority[authority.index(after: at)...])
    }

    /// Whether the text is a host, or an IPv6 address in brackets, with a port that there is or without one.
    static func isServer(_ text: some StringProtocol) -> Bool {
        let port = port(of: text)
        if let port, PortNumber.parse(port) == nil { return false }
        let host = text.dropLast(port.map { $0.count + 1 } ?? 0).lowercased()
        if host.hasPrefix("["), host.hasSuffix("]") {
            return host.count > 4 && host.dropFirst().dropLast().utf8.allSatisfy { "0123456789abcdef:.".utf8.contains($0) }
        }
        return !host.isEmpty && host.utf8.allSatisfy { "abcdefghijklmnopqrstuvwxyz0123456789.-_".utf8.contains($0) }
    }

    /// What stands behind the last colon of a server; nil where that is not a port's.
    static func port<Text: StringProtocol>(of server: Text) -> Text.SubSequence? {
        guard let colon = server.lastIndex(of: ":"), server.last != "]" else { return nil }
        return server[server.index(after: colon)...]
    }
}
