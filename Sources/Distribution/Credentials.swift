/// What a user shows a registry.
///
/// It has no description, so that it cannot slip into a message.
package enum Credentials: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
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
