import ImageStorage
import LayerAnalysis
import OCISpec

/// The images of a store by their layers, each platform's by itself.
struct StoredStacks {
    /// One image.
    struct Stack {
        /// Its name, or the beginning of its ID.
        var name: String
        /// What `index.json` lists: the manifest, or an index.
        var root: Descriptor
        var manifest: Digest
        /// Manifest and config.
        var documents: [Descriptor]
        var layers: [LayerRecord]
    }

    /// One for each name, and each platform.
    let all: [Stack]

    init(_ store: ImageStore) throws(ImageError) {
        all = try store.allImages().map { entry, record in
            Stack(
                name: entry.familiar ?? record.imageID.short, root: entry.descriptor, manifest: record.manifestDigest,
                documents: [record.descriptor, record.manifest.config], layers: record.layers)
        }
    }

    /// What may be the base of another one.
    var bases: [(name: String, diffIDs: [Digest])] { all.map { ($0.name, $0.layers.map(\.diffID)) } }

    /// How many of the lowest layers any other image has as well.
    func sharedCount(_ layers: [LayerRecord], of manifest: Digest) -> Int {
        all.filter { $0.manifest != manifest }.map { other in
            zip(layers, other.layers).prefix { $0.diffID == $1.diffID }.count
        }.max() ?? 0
    }

    /// What an image has in common with the others as it was and as it will be, blob by blob.
    ///
    /// Other platforms of the same index are not others.
    func sharing(of manifest: Digest, before: [Descriptor], after: [Descriptor]) -> [OptimizedImage.Sharing] {
        let own = Set(all.filter { $0.manifest == manifest }.map(\.root.digest))
        let sharing = all.filter { !own.contains($0.root.digest) }.map { other in
            let blobs = Set(other.layers.map(\.descriptor.digest))
            func part(_ layers: [Descriptor]) -> OptimizedImage.Sharing.Part {
                let common = layers.eachOnce.filter { blobs.contains($0.digest) }
                return .init(layerCount: common.count, compressedBytes: common.reduce(0) { $0 + $1.size })
            }
            return OptimizedImage.Sharing(image: other.name, before: part(before), after: part(after))
        }
        return sharing.filter { $0.before.layerCount + $0.after.layerCount > 0 }.sorted { left, right in
            let (one, other) = (left.after.compressedBytes, right.after.compressedBytes)
            return one != other ? one > other : left.image < right.image
        }
    }
}
