import Foundation

/// What a user shows a registry.
///
/// It has no description, so that it cannot slip into a message.
package enum Credentials: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// A user and a password.
    case password(user: String, secret: String)
    /// A token that a token server takes in place of a password.
    case identityToken(String)
    /// A token that the registry itself takes.
    case registryToken(String)

    /// Never the secret.
    package var description: String { "credentials" }
    /// Never the secret.
    package var debugDescription: String { "credentials" }
    /// Nothing to look into.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension Credentials {
    /// A user and a password as files keep them: `user:password` in base64.
    ///
    /// Nil where either is missing: docker and podman show a registry none of those. Old clients padded the password with
    /// zero bytes.
    init?(base64 text: String) {
        let packed = text.filter { !$0.isWhitespace }
        guard let data = Data(base64Encoded: packed), let colon = data.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let secret = data[data.index(after: colon)...].filter { $0 != 0 }
        guard colon > data.startIndex, !secret.isEmpty else { return nil }
        self = .password(user: String(decoding: data[..<colon], as: UTF8.self), secret: String(decoding: secret, as: UTF8.self))
    }

    /// The same, the other way round.
    static func base64(user: String, secret: String) -> String { Data("\(user):\(secret)".utf8).base64EncodedString() }
}
