/// Entries that go together and the images that have them, in numbers: what is to be spread over layers.
package struct SharingProblem: Sendable {
    /// All entries that the same images have.
    package struct Group: Hashable, Sendable {
        /// Who has them.
        package var images: ImageSet
        /// Bytes in a tar.
        package var bytes: Int64

        /// A group from its parts.
        package init(images: ImageSet, bytes: Int64) {
            self.images = images
            self.bytes = bytes
        }
    }

    /// No two of the same images.
    package var groups: [Group]
    /// How many layers each image may have, at least one.
    package var room: [Int]
    /// Images that need a layer of their own, whatever is in it.
    package var needsOwn = ImageSet()
    /// Bytes that a layer costs besides what is in it.
    package var layerBytes: Int64

    /// A problem from its parts.
    package init(groups: [Group], room: [Int], needsOwn: ImageSet = ImageSet(), layerBytes: Int64) {
        self.groups = groups
        self.room = room
        self.needsOwn = needsOwn
        self.layerBytes = layerBytes
    }

    /// How many images there are.
    package var imageCount: Int { room.count }

    /// Bytes of all groups, each once: no layers can have less.
    package var lowerBound: Int64 { groups.reduce(0) { $0 + $1.bytes } }
}

/// Layers, each the same in several images, and which of them hold what.
///
/// An image's layers are those of its sets, in this order: larger sets are lower, so that images share as long a beginning as they can.
package struct LayerFamily: Hashable, Sendable {
    /// The images of each layer, lowest layers first.
    package private(set) var layers: [ImageSet]
    /// For each group the layers that hold it: together they are its images.
    package private(set) var holders: [[Int]]

    /// Layers of these images, of which each group has some; those that hold nothing go, but for those that are needed.
    package init(_ members: [ImageSet], holders: [[Int]], of problem: SharingProblem) {
        var bytes = Array(repeating: Int64(0), count: members.count)
        var isUsed = members.map { $0.count == 1 && $0.isSubset(of: problem.needsOwn) }
        for (group, layers) in holders.enumerated() {
            for layer in layers {
                bytes[layer] += problem.groups[group].bytes
                isUsed[layer] = true
            }
        }
        let order = members.indices.filter { isUsed[$0] }.sorted { left, right in
            let (one, other) = (members[left], members[right])
            if one.count != other.count { return one.count > other.count }
            return bytes[left] != bytes[right] ? bytes[left] > bytes[right] : one.precedes(other)
        }
        var places = Array(repeating: -1, count: members.count)
        for (place, layer) in order.enumerated() { places[layer] = place }
        layers = order.map { members[$0] }
        self.holders = holders.map { $0.map { places[$0] }.sorted() }
    }

    /// The layers of an image, lowest first.
    package func stack(of image: Int) -> [Int] { layers.indices.filter { layers[$0].contains(image) } }

    /// Bytes of all layers, each stored once.
    package func bytes(of problem: SharingProblem) -> Int64 {
        zip(holders, problem.groups).reduce(problem.layerBytes * Int64(layers.count)) { $0 + Int64($1.0.count) * $1.1.bytes }
    }
}
