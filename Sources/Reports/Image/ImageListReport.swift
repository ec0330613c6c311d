package import OCISpec
package import Operations

/// `images`: docker's table of the images of a store.
package struct ImageListReport: Sendable {
    private let rows: [ListedImage]

    /// A report of `rows`, in their order.
    package init(_ rows: [ListedImage]) {
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
