package import OCISpec
import TextValues

/// `history`: docker's table of what made an image, the newest first.
package struct HistoryReport: Sendable {
    /// One entry of the history, or a layer that the history does not tell of.
    package struct Row: Hashable, Sendable {
        /// The history's own text; nil where it has none.
        package var created: String?
        /// The history's own text; nil where it has none.
        package var createdBy: String?
        /// The history's own text; nil where it has none.
        package var comment: String?
        /// The number of the layer that the entry made; `nil` when it made none.
        package var layer: Int?
        /// Bytes of the layer's content; 0 without a layer, `nil` when it is not known.
        package var contentBytes: Int64?

        /// A row from its parts.
        package init(created: String?, createdBy: String?, comment: String?, layer: Int?, contentBytes: Int64?) {
            self.created = created
            self.createdBy = createdBy
            self.comment = comment
            self.layer = layer
            self.contentBytes = contentBytes
        }
    }

    private let imageID: Digest
    private let name: String?
    private let rows: [Row]

    /// A report of `rows`, the oldest first, of the image `imageID`.
    package init(imageID: Digest, name: String?, _ rows: [Row]) {
        self.imageID = imageID
        self.name = name
        self.rows = rows
    }

    /// The rows that a config's history and its layers make.
    ///
    /// A history may be longer or shorter than the layers: what is left over of either stands alone.
    package static func rows(_ config: ImageConfig, layerBytes: [Int64?]) -> [Row] {
        var rows: [Row] = []
        var layer = 0
        for entry in config.history ?? [] {
            let makesLayer = !entry.emptyLayer && layer < layerBytes.count
            rows.append(
                Row(
                    created: entry.created, createdBy: entry.createdBy, comment: entry.comment,
                    layer: makesLayer ? layer : nil, contentBytes: makesLayer ? layerBytes[layer] : 0))
            if makesLayer { layer += 1 }
        }
        for number in layer..<layerBytes.count {
            rows.append(Row(created: nil, createdBy: nil, comment: nil, layer: number, contentBytes: layerBytes[number]))
        }
        return rows
    }

    /// Docker's table.
    package func text(now: Timestamp, isWhole: Bool) -> String {
        var table = TextTable(
            [.init("IMAGE"), .init("CREATED"), .init("CREATED BY"), .init("SIZE"), .init("COMMENT")], gap: 3)
        for (number, row) in rows.reversed().enumerated() {
            let createdBy = PathText.printable(row.createdBy ?? "")
            table.add([
                .init(number == 0 ? ImageListReport.id(imageID, isWhole: isWhole) : "<missing>"),
                .init(AgeText.text(Timestamp.known(row.created, now: now), now: now)),
                .init(isWhole ? createdBy : TextColumns.cut(createdBy, to: 45)),
                .init(row.contentBytes.map(ByteText.text) ?? "N/A"), .init(row.comment ?? ""),
            ])
        }
        return table.text(TextStyle(width: .max))
    }

    /// The first column alone.
    package func ids(isWhole: Bool) -> String {
        rows.indices.map { $0 == 0 ? ImageListReport.id(imageID, isWhole: isWhole) + "\n" : "<missing>\n" }.joined()
    }

    /// The rows as JSON, the oldest first.
    package func json() -> JSONValue {
        JSONReport.document(
            "image-history",
            [
                "image": .object(["name": .optional(name), "imageID": .string(imageID.description)]),
                "entries": .array(
                    rows.map { row in
                        .object([
                            "created": .optional(row.created), "createdBy": .optional(row.createdBy),
                            "comment": .optional(row.comment), "layer": row.layer.map(JSONValue.count) ?? .null,
                            "contentBytes": .optional(row.contentBytes),
                        ])
                    }),
            ])
    }
}
