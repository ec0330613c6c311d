package import EngineStores
package import ImageStorage
package import OCISpec

extension EngineImage {
    /// What tells it from all images of its root in a decision: the ID, and the namespace where there are some.
    package var mark: Digest { namespace.map { Digest(hashing: Array("\($0)/\(id)".utf8)) } ?? id }

    /// The image as filters and policies see it.
    ///
    /// Engines make up a name with a digest for what they pull. Beside a tag of the same repository it comes and goes with that; one of another
    /// repository is a name like others. An image that has only such has no name for Docker, whose own prune calls it dangling; for other
    /// engines they are its names. Patterns see all of them.
    package func summary(of kind: EngineKind) -> ImageSummary {
        if kind == .registry { return registrySummary }
        let descriptor = Descriptor(mediaType: MediaType.manifest, digest: mark, size: 0).pinned(isPinned)
        let repositories = Set(tags.map(EngineName.repository))
        let byDigest = names.filter { EngineName.isByDigest($0) }
        let isDangling = tags.isEmpty && kind == .docker
        let others = isDangling ? [] : byDigest.filter { Self.isNamed($0) && !repositories.contains(EngineName.repository($0)) }
        let entries = (tags + others).map { NamedImage(name: Self.name($0), descriptor: descriptor) }
        var summary = ImageSummary(
            imageID: id, entries: entries.isEmpty ? [NamedImage(name: nil, descriptor: descriptor)] : entries,
            variants: [
                ImageSummary.Variant(
                    manifest: id, config: id, platform: .host, created: created?.description, labels: labels, diffIDs: [])
            ], used: lastUse.map { Timestamp(seconds: $0.seconds) })
        summary.parts = blobs
        if kind == .containerd { summary.namespace = namespace }
        summary.isPartlyUnknown = !isDescribed
        summary.aliases = byDigest.map(Self.name)
        return summary
    }

    /// Whether a name with a digest names a repository, and is not one that an engine uses in place of none.
    private static func isNamed(_ name: String) -> Bool {
        Digest(ifValid: name) == nil && !name.utf8.starts(with: "moby-dangling@".utf8)
    }

    /// The names that are no more than a digest's.
    package var tags: [String] { names.filter { !EngineName.isByDigest($0) } }

    private static func name(_ text: String) -> EntryName { Reference(ifValid: text).map(EntryName.reference) ?? .bare(text) }
}
