package import OCISpec
package import StorageIO

extension EngineInventory {
    /// Which images were built on which, as far as the engine minds: by an image's place, the places of those that it removes before it.
    ///
    /// Docker refuses to remove what an image was built on by its classic builder. podman takes the names of an image on which another one's
    /// layers stand, and leaves the rest, which is next to nothing.
    package var imagesBuiltOn: [Int: [Int]] {
        var children: [Int: [Int]] = [:]
        switch engine {
        case .docker:
            let places = Dictionary(images.enumerated().map { ($1.id, $0) }) { first, _ in first }
            for (place, image) in images.enumerated() {
                if let parent = image.parent.flatMap({ places[$0] }) { children[parent, default: []].append(place) }
            }
        case .podman:
            let tops = Dictionary(grouping: images.indices) { images[$0].layers.last }
            for (place, image) in images.enumerated() {
                for layer in image.layers.dropLast() {
                    for parent in tops[layer] ?? [] { children[parent, default: []].append(place) }
                }
            }
        case .registry:
            let places = Dictionary(images.enumerated().map { ($1.key, $0) }) { first, _ in first }
            for (place, image) in images.enumerated() where !image.holders.isEmpty {
                children[place] = image.holders.compactMap { places[$0] }
            }
        case .containerd, .buildkit: break
        }
        return children
    }
}

extension EngineStore {
    /// What images of a Docker's root were built on, as its classic builder notes it.
    package static func classicParents(at root: Directory) throws(EngineStoreError) -> [Digest: Digest] {
        try DockerLook.parents(in: StoreFolder(root: root))
    }
}
