import ArgumentParser
import Distribution
import ImageStorage
import ImageTransfer
import LayerArchive
import OCISpec

extension Workspace {
    /// An image of a registry of which no layer is fetched: sizes by its manifest, files by the tables that layers carry.
    ///
    /// Real indexes and those of tables do not compare, so an image is told by one kind alone: by the catalog's where it knows as
    /// many layers, else by the tables. A layer without either counts as absent.
    func glance(_ name: String) throws -> ScannedImage {
        let reference = try Reference(normalizing: name).withDefaultTag
        let registries = try (registry ?? RegistryOptions.parse([])).makeRegistries(note: { [globals] in globals.note($0) })
        let reading = RemoteReading(
            reference, from: registries, store, tools: LayerTools(limits: options.limits), report: { _ in })
        let (image, parts) = try reading.look(options.platform)
        let known = image.layers.map { store.catalog.hasLayerIndex($0.diffID) }
        var listings = [LayerIndex?](repeating: nil, count: image.layers.count)
        if known.contains(false) {
            for (number, layer) in image.layers.enumerated() { listings[number] = try listing(layer.descriptor, parts) }
        }
        let listedCount = listings.count { $0 != nil }
        let usesCatalog = known.count { $0 } >= listedCount
        let layers = zip(image.layers, zip(known, listings)).map { layer, facts in
            ScannedLayer(
                diffID: layer.diffID, descriptor: layer.descriptor, isAbsent: usesCatalog ? !facts.0 : facts.1 == nil,
                listing: usesCatalog ? nil : facts.1)
        }
        tell(layers, usesCatalog: usesCatalog)
        return ScannedImage(
            name: reference.familiar, manifestDigest: image.descriptor.digest, imageID: image.manifest.config.digest,
            config: image.config, platform: image.platform, annotations: image.manifest.annotations ?? [:], layers: layers)
    }

    private func tell(_ layers: [ScannedLayer], usesCatalog: Bool) {
        let known = layers.count { !$0.isAbsent }
        if known == 0 { return note("read remotely: no layer says what files it has, so only compressed sizes are known") }
        let source = usesCatalog ? "were read before" : "have a table of contents"
        let rest = known < layers.count ? "; of the others only the compressed size is known" : ""
        note("read remotely: \(known) of \(layers.count) layers \(source)\(rest)")
    }

    /// The files of a layer by its own table; nil for a layer without one, or a server that gives no parts.
    private func listing(_ layer: Descriptor, _ parts: RemoteParts) throws -> LayerIndex? {
        guard let place = try tablePlace(layer, parts), let stored = try parts.bytes(layer.digest, in: place.range) else {
            return nil
        }
        do throws(LayerArchiveError) {
            return try TableOfContents.index(stored, at: place, limits: options.limits)
        } catch {
            throw DistributionError.badLayer(layer.digest, LayerFault(error))
        }
    }

    private func tablePlace(_ layer: Descriptor, _ parts: RemoteParts) throws -> TableOfContents.Place? {
        if let place = TableOfContents.place(annotations: layer.annotations, blobBytes: layer.size) { return place }
        let isGzip = layer.mediaType.hasSuffix("gzip")
        guard isGzip, layer.size > TableOfContents.footerBytes, !MediaType.isForeignLayer(layer.mediaType) else { return nil }
        guard let footer = try parts.bytes(layer.digest, in: layer.size - TableOfContents.footerBytes..<layer.size) else {
            return nil
        }
        return TableOfContents.place(footer: footer, annotations: layer.annotations, blobBytes: layer.size)
    }
}
