package import OCISpec

/// `load`: docker's line for each image that came in.
package struct LoadReport: Sendable {
    /// One image.
    package struct Image: Hashable, Sendable {
        /// Its names in docker's short form.
        package var names: [String]
        /// The config's digest, where one image is meant.
        package var imageID: Digest?
        /// The digest of its manifest or index.
        package var digest: Digest

        /// An image from its parts.
        package init(names: [String], imageID: Digest?, digest: Digest) {
            self.names = names
            self.imageID = imageID
            self.digest = digest
        }
    }

    private let images: [Image]

    /// A report of `images`, in the order of their source.
    package init(_ images: [Image]) {
        self.images = images
    }

    /// A line for each name; for an image without one a line with its ID.
    package var text: String {
        images.map { image in
            if image.names.isEmpty { return "Loaded image ID: \(image.imageID ?? image.digest)\n" }
            return image.names.map { "Loaded image: \($0)\n" }.joined()
        }.joined()
    }

    /// The same as a document.
    package func json() -> JSONValue {
        .object([
            "kind": .string("image-load"), "schemaVersion": .integer(1),
            "images": .array(
                images.map { image in
                    .object([
                        "names": .array(image.names.map(JSONValue.string)),
                        "imageID": image.imageID.map { .string($0.description) } ?? .null,
                        "digest": .string(image.digest.description),
                    ])
                }),
        ])
    }
}
