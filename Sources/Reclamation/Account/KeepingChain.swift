import ContentStorage
import ImageStorage
package import OCISpec

/// One way in which a root keeps something: the links from the root down to it.
package struct KeepingChain: Hashable, Sendable {
    /// A link of a chain.
    package enum Link: Hashable, Sendable {
        /// A name of `index.json`.
        case name(String)
        /// An entry of `index.json` without a name.
        case dangling
        /// A container, by its directory's name and what people call it.
        case container(String, name: String?)
        /// A session that is bringing something in.
        case session(String)
        /// A step in the build cache, by its record's ID, and what the step was.
        case cacheRecord(String, text: String)
        /// An index that leads to what follows.
        case index(Digest)
        /// A manifest, and the platform that an index gives it.
        case manifest(Digest, Platform?)
        /// A manifest about another one of its index, such as a provenance.
        case attestation(Digest)
        /// What the link above says it is about.
        case subject(Digest)
        /// What is about the link above, and stays for as long as that does.
        case referrer(Digest)
        /// The config of the manifest before.
        case config(Digest)
        /// A layer's blob, and its place in the manifest, from 0.
        case layer(Digest, place: Int)
        /// A layer unpacked for mounts, by its diff ID.
        case unpackedLayer(Digest)
        /// A blob that none of the others describes.
        case blob(Digest)
    }

    /// The root first, and what is kept last.
    package var links: [Link]
}

/// Searches for what keeps an item: the first chain from each root.
struct ChainSearch {
    private let target: StoreItem
    private let documents: DocumentReader
    private let referrers: Referrers
    /// What was looked through from some root and does not lead there.
    private var barren: Set<Digest> = []

    init(_ target: StoreItem, _ referrers: Referrers, _ documents: DocumentReader) {
        self.target = target
        self.referrers = referrers
        self.documents = documents
    }

    /// The chain below a root descriptor; nil when it does not lead to the target.
    mutating func chain(from root: Descriptor) -> [KeepingChain.Link]? {
        chain(from: root) { .unknown($0) }
    }

    private mutating func chain(from root: Descriptor, _ role: (Digest) -> Role) -> [KeepingChain.Link]? {
        search(root.digest, DocumentFacts.Kind(entry: root), role, root.platform, depth: 0)
    }

    /// What a document is called by whoever leads to it; its own kind decides where that says nothing.
    private enum Role {
        case unknown(Digest), attestation(Digest), subject(Digest), referrer(Digest)

        func link(_ facts: DocumentFacts?, _ platform: Platform?) -> KeepingChain.Link {
            switch (self, facts) {
            case (.attestation(let digest), _): .attestation(digest)
            case (.subject(let digest), _): .subject(digest)
            case (.referrer(let digest), _): .referrer(digest)
            case (.unknown(let digest), .index): .index(digest)
            case (.unknown(let digest), .manifest): .manifest(digest, platform)
            case (.unknown(let digest), _): .blob(digest)
            }
        }
    }

    private mutating func search(
        _ digest: Digest, _ kind: DocumentFacts.Kind, _ role: (Digest) -> Role, _ platform: Platform?, depth: Int
    ) -> [KeepingChain.Link]? {
        guard depth <= ImageStore.maxDepth, !barren.contains(digest) else { return nil }
        var facts: DocumentFacts?
        if case .facts(let found) = documents.facts(digest, as: kind) { facts = found }
        let link = role(digest).link(facts, platform)
        if target == .blob(digest) { return [link] }
        if let rest = below(facts, depth) { return [link] + rest }
        barren.insert(digest)
        for referrer in referrers.bySubject[digest] ?? [] {
            guard let rest = chain(from: referrer, { .referrer($0) }) else { continue }
            barren.remove(digest)
            return [link] + rest
        }
        return nil
    }

    private mutating func below(_ facts: DocumentFacts?, _ depth: Int) -> [KeepingChain.Link]? {
        switch facts {
        case .index(let index):
            for child in index.children {
                guard let kind = child.kind else {
                    if target == .blob(child.digest) { return [.blob(child.digest)] }
                    continue
                }
                let role: (Digest) -> Role = child.isAttestation ? { .attestation($0) } : { .unknown($0) }
                if let rest = search(child.digest, kind, role, child.platform, depth: depth + 1) { return rest }
            }
            return others(index.others, depth) ?? subject(index.subject, depth)
        case .manifest(let manifest):
            if let rest = config(manifest) { return rest }
            if let place = manifest.layers.firstIndex(where: { target == .blob($0) }) {
                return [.layer(manifest.layers[place], place: place)]
            }
            return others(manifest.others, depth) ?? subject(manifest.subject, depth)
        case .other(let other): return others(other.links, depth) ?? subject(other.subject, depth)
        case .config, .opaque, nil: return nil
        }
    }

    private mutating func others(_ links: [DocumentLink], _ depth: Int) -> [KeepingChain.Link]? {
        for link in links {
            if let kind = link.kind {
                let rest = search(link.digest, kind, { .unknown($0) }, nil, depth: depth + 1)
                if let rest { return rest }
            } else if target == .blob(link.digest) {
                return [.blob(link.digest)]
            }
        }
        return nil
    }

    private func config(_ manifest: ManifestFacts) -> [KeepingChain.Link]? {
        if target == .blob(manifest.config) { return [.config(manifest.config)] }
        guard case .layer(let diffID) = target, manifest.isImage,
            case .facts(.config(let config)) = documents.facts(manifest.config, as: .config), config.diffIDs.contains(diffID)
        else { return nil }
        return [.config(manifest.config), .unpackedLayer(diffID)]
    }

    private mutating func subject(_ digest: Digest?, _ depth: Int) -> [KeepingChain.Link]? {
        guard let digest else { return nil }
        return search(digest, .unknown, { .subject($0) }, nil, depth: depth + 1)
    }
}
