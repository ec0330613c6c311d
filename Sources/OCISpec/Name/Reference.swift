// https://github.com/distribution/reference/blob/v0.6.0/normalize.go

/// The full name of an image: registry, repository, tag and digest.
package struct Reference: Hashable, Sendable {
    /// The registry's host and port.
    package let domain: String
    /// The repository's path in the registry.
    package let path: String
    /// The tag, where the name has one.
    package let tag: String?
    /// The digest of the manifest or index, where the name has one.
    package let digest: Digest?

    /// The registry of names that have none.
    package static let defaultDomain = "docker.io"
    /// The tag of names that have neither tag nor digest.
    package static let defaultTag = "latest"

    /// The name that a text is, as `init(normalizing:)` reads it; nil for any other text, where nobody wants to know why it is none.
    package init?(ifValid text: String) {
        // The reason is not asked for.
        do throws(ReferenceError) { try self.init(normalizing: text) } catch { return nil }
    }

    /// Parses a name as Docker's users type it: `busybox` is `docker.io/library/busybox`.
    ///
    /// No tag is added; see `withDefaultTag`.
    package init(normalizing text: String) throws(ReferenceError) {
        guard !text.isEmpty else { throw .empty }
        guard !ReferenceGrammar.isIdentifier(text) else { throw .imageID(text) }
        let (domain, rest) = Self.splitDomain(text)
        let name = rest.utf8.prefix { $0 != UInt8(ascii: ":") && $0 != UInt8(ascii: "@") }
        guard !name.contains(where: \.isASCIIUppercase) else { throw .upperCase(text) }
        // The domain was chosen above, so the grammar sees it whole; an empty remainder fails there.
        let parsed: ReferenceGrammar
        do {
            parsed = try ReferenceGrammar("\(domain)/\(rest)")
        } catch {
            throw error.blaming(text)
        }
        guard parsed.domain == domain else { throw .malformed(text) }
        // That it is a domain the grammar has said.
        if let port = ReferenceGrammar.port(of: domain), PortNumber.parse(port) == nil {
            throw .badPort(text, port: String(port))
        }
        if domain == Self.defaultDomain, Self.digestPaths.contains(parsed.path) { throw .digestAlgorithm(text) }
        self.init(domain: domain, path: parsed.path, tag: parsed.tag, digest: parsed.digest)
    }

    /// Repositories whose short names with a tag read as the beginning of a digest: what has such a name would be found instead of the
    /// image with that ID.
    private static let digestPaths = Set(Digest.Algorithm.allCases.map { "library/\($0.rawValue)" })

    private init(domain: String, path: String, tag: String?, digest: Digest?) {
        self.domain = domain
        self.path = path
        self.tag = tag
        self.digest = digest
    }

    /// Registry and repository without tag and digest.
    package var repository: String { "\(domain)/\(path)" }

    /// The whole name, as the store keeps it.
    package var full: String { repository + suffix }

    /// The short name, as Docker's listings show it.
    package var familiar: String { familiarRepository + suffix }

    /// Registry and repository as Docker's listings show them: without `docker.io`, and without its `library`.
    package var familiarRepository: String {
        guard domain == Self.defaultDomain else { return repository }
        let official = "library/"
        guard path.hasPrefix(official) else { return path }
        let name = path.dropFirst(official.count)
        return name.contains("/") ? path : String(name)
    }

    /// The name that is looked up: with the tag `latest` when there is neither tag nor digest, and without the tag when there
    /// is a digest.
    package var withDefaultTag: Reference {
        if digest != nil { return Reference(domain: domain, path: path, tag: nil, digest: digest) }
        return Reference(domain: domain, path: path, tag: tag ?? Self.defaultTag, digest: nil)
    }

    /// The same repository under another tag, without a digest; a malformed tag is refused.
    package func tagged(_ tag: String) throws(ReferenceError) -> Reference {
        guard ReferenceGrammar.isTag(tag) else { throw .malformed(tag) }
        return Reference(domain: domain, path: path, tag: tag, digest: nil)
    }

    private var suffix: String {
        (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "")
    }

    /// The first part is a registry when it cannot be anything else: it has a dot, a colon or an upper-case letter, or is
    /// `localhost`.
    private static func splitDomain(_ text: String) -> (domain: String, rest: String) {
        var domain = defaultDomain
        var rest = text
        let slash = UInt8(ascii: "/")
        if let end = text.utf8.firstIndex(of: slash) {
            let first = text[..<end]
            let isRegistry = first == "localhost" || first.utf8.contains(where: isOfRegistry)
            if isRegistry {
                domain = first == "index.docker.io" ? defaultDomain : String(first)
                rest = String(text[text.utf8.index(after: end)...])
            }
        }
        let isOfficial = domain == defaultDomain && !rest.utf8.contains(slash)
        return (domain, isOfficial ? "library/\(rest)" : rest)
    }

    /// Whether a name's first part that has the byte can only be a registry.
    private static func isOfRegistry(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ".") || byte == UInt8(ascii: ":") || byte.isASCIIUppercase
    }
}

extension Reference: CustomStringConvertible {
    /// The whole name.
    package var description: String { full }
}

extension Reference: Comparable {
    /// Orders by the whole name, so that listings are the same in every run.
    package static func < (left: Reference, right: Reference) -> Bool { left.full < right.full }
}

extension ReferenceError {
    /// The same error about the text that the user typed.
    fileprivate func blaming(_ text: String) -> ReferenceError {
        switch self {
        case .malformed: .malformed(text)
        case .upperCase: .upperCase(text)
        case .tooLong(_, let limit): .tooLong(text, limit: limit)
        case .badDigest(_, let reason): .badDigest(text, reason)
        case .empty, .imageID, .badPattern, .badPort, .digestAlgorithm: self
        }
    }
}
