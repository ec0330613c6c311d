package import OCISpec

/// `import`: the image that was made.
package struct ImportReport: Sendable {
    private let name: String?
    private let imageID: Digest
    private let digest: Digest

    /// A report of an image of that config under that manifest's digest; `name` is docker's short form.
    package init(name: String?, imageID: Digest, digest: Digest) {
        self.name = name
        self.imageID = imageID
        self.digest = digest
    }

    /// The image's ID alone, as docker prints it.
    package var text: String { "\(imageID)\n" }

    /// The same as a document.
    package func json() -> JSONValue {
        .object([
            "kind": .string("image-import"), "schemaVersion": .integer(1), "name": name.map(JSONValue.string) ?? .null,
            "imageID": .string(imageID.description), "digest": .string(digest.description),
        ])
    }
}
