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
    /// nil where there is nothing to list.
    private let entries: FileListing?
    /// What of the image is known; nil for a listing of one layer, which is.
    package var knowledge: ImageKnowledge?

    /// A report from its parts.
    package init(
        image: AnalyzedImage, path: [UInt8], layer: Int?, entries: FileListing?, knowledge: ImageKnowledge? = nil
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

    /// Writes the listing as text: bytes, wasted bytes, path.
    ///
    /// The path stands last and is never cut, so the widths are known before any is spelt.
    package func writeText(_ style: TextStyle, to stream: ReportStream) throws {
        var table = StreamedTable([.init("VISIBLE", .right), .init("WASTED", .right), .init("PATH")])
        if let entries { for entry in entries.withoutPaths { table.fit(figures(entry)) } }
        try stream.write(table.heading(style))
        guard let entries else { return }
        for entry in entries {
            let path = "/" + PathText.display(entry.path) + suffix(entry)
            try stream.write(
                table.beginning(figures(entry), style), style.paint(path, entry.kind == nil ? .quiet : nil), "\n")
        }
    }

    private func figures(_ entry: ListedEntry) -> [TextTable.Cell] {
        let wasted = wastedBytes(entry) ?? 0
        return [
            .init(ByteText.known(visibleBytes(entry))),
            .init(wasted > 0 ? ByteText.text(wasted) : "-", wasted > 0 ? .bad : .quiet),
        ]
    }

    /// Writes the listing as JSON.
    package func writeJSON(to stream: ReportStream) throws {
        try stream.write(
            document: "file-listing",
            [
                "image": .object([
                    "name": .optional(image.name), "imageID": .optional(image.imageID?.description),
                    "manifestDigest": .optional(image.manifestDigest?.description),
                ]),
                "root": .object(PathText.fields(path)),
                "layer": layer.map(JSONValue.count) ?? .null,
                "isPartial": .bool(isPartial),
                "unknownLayerCount": .count(knowledge?.unknownLayerCount ?? 0),
            ], lists: ["entries": entries.map { JSONList($0, json) } ?? JSONList([], json)])
    }

    /// Writes the listing as comma-separated values; a figure that is not known is empty.
    package func writeCSV(to stream: ReportStream) throws {
        let heading = ["path", "type", "visibleBytes", "wastedBytes", "layer", "depth"]
        guard let entries else { return try CSVText.write(heading, [], to: stream) }
        try CSVText.write(heading, entries.lazy.map(row), to: stream)
    }

    /// Writes the listing in ncdu's format, made by this version at that moment.
    package func writeNcdu(version: String, now: Timestamp, to stream: ReportStream) throws {
        var text = try NcduText(version: version, now: now, to: stream)
        let place = path.isEmpty ? [] : [UInt8(ascii: "/")] + path
        let root = NcduText.Item(Array(NcduText.rootName(image.label).utf8) + place, isPartial: isPartial)
        var depth = 0
        var isBegun = false
        func begin() throws {
            isBegun = true
            try text.open(root)
        }
        if let entries {
            for node in entries.nodes {
                if node.depth == 0, node.kind == .directory || node.name.isEmpty || path.isEmpty {
                    try begin()
                    continue
                }
                if !isBegun { try begin() }
                while depth > max(0, node.depth - 1) {
                    try text.close()
                    depth -= 1
                }
                if node.kind == .directory || node.kind == .opaque {
                    try text.open(NcduText.Item(node.name))
                    depth += 1
                } else {
                    try text.add(
                        NcduText.Item(
                            node.name, bytes: node.size, link: node.inode.map { ($0, node.nameCount) },
                            isSpecial: ![.file, .hardLink].contains(node.kind)))
                }
            }
        }
        if !isBegun { try begin() }
        try text.finish()
    }

    private func row(_ entry: ListedEntry) -> [String] {
        [
            "/" + PathText.text(entry.path).text, entry.kind?.reportName ?? "", visibleBytes(entry).map { "\($0)" } ?? "",
            wastedBytes(entry).map { "\($0)" } ?? "", entry.layer.map { "\($0)" } ?? "", "\(entry.depth)",
        ]
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
    package var reportName: String { "\(word)" }
}
