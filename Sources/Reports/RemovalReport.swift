package import OCISpec
package import Reclamation

/// `rmi`: what was untagged, and what was really deleted, in docker's words.
package struct RemovalReport: Sendable {
    /// What one name or ID came to.
    package struct Item: Hashable, Sendable {
        /// As it was asked.
        package var name: String
        /// The names that went, in docker's short form.
        package var untagged: [String]
        /// The blobs that it led to, in the order in which to tell of them.
        package var blobs: [Digest]

        /// An item from its parts.
        package init(name: String, untagged: [String], blobs: [Digest]) {
            self.name = name
            self.untagged = untagged
            self.blobs = blobs
        }
    }

    private let items: [Item]
    private let freedBytes: Int64

    /// A report of `items`; of their blobs only those in `removed` went, each told with the first item that led to it.
    package init(_ items: [Item], removed: Set<StoreItem>, freedBytes: Int64) {
        var told: Set<Digest> = []
        self.items = items.map { item in
            var copy = item
            copy.blobs = item.blobs.filter { removed.contains(.blob($0)) && told.insert($0).inserted }
            return copy
        }
        self.freedBytes = freedBytes
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
