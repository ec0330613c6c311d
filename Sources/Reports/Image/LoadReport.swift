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
        /// Those of its names that another image had until now.
        package var replaced: [Replaced]

        /// An image from its parts.
        package init(names: [String], imageID: Digest?, digest: Digest, replaced: [Replaced] = []) {
            self.names = names
            self.imageID = imageID
            self.digest = digest
            self.replaced = replaced
        }
    }

    /// A name that moved, and the ID of the image that had it.
    package struct Replaced: Hashable, Sendable {
        /// In docker's short form.
        package var name: String
        /// Of the image that had the name before.
        package var imageID: Digest

        /// A move from its parts.
        package init(name: String, imageID: Digest) {
            self.name = name
            self.imageID = imageID
        }
    }

    private let images: [Image]

    /// A report of `images`, in the order of their source.
    package init(_ images: [Image]) {
        self.images = images
    }

    /// A line for each name, before it one for the image that had it; for an image without a name a line with its ID.
    package var text: String {
        images.map { image in
            if image.names.isEmpty { return "Loaded image ID: \(image.imageID ?? image.digest)\n" }
            return image.names.map { name in
                let moves = image.replaced.filter { $0.name == name }.map { replaced in
                    "The image \(name) already exists, renaming the old one with ID \(replaced.imageID) to empty string\n"
                }
                return moves.joined() + "Loaded image: \(name)\n"
            }.joined()
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
                        "replaced": .array(
                            image.replaced.map { replaced in
                                .object([
                                    "name": .string(replaced.name), "imageID": .string(replaced.imageID.description),
                                ])
                            }),
                    ])
                }),
        ])
    }
}
