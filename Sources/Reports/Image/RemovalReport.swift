package import OCISpec
package import Operations
import Reclamation

/// `rmi`: what was untagged, and what was really deleted, in docker's words.
package struct RemovalReport: Sendable {
    private let items: [ImageRemoval.Item]
    private let freedBytes: Int64

    /// A report of a removal: each blob that went is told with the first item that led to it.
    package init(_ removal: ImageRemoval) {
        var told: Set<Digest> = []
        items = removal.items.map { item in
            var copy = item
            copy.blobs = item.blobs.filter { removal.removed.contains(.blob($0)) && told.insert($0).inserted }
            return copy
        }
        freedBytes = removal.freedBytes
    }

    /// Docker's lines.
    package var text: String {
        items.map { item in
            item.untagged.map { "Untagged: \(PathText.printable($0))\n" }.joined()
                + item.blobs.map { "Deleted: \($0)\n" }.joined()
        }.joined()
    }

    /// The same as a document.
    package func json() -> JSONValue {
        JSONReport.document(
            "image-removal",
            [
                "items": .array(
                    items.map { item in
                        .object([
                            "name": .string(item.name), "untagged": .array(item.untagged.map(JSONValue.string)),
                            "deleted": .array(item.blobs.map { .string($0.description) }),
                        ])
                    }),
                "freedBytes": .integer(freedBytes),
            ])
    }
}
