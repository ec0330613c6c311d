import EngineStores
import ImageStorage
import OCISpec

extension EngineImage {
    /// An image of a registry as filters and policies see it: its tags are its names, and what no tag reaches has none.
    ///
    /// What is no image, such as a chart, has no platform; signatures and inventories without a tag of people's go with what they are about,
    /// and are no images here.
    var registrySummary: ImageSummary {
        let descriptor = Descriptor(mediaType: MediaType.manifest, digest: mark, size: 0)
        let entries = names.map { NamedImage(name: Self.registryName($0), descriptor: descriptor) }
        var summary = ImageSummary(
            imageID: id, entries: entries.isEmpty ? [NamedImage(name: nil, descriptor: descriptor)] : entries,
            variants: variants.map { variant in
                ImageSummary.Variant(
                    manifest: variant.manifest, config: variant.config, platform: .host, created: variant.created?.description,
                    labels: variant.labels, diffIDs: [])
            })
        summary.isPartlyUnknown = !isDescribed
        summary.home = namespace
        // A digest in use, such as that of one platform which a cluster runs, is protected by its text.
        if let namespace {
            summary.aliases = Set([id] + manifests.map(\.digest)).sorted().map { Self.registryName("\(namespace)@\($0)") }
        }
        return summary
    }

    /// A name within the registry; one that docker would write otherwise, such as `library/app`, is itself and nothing else.
    private static func registryName(_ text: String) -> EntryName {
        guard let reference = Reference(ifValid: text), reference.familiar == text else { return .bare(text) }
        return .reference(reference)
    }
}
