import Distribution
import OCISpec

/// Something that a source calls an image.
struct ListedName: Hashable, Sendable {
    /// The repository, as its source has it; nil for what has no name.
    var repository: String?
    /// Nil for what no tag stands for.
    var tag: String?
    /// The manifest or index, where the source told it together with the name.
    var digest: Digest?
    /// Fields that somebody else knows of it, as they stand, each with a comma before it.
    var others: [UInt8] = []

    /// How messages call it.
    var title: String {
        let name = repository ?? "<none>"
        if let tag { return "\(name):\(tag)" }
        return digest.map { "\(name)@\($0)" } ?? name
    }
}

/// What a name stands for.
enum ListedRoot: Sendable {
    case digest(Digest)
    /// Nothing any more: it went while the list was read.
    case absent
    /// The document itself, where there was no other way to learn its digest.
    case document(ListedDocument)
}

/// A source whose images are listed: names first, then their documents by digest.
protocol ListedSource: Sendable {
    /// Calls `body` with every name; what keeps some of them from being told, and not others, goes to `failed`.
    func names(
        _ body: (ListedName) throws -> Void, failed: (ListedName, any Error) throws -> Void
    ) throws
    /// What a name stands for.
    func root(of name: ListedName) throws -> ListedRoot
    /// A manifest or index, compared with its digest.
    func document(_ digest: Digest, of name: ListedName) throws -> ListedDocument
    /// The bytes of a config, compared with its digest.
    func config(_ descriptor: Descriptor, of name: ListedName) throws -> [UInt8]
    /// What refers to a manifest and has no name, such as signatures; none where the source does not know.
    func referrers(to digest: Digest, of name: ListedName) throws -> [Digest]
    /// Where a worker finds the layers of a name's images; nil where it cannot read them.
    func place(of name: ListedName) -> String?
}

extension ListedSource {
    func root(of name: ListedName) throws -> ListedRoot { name.digest.map { .digest($0) } ?? .absent }

    func referrers(to digest: Digest, of name: ListedName) throws -> [Digest] { [] }
}
