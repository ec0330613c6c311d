// https://github.com/distribution/reference/blob/v0.6.0/normalize.go (ParseAnyReference)

/// What a user types for an image: a name, or the digest of a manifest, an index or a config (the image ID).
package enum ImageName: Hashable, Sendable {
    /// A name, with a tag or a digest where it has one.
    case reference(Reference)
    /// A digest alone.
    case digest(Digest)

    /// Parses `algorithm:hex`, 64 hexadecimal digits alone (SHA-256), or else a name.
    ///
    /// A shorter ID parses as a name.
    package init(parsing text: String) throws(ReferenceError) {
        if let digest = Self.digest(text) ?? (ReferenceGrammar.isIdentifier(text) ? Self.digest("sha256:\(text)") : nil) {
            self = .digest(digest)
        } else {
            self = .reference(try Reference(normalizing: text))
        }
    }

    /// The whole name, or `algorithm:hex`.
    package var full: String {
        switch self {
        case .reference(let reference): reference.full
        case .digest(let digest): digest.description
        }
    }

    /// The digest that the text is; what is none may still be a name, so the reason is of no use here.
    private static func digest(_ text: String) -> Digest? {
        Digest(ifValid: text)
    }
}
