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
    /// An image in the store of an engine.
    case engine(EngineReference)
    /// A transport that is known but has no reader.
    case unsupported(transport: String)

    /// Reads what a user typed.
    ///
    /// Bare text is a path where it looks like one; else the store is asked first.
    package init(parsing text: String) {
        if text == "-" {
            self = .standardInput(reference: nil)
        } else if let (name, rest) = Self.halves(text), let kind = SourceKind(rawValue: name) {
            self = Self.transport(kind, rest)
        } else if text.utf8.starts(with: Self.registryPrefix.utf8) {
            self = .registry(String(decoding: text.utf8.dropFirst(Self.registryPrefix.utf8.count), as: UTF8.self))
        } else if let reference = EngineReference(parsing: text) {
            self = .engine(reference)
        } else if let transport = Self.otherTransports.first(where: { text.utf8.starts(with: "\($0):".utf8) }) {
            self = .unsupported(transport: transport)
        } else if text.utf8.first == UInt8(ascii: "/") || text.utf8.starts(with: "./".utf8) || text.utf8.starts(with: "../".utf8)
            || text == "." || text == ".."
        {
            self = .path(text)
        } else {
            self = .name(text)
        }
    }

    private static let registryPrefix = "docker://"
    private static let otherTransports = ["docker", "dir"]

    /// What stands before the first colon and behind it, by bytes; nil without one.
    private static func halves(_ text: String) -> (String, String)? {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        return (
            String(decoding: text.utf8[..<colon], as: UTF8.self), String(decoding: text.utf8[colon...].dropFirst(), as: UTF8.self)
        )
    }

    private static func transport(_ kind: SourceKind, _ rest: String) -> SourceSpec {
        guard kind.takesReference, let (path, reference) = halves(rest) else {
            return rest == "-" ? .standardInput(reference: nil) : .transport(kind, path: rest, reference: nil)
        }
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
