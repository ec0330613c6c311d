package import OCISpec

/// What several images share, layer by layer.
package struct LayerSharing: Hashable, Sendable {
    /// One layer that at least two of the images have.
    package struct SharedLayer: Hashable, Sendable {
        /// What makes two layers the same, however each is compressed.
        package var diffID: Digest
        /// Bytes as stored; the smallest form where images hold it in several.
        package var compressedBytes: Int64
        /// The images' names, or IDs where they have none, in the order given.
        package var images: [String]
    }

    /// Layers over all images, one listed twice counted twice.
    package var layerCount: Int
    /// Different diff IDs.
    package var uniqueLayerCount: Int
    /// Bytes as stored over all images.
    package var totalCompressedBytes: Int64
    /// Bytes as stored, each diff ID once.
    package var uniqueCompressedBytes: Int64
    /// Layers in more than one image, most bytes saved first, then by diff ID.
    package var layers: [SharedLayer]

    /// Bytes that sharing saves: the total less what is stored once.
    package var savedBytes: Int64 { totalCompressedBytes - uniqueCompressedBytes }
    /// Different diff IDs that more than one image has.
    package var sharedLayerCount: Int { layers.count }

    /// What makes layers one: their diff ID, where it was borne out by reading them, else the blob too.
    private struct Key: Hashable {
        let diffID: Digest
        let blob: Digest?

        init(_ layer: LayerIdentity) {
            diffID = layer.diffID
            blob = layer.isAbsent ? layer.digest : nil
        }
    }

    /// The sharing among `images`.
    package init(of images: [ImageAnalysis]) {
        var seen: [Key: (bytes: Int64, images: [Int])] = [:]
        layerCount = 0
        totalCompressedBytes = 0
        for (number, image) in images.enumerated() {
            for layer in image.layers {
                layerCount += 1
                totalCompressedBytes += layer.identity.compressedBytes
                let key = Key(layer.identity)
                var entry = seen[key] ?? (layer.identity.compressedBytes, [])
                entry.bytes = min(entry.bytes, layer.identity.compressedBytes)
                if entry.images.last != number { entry.images.append(number) }
                seen[key] = entry
            }
        }
        uniqueLayerCount = seen.count
        uniqueCompressedBytes = seen.values.reduce(0) { $0 + $1.bytes }
        layers = seen.filter { $0.value.images.count > 1 }.map { key, entry in
            SharedLayer(
                diffID: key.diffID, compressedBytes: entry.bytes, images: entry.images.map { images[$0].image.label })
        }.sorted { left, right in
            let (saved, other) = (left.savedBytes, right.savedBytes)
            return saved != other ? saved > other : left.diffID < right.diffID
        }
    }
}

extension LayerSharing.SharedLayer {
    /// Bytes that holding the layer once saves.
    package var savedBytes: Int64 { compressedBytes * Int64(images.count - 1) }
}

extension AnalyzedImage {
    /// The image's name, or the short form of its ID or manifest digest where it has none.
    package var label: String { name ?? imageID?.short ?? manifestDigest?.short ?? "<none>" }
}
