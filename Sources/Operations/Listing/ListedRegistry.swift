import Distribution
import OCISpec

/// The images of a registry, spoken to as politely as can be: names by the catalog unless they are given, tags by heads, documents by
/// their digests.
struct ListedRegistry: ListedSource {
    let directory: RegistryDirectory
    /// What to look at; nil for all that the catalog lists.
    let repositories: [NamedRepository]?

    func names(_ body: (ListedName) throws -> Void, failed: (ListedName, any Error) throws -> Void) throws {
        guard let repositories else {
            try directory.repositories { try names(of: NamedRepository(name: $0), body, failed: failed) }
            return
        }
        for repository in repositories { try names(of: repository, body, failed: failed) }
    }

    private func names(
        of repository: NamedRepository, _ body: (ListedName) throws -> Void, failed: (ListedName, any Error) throws -> Void
    ) throws {
        if repository.listsTags {
            var refusal: (any Error)?
            // What `body` throws is not the registry's failure.
            var own: (any Error)?
            do {
                try directory.tags(of: repository.name) { tag in
                    do {
                        try body(repository.listed(tag))
                    } catch {
                        own = error
                        throw error
                    }
                }
            } catch {
                if let own { throw own }
                refusal = error
            }
            if let refusal { try failed(ListedName(repository: repository.name, others: repository.others), refusal) }
        }
        for name in repository.ownNames { try body(name) }
    }

    func root(of name: ListedName) throws -> ListedRoot {
        if let digest = name.digest { return .digest(digest) }
        guard let repository = name.repository, let tag = name.tag else { return .absent }
        switch try directory.head(tag, of: repository) {
        case .digest(let digest): return .digest(digest)
        case .absent: return .absent
        case .unsaid: return .document(try directory.document(tagged: tag, of: repository, title: name.title))
        }
    }

    func document(_ digest: Digest, of name: ListedName) throws -> ListedDocument {
        try directory.document(digest, of: name.repository ?? "", title: "\(name.repository ?? "")@\(digest)")
    }

    func config(_ descriptor: Descriptor, of name: ListedName) throws -> [UInt8] {
        try directory.config(descriptor, of: name.repository ?? "")
    }

    func referrers(to digest: Digest, of name: ListedName) throws -> [Digest] {
        try directory.referrers(to: digest, of: name.repository ?? "")
    }

    func place(of name: ListedName) -> String? { name.repository.map { "docker://\(directory.host)/\($0)" } }
}
