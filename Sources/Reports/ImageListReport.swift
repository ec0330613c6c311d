package import OCISpec

/// `images`: docker's table of the images of a store.
package struct ImageListReport: Sendable {
    /// One name of an image, or one image without a name.
    package struct Row: Hashable, Sendable {
        /// The short form of the repository; `nil` for `<none>`.
        package var repository: String?
        package var tag: String?
        /// The digest of what the name leads to: a manifest or an index.
        package var digest: Digest
        package var imageID: Digest
        /// The config's own text; `nil` when it says nothing.
        package var created: String?
        /// Bytes: the sum of the layers' content; `nil` when a layer's content is not known.
        package var contentBytes: Int64?
        /// When the image came into the store; `nil` when that is not known.
        package var imported: Timestamp?
        /// When it was last used by name; `nil` when that is not known.
        package var lastUsed: Timestamp?
        /// Whether no policy may remove it.
        package var isPinned: Bool

        /// A row from its parts.
        package init(
            repository: String?, tag: String?, digest: Digest, imageID: Digest, created: String?, contentBytes: Int64?,
            imported: Timestamp? = nil, lastUsed: Timestamp? = nil, isPinned: Bool = false
        ) {
            self.repository = repository
            self.tag = tag
            self.digest = digest
            self.imageID = imageID
            self.created = created
            self.contentBytes = contentBytes
            self.imported = imported
            self.lastUsed = lastUsed
            self.isPinned = isPinned
        }
    }

    private let rows: [Row]

    /// A report of `rows`, in their order.
    package init(_ rows: [Row]) {
        self.rows = rows
    }

    /// Docker's table.
    package func text(now: Timestamp, showsDigests: Bool, isWhole: Bool) -> String {
        var columns: [TextTable.Column] = [.init("REPOSITORY"), .init("TAG")]
        if showsDigests { columns.append(.init("DIGEST")) }
        columns += [.init("IMAGE ID"), .init("CREATED"), .init("SIZE")]
        var table = TextTable(columns, gap: 3)
        for row in rows {
            var cells: [TextTable.Cell] = [
                .init(row.repository ?? "<none>"), .init(row.tag ?? "<none>"),
            ]
            if showsDigests { cells.append(.init(row.digest.description)) }
            cells += [
                .init(Self.id(row.imageID, isWhole: isWhole)),
                .init(AgeText.text(Timestamp.known(row.created, now: now), now: now)),
                .init(row.contentBytes.map(ByteText.text) ?? "N/A"),
            ]
            table.add(cells)
        }
        return table.text(TextStyle(width: .max))
    }

    /// The IDs alone, one for each row: as with docker, an image of several names stands there several times.
    package func ids(isWhole: Bool) -> String {
        rows.map { Self.id($0.imageID, isWhole: isWhole) + "\n" }.joined()
    }

    /// The rows as JSON.
    package func json() -> JSONValue {
        JSONReport.document(
            "image-list",
            [
                "images": .array(
                    rows.map { row in
                        .object([
                            "repository": .optional(row.repository), "tag": .optional(row.tag),
                            "digest": .string(row.digest.description), "imageID": .string(row.imageID.description),
                            "created": .optional(row.created), "contentBytes": .optional(row.contentBytes),
                            "imported": .optional(row.imported?.description),
                            "lastUsed": .optional(row.lastUsed?.description), "pinned": .bool(row.isPinned),
                        ])
                    })
            ])
    }

    static func id(_ digest: Digest, isWhole: Bool) -> String { isWhole ? digest.description : digest.short }
}
