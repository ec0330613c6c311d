package import ContentStorage
package import ImageStorage
package import OCISpec
import StorageIO

/// Which containers use an image: the one rule of `rmi`, prunes, `apply` and `df`.
///
/// A container uses every image that holds what it was made from: the image that `index.json` lists under that digest, and
/// every index of which it is a part. By which name or ID it was asked for makes no difference.
package struct ImageUse {
    private let containers: [Digest: [ContainerRecord]]

    /// The use that these containers make of images.
    package init(_ containers: [ContainerRecord]) {
        self.containers = Dictionary(grouping: containers) { $0.image.digest }
    }

    /// The containers that use the image, by their IDs.
    package func users(of image: ImageSummary) -> [ContainerRecord] {
        guard !containers.isEmpty else { return [] }
        return image.parts.union([image.digest]).flatMap { containers[$0] ?? [] }.sorted { $0.id < $1.id }
    }

    /// The containers of each image that has some, by the digest that `index.json` lists.
    package func users(of images: [ImageSummary]) -> [Digest: [ContainerRecord]] {
        guard !containers.isEmpty else { return [:] }
        return Dictionary(images.map { ($0.digest, users(of: $0)) }) { first, _ in first }.filter { !$0.value.isEmpty }
    }
}
