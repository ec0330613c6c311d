package import LayerAnalysis
import LayerArchive
package import OCISpec

/// `files`: the merged tree, or one layer, with its bytes.
package struct ListingReport: Sendable {
    /// What was listed.
    package var image: AnalyzedImage
    /// The path that the listing starts at; empty for the root.
    package var path: [UInt8]
    /// The layer listed; `nil` for the merged tree.
    package var layer: Int?
    package var entries: [ListedEntry]
    /// What of the image is known; nil for a listing of one layer, which is.
    package var knowledge: ImageKnowledge?

    /// A report from its parts.
    package init(
        image: AnalyzedImage, path: [UInt8], layer: Int?, entries: [ListedEntry], knowledge: ImageKnowledge? = nil
    ) {
        self.image = image
        self.path = path
        self.layer = layer
        self.entries = entries
        self.knowledge = knowledge
    }

    /// Whether there may be more than is listed, or less.
    private var isPartial: Bool { knowledge?.isWhole == false }

    /// What the path shows; nil where that is not known, as of a directory that a layer nobody has read may put more into.
    private func visibleBytes(_ entry: ListedEntry) -> Int64? {
        guard isPartial, let knowledge else { return entry.visibleBytes }
        guard let layer = entry.layer else { return nil }
        return knowledge.isShown(layer: layer) ? entry.visibleBytes : nil
    }

    private func wastedBytes(_ entry: ListedEntry) -> Int64? { isPartial ? nil : entry.wastedBytes }

    /// The listing as text: bytes, wasted bytes, path.
    package func text(_ style: TextStyle) -> String {
        var table = TextTable([.init("VISIBLE", .right), .init("WASTED", .right), .init("PATH")])
        for entry in entries {
            let wasted = wastedBytes(entry) ?? 0
            table.add([
                .init(ByteText.known(visibleBytes(entry))),
                .init(wasted > 0 ? ByteText.text(wasted) : "-", wasted > 0 ? .bad : .quiet),
                .init("/" + PathText.display(entry.path) + suffix(entry), entry.kind == nil ? .quiet : nil),
            ])
        }
        return table.text(style)
    }

    /// The listing as JSON.
    package func json() -> JSONValue {
        JSONReport.document(
            "file-listing",
            [
                "image": .object([
                    "name": .optional(image.name), "imageID": .optional(image.imageID?.description),
                    "manifestDigest": .optional(image.manifestDigest?.description),
                ]),
                "root": .object(PathText.fields(path)),
                "layer": layer.map(JSONValue.count) ?? .null,
                "isPartial": .bool(isPartial),
                "unknownLayerCount": .count(knowledge?.unknownLayerCount ?? 0),
                "entries": .array(entries.map(json)),
            ])
    }

    private func json(_ entry: ListedEntry) -> JSONValue {
        .object(
            PathText.fields(entry.path).merging([
                "type": .optional(entry.kind?.reportName),
                "visibleBytes": .optional(visibleBytes(entry)),
                "wastedBytes": .optional(wastedBytes(entry)),
                "layer": entry.layer.map(JSONValue.count) ?? .null,
                "depth": .count(entry.depth),
            ]) { own, _ in own })
    }

    private func suffix(_ entry: ListedEntry) -> String {
        switch entry.kind {
        case .directory: entry.path.isEmpty ? "" : "/"
        case .symlink: "@"
        case .fifo: "|"
        case .socket: "="
        case .whiteout: " (whiteout)"
        case .opaque: " (opaque)"
        case nil: " (gone)"
        case .file, .hardLink, .characterDevice, .blockDevice: ""
        }
    }
}

extension EntryKind {
    /// The word for the kind in reports.
    var reportName: String {
        switch self {
        case .file: "file"
        case .directory: "directory"
        case .symlink: "symlink"
        case .hardLink: "hardLink"
        case .characterDevice: "characterDevice"
        case .blockDevice: "blockDevice"
        case .fifo: "fifo"
        case .socket: "socket"
        case .whiteout: "whiteout"
        case .opaque: "opaque"
        }
    }
}
