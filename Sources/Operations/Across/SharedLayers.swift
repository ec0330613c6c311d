import ContentStorage
import ImageBuild
import ImageStorage
import ImageTransfer
import LayerAnalysis
import LayerArchive
import OCISpec

/// The layers of several images, each once, and those that are written of them.
struct SharedLayers {
    /// Different blobs, in the order in which they are met.
    private(set) var layers: [ScannedLayer] = []
    private(set) var indexes: [LayerIndex] = []
    /// For each image its layers by their places, lowest first.
    private(set) var stacks: [[Int]] = []
    /// Bytes of tars.
    private(set) var tarBytes: [Int64] = []
    /// Equal for layers with one diff ID.
    private var contents: [Int] = []

    init(_ images: [ScannedImage], _ workspace: Workspace) throws {
        var places: [Digest: Int] = [:]
        var known: [Digest: Int] = [:]
        for image in images {
            let identities = try workspace.identities(image)
            var stack: [Int] = []
            for (layer, identity) in zip(image.layers, identities) {
                if let place = places[layer.descriptor.digest] {
                    stack.append(place)
                    continue
                }
                let place = layers.count
                places[layer.descriptor.digest] = place
                layers.append(layer)
                indexes.append(try workspace.layerIndex(layer).withoutTable(layer.descriptor))
                tarBytes.append(identity.tarBytes ?? 0)
                contents.append(known[layer.diffID] ?? place)
                known[layer.diffID] = contents[place]
                stack.append(place)
            }
            stacks.append(stack)
        }
    }

    var digests: [Digest] { layers.map(\.descriptor.digest) }

    /// Writes a layer, packed as most of it was where nothing else is asked.
    func make(_ entries: [RewrittenEntry], _ work: LayerWork) throws -> LayerWork.Made {
        try work.write(entries, indexes, digests, like: usual(entries).mediaType)
    }

    /// How most bytes of these entries are compressed in the layers that they come from.
    private func usual(_ entries: [RewrittenEntry]) -> LayerCompression {
        var bytes: [LayerCompression: Int64] = [:]
        for entry in entries {
            guard case .stored(let source) = entry.content else { continue }
            let compression = LayerCompression(mediaType: layers[source.layer].descriptor.mediaType)
            bytes[compression, default: 0] += 512 + indexes[source.layer].sizes[source.entry]
        }
        let order: [LayerCompression] = [.gzip, .zstd, .none]
        return order.max { bytes[$0, default: 0] < bytes[$1, default: 0] } ?? .gzip
    }

    // Figures

    /// What images have whose layers are these, those that were written numbered behind the old ones.
    func figures(_ stacks: [[Int]], _ made: [LayerWork.Made]) -> AcrossImages.Figures {
        func size(_ layer: Int) -> Int64 {
            layer < layers.count ? layers[layer].descriptor.size : made[layer - layers.count].descriptor.size
        }
        func tar(_ layer: Int) -> Int64 { layer < layers.count ? tarBytes[layer] : made[layer - layers.count].tarBytes ?? 0 }
        func content(_ layer: Int) -> Int { layer < layers.count ? contents[layer] : layer }
        let stored = AcrossBytes(stacks, contents: content, bytes: size, unpacked: tar)
        let plain = AcrossBytes(stacks, contents: content, bytes: tar, unpacked: tar)
        return AcrossImages.Figures(
            registryBytes: stored.registry, registryTarBytes: plain.registry, hostBytes: stored.host,
            layerCount: Set(stacks.joined()).count)
    }
}
