/// What is wrong with the text of an image's name, or with a pattern for names.
package enum ReferenceError: Error, Hashable, Sendable {
    /// Nothing stands there.
    case empty
    /// The registry's port is not one that there is.
    case badPort(String, port: String)
    /// The text does not have the form of a name.
    case malformed(String)
    /// The repository's path has upper-case letters.
    case upperCase(String)
    /// The name without tag and digest is longer than `limit` bytes.
    case tooLong(String, limit: Int)
    /// 64 hexadecimal digits are an image ID, never a name.
    case imageID(String)
    /// The repository has the name of a digest's algorithm: `sha256:…` is an ID, never a name.
    case digestAlgorithm(String)
    /// The part after `@` is no digest.
    case badDigest(String, Digest.ParseError)
    /// The pattern has an open bracket or ends in a backslash.
    case badPattern(String)
}
