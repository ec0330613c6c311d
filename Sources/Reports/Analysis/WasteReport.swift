import EngineStores
package import LayerAnalysis
package import OCISpec
package import Operations

/// `waste`: the images of an engine by what they waste.
package struct WasteReport {
    private let waste: EngineWaste
    private let answer: EngineProbe.Answer

    /// A report of these figures, and of what the engine says of itself.
    package init(_ waste: EngineWaste, _ answer: EngineProbe.Answer) {
        self.waste = waste
        self.answer = answer
    }

    /// The IDs, a line each.
    package func ids() -> String { waste.images.map { "\($0.listed.id.short)\n" }.joined() }

    // MARK: Text

    /// A table of the first `top` images, then what all of them share.
    package func text(_ style: TextStyle, top: Int) -> String {
        guard !waste.images.isEmpty else { return "no images in \(PathText.printable(waste.root))\n" }
        var table = TextTable([
            .init("WASTED", .right), .init("STORED", .right), .init("EFFICIENCY", .right), .init("IMAGE", shrinksTo: 20),
            .init("CAUSES", shrinksTo: 20),
        ])
        for image in waste.images.prefix(top) {
            let totals = image.analysis.totals
            table.add([
                .init(ByteText.known(totals.wastedBytes), (totals.wastedBytes ?? 0) > 0 ? .bad : nil),
                .init(ByteText.known(totals.contentBytes)), .init(AnalysisText.efficiency(totals)), .init(image.title),
                .init(Self.causes(image.analysis), .quiet),
            ])
        }
        return table.text(style) + AnalysisText.more(waste.images.count, top, "image", "images") + "\n" + sharing(style)
    }

    /// The causes that waste something, the worst first.
    private static func causes(_ analysis: ImageAnalysis) -> String {
        analysis.waste.compactMap { cause, bytes in bytes.map { (cause: cause, bytes: $0) } }.filter { $0.bytes > 0 }
            .sorted { $0.bytes > $1.bytes }.map { "\($0.cause.name) \(ByteText.text($0.bytes))" }.joined(separator: ", ")
    }

    private func sharing(_ style: TextStyle) -> String {
        let sharing = waste.sharing
        let images = AnalysisText.counted(waste.images.count, "image")
        return "\(images), \(AnalysisText.counted(sharing.uniqueLayerCount, "different layer")); "
            + "\(ByteText.text(sharing.uniqueCompressedBytes)) in layers, sharing saves "
            + style.paint(ByteText.text(sharing.savedBytes), sharing.savedBytes > 0 ? .good : nil) + "\n"
    }

    // MARK: Documents

    /// The document; the first `top` images, all without it.
    package func json(top: Int?) -> JSONValue {
        JSONReport.document(
            "waste",
            [
                "engine": EngineListReport.json(waste.engine, root: waste.root, driver: waste.driver, answer),
                "images": .array(waste.images.prefix(top ?? .max).map(Self.image)),
                "sharing": ScanJSON.sharing(waste.sharing, listsLayers: false),
            ])
    }

    private static func image(_ image: EngineWaste.Image) -> JSONValue {
        .object([
            "name": .optional(image.analysis.image.name),
            "names": .array(image.listed.names.map { .string($0) }),
            "namespace": .optional(image.listed.namespace),
            "imageID": .string(image.listed.id.description),
            "isPartial": .bool(image.analysis.totals.isPartial),
            "totals": AnalysisJSON.totals(image.analysis.totals),
            "waste": AnalysisJSON.waste(image.analysis),
        ])
    }

    /// A row for each image, a column for each cause; a figure that is not known is empty.
    package func csv(top: Int?) -> String {
        CSVText.text(
            ["image", "imageID", "layerCount", "contentBytes", "visibleBytes", "wastedBytes"] + WasteCause.allCases.map(\.name),
            waste.images.prefix(top ?? .max).lazy.map { image in
                let totals = image.analysis.totals
                let sums = [totals.contentBytes, totals.visibleBytes, totals.wastedBytes] + image.analysis.waste.map(\.bytes)
                return [image.title, image.listed.id.description, "\(totals.layerCount)"] + sums.map { $0.map { "\($0)" } ?? "" }
            })
    }
}

extension EngineWaste.Image {
    /// How reports call it: as people write its name, else by the beginning of its ID.
    var title: String {
        let own = analysis.image.name ?? listed.id.short
        return listed.namespace.map { "\($0)/\(own)" } ?? own
    }
}
