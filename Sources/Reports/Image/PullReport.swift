package import OCISpec

/// `pull`: docker's last lines.
package struct PullReport: Sendable {
    private let name: String
    private let fullName: String
    private let digest: Digest
    private let imageIDs: [Digest]
    private let isUpToDate: Bool
    private let fetchedBytes: Int64

    /// A report from its parts: the name in docker's short form and whole, and the bytes that came over the network.
    package init(
        name: String, fullName: String, digest: Digest, imageIDs: [Digest], isUpToDate: Bool, fetchedBytes: Int64
    ) {
        self.name = name
        self.fullName = fullName
        self.digest = digest
        self.imageIDs = imageIDs
        self.isUpToDate = isUpToDate
        self.fetchedBytes = fetchedBytes
    }

    /// Digest, status and full name.
    package var text: String {
        let status = isUpToDate ? "Image is up to date for" : "Downloaded newer image for"
        return "Digest: \(digest)\nStatus: \(status) \(name)\n\(fullName)\n"
    }

    /// The full name alone.
    package var shortText: String { "\(fullName)\n" }

    /// The same as a document.
    package func json() -> JSONValue {
        .object([
            "kind": .string("image-pull"), "schemaVersion": .integer(1), "name": .string(fullName),
            "digest": .string(digest.description), "imageIDs": .array(imageIDs.map { .string($0.description) }),
            "isUpToDate": .bool(isUpToDate), "fetchedBytes": .integer(fetchedBytes),
        ])
    }
}
