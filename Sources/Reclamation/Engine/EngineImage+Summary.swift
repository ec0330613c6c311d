package import EngineStores
package import ImageStorage
package import OCISpec

extension EngineImage {
    /// What tells it from all images of its root in a decision: the ID, and the namespace where there are some.
    package var mark: Digest { namespace.map { Digest(hashing: Array("\($0)/\(id)".utf8)) } ?? id }

    /// The image as filters and policies see it: its tags are its names, and one without a tag has none.
    ///
    /// Engines make up a name with a digest for each image that they pull; it comes and goes with a tag of the same repository, and an image that has
    /// only such is what their own prune calls dangling. Patterns of names see it all the same.
    package var summary: ImageSummary {
        let descriptor = Descriptor(mediaType: MediaType.manifest, digest: mark, size: 0).pinned(isPinned)
        let tags = tags.map { NamedImage(name: Self.name($0), descriptor: descriptor) }
        var summary = ImageSummary(
            imageID: id, entries: tags.isEmpty ? [NamedImage(name: nil, descriptor: descriptor)] : tags,
            variants: [
                ImageSummary.Variant(
                    manifest: id, config: id, platform: .host, created: created?.description, labels: labels, diffIDs: [])
            ], used: lastUse.map { Timestamp(seconds: $0.seconds) })
        summary.parts = blobs
        summary.isPartlyUnknown = !isDescribed
        summary.aliases = names.filter { Self.isByDigest($0) }.map(Self.name)
        return summary
    }

    /// The names that are no more than a digest's.
    package var tags: [String] { names.filter { !Self.isByDigest($0) } }

    /// Whether a name is made of a digest: `repository@sha256:…`, containerd's `sha256:…`, Docker's `moby-dangling@sha256:…`.
    package static func isByDigest(_ name: String) -> Bool {
        if Digest(ifValid: name) != nil { return true }
        guard let at = name.utf8.lastIndex(of: UInt8(ascii: "@")) else { return false }
        return Digest(ifValid: String(decoding: name.utf8[name.utf8.index(after: at)...], as: UTF8.self)) != nil
    }

    private static func name(_ text: String) -> EntryName { Reference(ifValid: text).map(EntryName.reference) ?? .bare(text) }
}
