package import OCISpec

/// The entries of `index.json` that a text means, for what works on entries rather than on one image: `rmi`, `pin`.
package struct ImageTarget: Sendable {
    /// The entries, in the index's order.
    package let entries: [NamedImage]
    /// The digest that was asked for, or that the name leads to.
    package let identity: Digest
    /// Whether a name was given, which is one entry, and not an ID or a digest, which is all entries of the image.
    package let isByName: Bool
}

extension ImageStore {
    /// The entries that `text` means among `names`: the entry of that name; for `name@digest` those of the repository that
    /// have the digest; for a digest or the beginning of an ID every entry that leads to the image.
    ///
    /// The order in which a text is taken for one or the other is that of `resolve(_:)`.
    package func target(_ text: String, in names: [NamedImage]) throws(ImageError) -> ImageTarget {
        let parsed = Self.parse(text)
        switch parsed {
        case .success(.digest(let digest)):
            guard let target = try target(digest.hex, digest.algorithm, text: text, in: names) else { throw .noSuchImage(text) }
            return target
        case .success(.reference(let reference)):
            if let target = try target(reference, in: names) { return target }
        case .failure: break
        }
        if let entry = names.last(where: { $0.name == .bare(text) }) {
            return ImageTarget(entries: [entry], identity: entry.descriptor.digest, isByName: true)
        }
        if let prefix = Self.digestPrefix(text), let target = try target(prefix, .sha256, text: text, in: names) {
            return target
        }
        if case .failure(let error) = parsed { throw .badName(error) }
        throw .noSuchImage(text)
    }

    private func target(_ reference: Reference, in names: [NamedImage]) throws(ImageError) -> ImageTarget? {
        if let entry = names.last(where: { $0.name == .reference(reference.withDefaultTag) }) {
            return ImageTarget(entries: [entry], identity: entry.descriptor.digest, isByName: true)
        }
        guard let digest = reference.digest, let found = try match(reference, in: names) else { return nil }
        let entries = names.filter { entry in
            guard case .reference(let other) = entry.name, other.repository == reference.repository else { return false }
            return entry.descriptor.digest == digest || entry.descriptor.digest == found.digest
        }
        return ImageTarget(entries: entries, identity: digest, isByName: false)
    }

    private func target(
        _ prefix: String, _ algorithm: Digest.Algorithm, text: String, in names: [NamedImage]
    ) throws(ImageError) -> ImageTarget? {
        guard let found = try CandidateSearch(self, names).find(prefix, algorithm: algorithm, text: text) else { return nil }
        return ImageTarget(
            entries: names.filter { found.roots.contains($0.descriptor.digest) }, identity: found.digest, isByName: false)
    }
}
