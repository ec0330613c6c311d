import ContentStorage
package import ImageStorage
package import OCISpec
import StorageIO

/// Answers why something is in a store: who keeps it, or that nobody does.
package struct StoreReasons {
    /// What is known of one thing.
    package struct Answer: Sendable {
        /// What was asked about.
        package var item: StoreItem
        /// Bytes allocated for it; nil when the store does not have it.
        package var diskBytes: Int64?
        /// When its file changed last; nil when the store does not have it.
        package var changed: Timestamp?
        /// One from each root that keeps it; names in the index's order, then containers, then sessions.
        package var chains: [KeepingChain]
        /// Documents that a root needs and that cannot be read: they might lead to it.
        package var unreadable: [UnreadableDocument]
    }

    private let store: ImageStore
    private let documents: DocumentReader
    private let entries: [NamedImage]
    private let referrers: Referrers
    private let containers: [ContainerRecord]
    private let sessions: [SessionRemains]

    /// Reasons of the store as it is now.
    package init(_ store: ImageStore) throws(ImageError) {
        self.store = store
        documents = DocumentReader(store)
        do throws(ContentError) {
            sessions = try lift(try store.content.sessions.all().filter(\.isLive), to: ContentError.init)
            containers = try store.content.containers.records()
        } catch {
            throw .content(error)
        }
        entries = try store.names()
        referrers = Referrers(entries, containers: containers.map(\.image), documents)
    }

    /// Why the store has `item`.
    package func answer(_ item: StoreItem) throws(ImageError) -> Answer {
        var search = ChainSearch(item, referrers, documents)
        var chains: [KeepingChain] = []
        for entry in entries where !referrers.isReferrerOfPresent(entry) {
            guard let rest = search.chain(from: entry.descriptor) else { continue }
            chains.append(KeepingChain(links: [entry.familiar.map { .name($0) } ?? .dangling] + rest))
        }
        for container in containers {
            guard let rest = search.chain(from: container.image) else { continue }
            chains.append(KeepingChain(links: [.container(container.id.text, name: container.name)] + rest))
        }
        if case .blob(let digest) = item {
            for session in sessions where session.holds.contains(digest) {
                chains.append(KeepingChain(links: [.session(session.name), .blob(digest)]))
            }
        }
        let cache = try lift(try store.content.buildCache.entries(), to: ImageError.content)
        for entry in cache where entry.digests.contains(item.digest) {
            let link: KeepingChain.Link = if case .layer(let diffID) = item { .unpackedLayer(diffID) } else { .blob(item.digest) }
            chains.append(KeepingChain(links: [.cacheRecord(entry.id, text: entry.record.text), link]))
        }
        var marking = Marking(documents)
        if chains.isEmpty { for entry in entries { marking.visit(entry.descriptor) } }
        documents.save()
        let status = try status(item)
        return Answer(
            item: item, diskBytes: try diskBytes(item, status),
            changed: status.map { Timestamp(seconds: $0.modifiedSeconds, nanoseconds: Int($0.modifiedNanoseconds)) },
            chains: chains, unreadable: marking.unreadable)
    }

    /// The blobs of the store that are known to be the layer of that diff ID.
    package func blobs(ofDiffID diffID: Digest) throws(ImageError) -> [Digest] {
        var found: [Digest] = []
        for blob in store.catalog.blobs(ofDiffID: diffID) where try status(.blob(blob.digest)) != nil {
            found.append(blob.digest)
        }
        return found
    }

    /// Whether the store has something of that digest.
    package func has(_ item: StoreItem) throws(ImageError) -> Bool { try status(item) != nil }

    private func status(_ item: StoreItem) throws(ImageError) -> FileStatus? {
        do {
            switch item {
            case .blob(let digest): return try store.content.blobs.status(of: digest)
            case .layer(let diffID): return try store.content.root.status(UnpackedLayers.path(of: diffID))
            }
        } catch {
            throw .content(ContentError(error))
        }
    }

    private func diskBytes(_ item: StoreItem, _ status: FileStatus?) throws(ImageError) -> Int64? {
        guard status != nil, case .layer(let diffID) = item else { return status?.allocatedBytes }
        do {
            return try StoreWalk.allocatedBytes(of: try store.content.root.directory(UnpackedLayers.path(of: diffID)))
        } catch {
            throw .content(ContentError(error))
        }
    }
}
