import EngineStores
package import OCISpec
package import Operations

/// `images --engine`: docker's table of an engine's images, with the last use of each.
package struct EngineImageListReport: Sendable {
    private let rows: [ListedEngineImage]
    private let look: EngineLook
    private let answer: EngineProbe.Answer

    /// A report of `rows`, in their order.
    package init(_ rows: [ListedEngineImage], _ look: EngineLook, _ answer: EngineProbe.Answer) {
        self.rows = rows
        self.look = look
        self.answer = answer
    }

    /// Docker's table; sizes are what the images take on the disk.
    package func text(now: Timestamp, showsDigests: Bool, isWhole: Bool) -> String {
        let isRegistry = look.inventory.registry != nil
        let hasNamespaces = !isRegistry && rows.contains { $0.image.namespace != nil }
        var columns: [TextTable.Column] = hasNamespaces ? [.init("NAMESPACE")] : []
        columns += [.init("REPOSITORY"), .init("TAG")]
        if showsDigests { columns.append(.init("DIGEST")) }
        columns += [.init("IMAGE ID"), .init("CREATED"), .init("SIZE")]
        columns += isRegistry ? [.init("PUSHED"), .init("FREES")] : [.init("USED"), .init("KNOWN BY")]
        var table = TextTable(columns, gap: 3)
        for row in rows {
            var cells: [TextTable.Cell] = hasNamespaces ? [.init(row.image.namespace ?? "")] : []
            cells += [.init(row.repository ?? "<none>"), .init(row.tag ?? "<none>")]
            if showsDigests { cells.append(.init(row.image.namespace == nil ? "<none>" : row.image.id.description)) }
            cells += [
                .init(ImageListReport.id(row.image.id, isWhole: isWhole)),
                .init(AgeText.text(row.image.created?.known(now: now), now: now)), .init(ByteText.text(row.figures.diskBytes)),
            ]
            if isRegistry {
                let pushed = row.image.pushedSeconds.map { Timestamp(seconds: $0) }
                cells += [.init(AgeText.text(pushed, now: now)), .init(ByteText.text(row.figures.freesBytes))]
            } else {
                cells += [.init(row.image.lastUse?.text(now) ?? "N/A"), .init(row.image.lastUse?.evidence.words ?? "")]
            }
            table.add(cells)
        }
        return table.text(TextStyle(width: .max))
    }

    /// The IDs alone, one for each row.
    package func ids(isWhole: Bool) -> String {
        rows.map { ImageListReport.id($0.image.id, isWhole: isWhole) + "\n" }.joined()
    }

    /// The rows as JSON.
    package func json() -> JSONValue {
        JSONReport.document(
            "image-list",
            [
                "engine": EngineListReport.json(look, answer),
                "images": .array(
                    rows.map { row in
                        .object([
                            "repository": .optional(row.repository), "tag": .optional(row.tag),
                            "namespace": .optional(row.image.namespace),
                            "names": .array(row.image.names.map(JSONValue.string)),
                            "digest": .optional(row.image.namespace == nil ? nil : row.image.id.description),
                            "imageID": .string(row.image.id.description), "created": .optional(row.image.created?.description),
                            "contentBytes": .null, "diskBytes": .integer(row.figures.diskBytes),
                            "freesBytes": .integer(row.figures.freesBytes),
                            "imported": .optional(row.image.pushedSeconds.map { Timestamp(seconds: $0).description }),
                            "lastUsed": .optional(row.image.lastUse.map { Timestamp(seconds: $0.seconds).description }),
                            "lastUsedBy": .optional(row.image.lastUse?.evidence.rawValue),
                            "pinned": .bool(row.image.isPinned),
                        ])
                    }),
            ])
    }
}

extension EngineImage.Use.Evidence {
    /// By what a last use is known.
    var words: String {
        switch self {
        case .link: "access time"
        case .container: "a container"
        case .build: "a build"
        }
    }
}
