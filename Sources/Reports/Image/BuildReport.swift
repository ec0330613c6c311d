package import OCISpec

/// What a build has made.
package struct BuildReport: Sendable {
    /// One layer of the image.
    package struct Layer: Sendable {
        /// Of the blob.
        package var digest: Digest
        /// Bytes of the blob, as a push would send them.
        package var compressedBytes: Int64

        /// A layer from its parts.
        package init(digest: Digest, compressedBytes: Int64) {
            self.digest = digest
            self.compressedBytes = compressedBytes
        }
    }

    private let names: [String]
    private let imageID: Digest
    private let digest: Digest
    private let layers: [Layer]
    private let waste: Waste?

    /// What of an image is wasted, and by which instruction most of it.
    package struct Waste: Sendable {
        /// Bytes that layers store and no path shows.
        package var wastedBytes: Int64
        /// Bytes of files that show, each inode once.
        package var visibleBytes: Int64
        /// The instruction whose layer stores most that later ones hide, with those bytes; nil where nothing is wasted.
        package var worst: (createdBy: String, bytes: Int64)?

        /// The waste of an image from its parts.
        package init(wastedBytes: Int64, visibleBytes: Int64, worst: (createdBy: String, bytes: Int64)?) {
            self.wastedBytes = wastedBytes
            self.visibleBytes = visibleBytes
            self.worst = worst
        }
    }

    /// A report on an image; `names` in docker's short form.
    package init(names: [String], imageID: Digest, digest: Digest, layers: [Layer], waste: Waste? = nil) {
        self.names = names
        self.imageID = imageID
        self.digest = digest
        self.layers = layers
        self.waste = waste
    }

    /// The image's ID alone.
    package var shortText: String { "\(imageID)\n" }

    /// What docker's builder says at the end, then the size and the waste.
    package var text: String {
        var text = "Successfully built \(imageID.hex.prefix(12))\n"
        for name in names { text += "Successfully tagged \(name)\n" }
        let bytes = layers.reduce(0) { $0 + $1.compressedBytes }
        text += "\(layers.count) \(layers.count == 1 ? "layer" : "layers"), \(ByteText.text(bytes)) stored"
        if let waste {
            text += ", \(ByteText.text(waste.visibleBytes)) visible, \(ByteText.text(waste.wastedBytes)) wasted"
            if let worst = waste.worst, worst.bytes > 0 {
                text +=
                    "\nmost of that, \(ByteText.text(worst.bytes)), is stored in vain by: \(PathText.printable(worst.createdBy))"
            }
        }
        return text + "\n"
    }

    /// The report as a document of kind `build`.
    package func json() -> JSONValue {
        .object([
            "kind": .string("build"), "schemaVersion": .integer(1), "names": .array(names.map { .string($0) }),
            "imageID": .string(imageID.description), "digest": .string(digest.description),
            "layers": .array(
                layers.map {
                    .object(["digest": .string($0.digest.description), "compressedBytes": .integer($0.compressedBytes)])
                }),
            "wastedBytes": waste.map { .integer($0.wastedBytes) } ?? .null,
            "visibleBytes": waste.map { .integer($0.visibleBytes) } ?? .null,
        ])
    }
}
