package import OCISpec
package import Operations

/// What `optimize` does to an image, or did.
package struct OptimizeReport: Sendable {
    private let result: OptimizedImage
    private let source: String
    private let name: String?

    /// A report of what became of `source`; `name` is that of the new image, nil of a dry run.
    package init(_ result: OptimizedImage, of source: String, as name: String?) {
        self.result = result
        self.source = source
        self.name = name
    }

    /// A line for each layer, and the figures before and after.
    package func text(_ style: TextStyle) -> String {
        var table = TextTable([
            .init("LAYER"), .init("BEFORE", .right), .init("AFTER", .right), .init("ENTRIES", .right),
            .init("CREATED BY", shrinksTo: 20),
        ])
        for layer in result.layers {
            table.add([
                .init(layer.change.rawValue), .init(ByteText.text(layer.beforeBytes)), .init(ByteText.text(layer.afterBytes)),
                .init(layer.change == .dropped ? "" : "\(layer.entryCount)"), .init(layer.createdBy ?? ""),
            ])
        }
        var text = table.text(style)
        if result.base.layerCount > 0 {
            let whose = result.base.name.map { " of \($0)" } ?? ""
            let layers = result.base.layerCount == 1 ? "1 layer" : "\(result.base.layerCount) layers"
            text += "\nthe lowest \(layers)\(whose) stay as they are\n"
        }
        for path in result.dropped { text += "dropped: /\(PathText.display(path))\n" }
        let (before, after) = (result.before, result.after)
        text += "\nwasted:     \(ByteText.text(before.wastedBytes)) before, \(ByteText.text(after.wastedBytes)) after\n"
        text += "compressed: \(ByteText.text(before.compressedBytes)) before, \(ByteText.text(after.compressedBytes)) after\n"
        text += "layers:     \(before.layerCount) before, \(after.layerCount) after\n"
        if let name, let image = result.image {
            text +=
                "\(name) is \(image.imageID.short); signatures and attestations of \(PathText.printable(source)) do not hold for it\n"
        }
        return text
    }

    /// The figures for a comment or a page.
    package func markdown() -> String {
        let (before, after) = (result.before, result.after)
        return """
            | | before | after |
            |---|---:|---:|
            | wasted | \(ByteText.text(before.wastedBytes)) | \(ByteText.text(after.wastedBytes)) |
            | compressed | \(ByteText.text(before.compressedBytes)) | \(ByteText.text(after.compressedBytes)) |
            | layers | \(before.layerCount) | \(after.layerCount) |

            """
    }

    /// The same for scripts; bytes.
    package func json() -> JSONValue {
        func figures(_ figures: OptimizedImage.Figures) -> JSONValue {
            .object([
                "wastedBytes": .integer(figures.wastedBytes), "compressedBytes": .integer(figures.compressedBytes),
                "layerCount": .count(figures.layerCount),
            ])
        }
        return JSONReport.document(
            "optimization",
            [
                "source": .string(source), "name": .optional(name), "imageID": .optional(result.image?.imageID.description),
                "digest": .optional(result.image?.descriptor.digest.description),
                "base": .optional(result.base.name), "keptLayerCount": .count(result.base.layerCount),
                "before": figures(result.before), "after": figures(result.after),
                "dropped": .array(result.dropped.map { .object(PathText.fields($0)) }),
                "layers": .array(
                    result.layers.map { layer in
                        .object([
                            "change": .string(layer.change.rawValue), "createdBy": .optional(layer.createdBy),
                            "beforeBytes": .integer(layer.beforeBytes), "afterBytes": .integer(layer.afterBytes),
                            "entryCount": .count(layer.entryCount),
                        ])
                    }),
            ])
    }
}
