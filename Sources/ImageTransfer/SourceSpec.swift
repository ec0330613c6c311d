/// Where an image is to come from, as the command line spells it.
package enum SourceSpec: Hashable, Sendable {
    /// Standard input; what it holds is sniffed.
    case standardInput(reference: String?)
    /// A file or folder; what it is, is sniffed.
    case path(String)
    /// A file or folder of a known kind, and the image wanted from it.
    case transport(SourceKind, path: String, reference: String?)
    /// A name, or the beginning of an ID, in the store.
    case name(String)
    /// A name in a registry.
    case registry(String)
    /// A transport that is known but has no reader.
    case unsupported(transport: String)

    /// Reads what a user typed.
    ///
    /// Bare text is a path where it looks like one; else the store is asked first.
    package init(parsing text: String) {
        if text == "-" {
            self = .standardInput(reference: nil)
        } else if let colon = text.firstIndex(of: ":"), let kind = SourceKind(rawValue: String(text[..<colon])) {
            let rest = String(text[text.index(after: colon)...])
            self = Self.transport(kind, rest)
        } else if text.hasPrefix(Self.registryPrefix) {
            self = .registry(String(text.dropFirst(Self.registryPrefix.count)))
        } else if let transport = Self.otherTransports.first(where: { text.hasPrefix($0 + ":") }) {
            self = .unsupported(transport: transport)
        } else if text.hasPrefix("/") || text.hasPrefix("./") || text.hasPrefix("../") || text == "." || text == ".." {
            self = .path(text)
        } else {
            self = .name(text)
        }
    }

    private static let registryPrefix = "docker://"
    private static let otherTransports = ["docker", "docker-daemon", "containers-storage", "dir"]

    private static func transport(_ kind: SourceKind, _ rest: String) -> SourceSpec {
        guard kind.takesReference, let colon = rest.firstIndex(of: ":") else {
            return rest == "-" ? .standardInput(reference: nil) : .transport(kind, path: rest, reference: nil)
        }
        let path = String(rest[..<colon])
        let reference = String(rest[rest.index(after: colon)...])
        return path == "-"
            ? .standardInput(reference: reference) : .transport(kind, path: path, reference: reference)
    }
}

/// The kinds of source on disk, in skopeo's words.
package enum SourceKind: String, Hashable, Sendable, CaseIterable {
    case dockerArchive = "docker-archive"
    case ociArchive = "oci-archive"
    case ociLayout = "oci"
    case tarball = "tarball"

    /// Whether `:REF` may follow the path.
    var takesReference: Bool { self != .tarball }
}
