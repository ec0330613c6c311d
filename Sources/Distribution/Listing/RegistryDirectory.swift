package import OCISpec
import Synchronization

/// A registry that is listed: its repositories, their tags, and the documents that they stand for.
///
/// Nothing of it counts as a pull: tags are looked at by the head of an answer, documents are fetched by their digests. Mirrors are not
/// asked. Its methods block, so they must not be called on Swift's cooperative pool; any number of threads may.
package final class RegistryDirectory: Sendable {
    /// As images name it.
    package let host: String
    private let registries: Registries
    /// Those in use, since credentials may be for one repository alone; the last ones asked for.
    private let clients = Mutex<[String: RegistryClient]>([:])
    private static let mostClients = 256
    /// Repositories that have no list of referrers.
    private let without = Mutex<Set<String>>([])

    /// The registry of that name; `docker.io` is the hub.
    package init(_ registries: Registries, host: String) {
        self.registries = registries
        self.host = host
    }

    /// Calls `body` with each repository of the catalog, each once.
    ///
    /// A registry that has no catalog, or shows it to nobody or not to this user, is a `DistributionError.noCatalog`.
    package func repositories(_ body: (String) throws -> Void) throws {
        let client = try registries.client(registry: host, repository: "")
        let pages = ListedPages(client: client, path: "/v2/_catalog", scope: "registry:catalog:*")
        let refusal: RegistryAnswer?
        do throws(any Error) {
            refusal = try pages.each(CatalogPage.self, body)
        } catch DistributionError.loginNeeded(_, let faults, _) {
            throw DistributionError.noCatalog(registry: host, status: 401, faults)
        } catch DistributionError.wrongCredentials(_, let faults, let report) where report.source == nil {
            throw DistributionError.noCatalog(registry: host, status: 401, faults)
        }
        guard let refusal else { return }
        guard [401, 403, 404, 405, 501].contains(refusal.status) else { throw refusal.refusal() }
        throw DistributionError.noCatalog(registry: host, status: refusal.status, refusal.faults())
    }

    /// Calls `body` with each tag of a repository, each once; of one that is not there, or has none left, with none.
    package func tags(of repository: String, _ body: (String) throws -> Void) throws {
        let source = try self.repository(repository)
        let pages = ListedPages(
            client: source.client, path: "\(source.root)/\(repository)/tags/list", scope: source.pullScope)
        guard let refusal = try pages.each(TagPage.self, body) else { return }
        // The catalog lists repositories that were emptied.
        guard refusal.status == 404 else { throw refusal.refusal() }
    }

    /// What a tag stands for, by the head of the answer alone.
    package func head(_ tag: String, of repository: String) throws(DistributionError) -> TagHead {
        try self.repository(repository).tagHead(tag)
    }

    /// A document by its digest, compared with it; `title` is what messages call it.
    package func document(
        _ digest: Digest, of repository: String, title: String
    ) throws(DistributionError) -> ListedDocument {
        let wanted = Descriptor(mediaType: "", digest: digest, size: 0)
        let found = try self.repository(repository).document(digest.description, expecting: wanted, title: title)
        return ListedDocument(descriptor: found.descriptor, bytes: found.bytes)
    }

    /// What a tag stands for, asked for by the tag itself: a pull, for registries that name no digest in their heads.
    package func document(tagged tag: String, of repository: String, title: String) throws(DistributionError) -> ListedDocument {
        let found = try self.repository(repository).document(tag, expecting: nil, title: title)
        return ListedDocument(descriptor: found.descriptor, bytes: found.bytes)
    }

    /// The bytes of a config, compared with its digest.
    package func config(_ descriptor: Descriptor, of repository: String) throws(DistributionError) -> [UInt8] {
        try self.repository(repository).blob(descriptor)
    }

    /// What refers to a manifest by the registry's own list; none where it has no such list.
    ///
    /// A repository whose list is refused is asked once; its refusal is thrown.
    /// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers
    package func referrers(to digest: Digest, of repository: String) throws -> [Digest] {
        let lacksThem = without.withLock { $0.contains(repository) }
        if lacksThem { return [] }
        let source = try self.repository(repository)
        let pages = ListedPages(
            client: source.client, path: "\(source.root)/\(repository)/referrers/\(digest)", scope: source.pullScope,
            pageCount: nil, mediaType: MediaType.index)
        var found: [Digest] = []
        let refusal = try pages.each(ReferrerPage.self) { name in
            if let referrer = Digest(ifValid: name) { found.append(referrer) }
        }
        guard let refusal else { return found }
        if refusal.status < 500 { without.withLock { _ = $0.insert(repository) } }
        // Older registries know no such list, and say so in plain text.
        guard [400, 404, 405, 406, 501].contains(refusal.status) else { throw refusal.refusal() }
        return []
    }

    private func repository(_ name: String) throws(DistributionError) -> RemoteRepository {
        let reference: Reference
        do { reference = try Reference(normalizing: "\(host)/\(name)") } catch {
            throw .badAddress("\(host)/\(name)", detail: "it is not the name of a repository")
        }
        guard reference.tag == nil, reference.digest == nil, reference.path.hasSuffix(name) else {
            throw .badAddress("\(host)/\(name)", detail: "it is not the name of a repository")
        }
        let known = clients.withLock { $0[name] }
        let documents = registries.settings.documents
        if let known { return RemoteRepository(client: known, path: reference.path, documents: documents) }
        let client = try registries.client(registry: reference.domain, repository: reference.path)
        clients.withLock { clients in
            if clients.count >= Self.mostClients { clients.removeAll() }
            clients[name] = client
        }
        return RemoteRepository(client: client, path: reference.path, documents: documents)
    }
}

/// What the head of an answer says of a tag.
package enum TagHead: Hashable, Sendable {
    /// The tag stands for the document with this digest.
    case digest(Digest)
    /// There is no such tag any more.
    case absent
    /// The registry does not name a digest there.
    case unsaid
}

/// A manifest or an index as a registry gave it: the bytes are the truth.
package struct ListedDocument: Hashable, Sendable {
    /// Its type by its own word, its digest and its length.
    package let descriptor: Descriptor
    /// Unchanged.
    package let bytes: [UInt8]

    /// A document from its parts.
    package init(descriptor: Descriptor, bytes: [UInt8]) {
        self.descriptor = descriptor
        self.bytes = bytes
    }
}
