import LayerAnalysis
package import OCISpec
package import Operations

/// What `optimize --across` does to images, or did.
package struct AcrossReport: Sendable {
    private let result: AcrossImages

    /// A report of what became of several images.
    package init(_ result: AcrossImages) { self.result = result }

    private var figures: [(title: String, before: Int64, after: Int64)] {
        let (before, after) = (result.before, result.after)
        return [
            ("in a registry", before.registryBytes, after.registryBytes),
            ("uncompressed", before.registryTarBytes, after.registryTarBytes),
            ("on a host, unpacked", before.hostBytes, after.hostBytes),
        ]
    }

    private static func saved(_ before: Int64, _ after: Int64) -> String {
        before >= after ? ByteText.text(before - after) : "-\(ByteText.text(after - before))"
    }

    /// A line for each image, and the figures of all of them before and after.
    package func text(_ style: TextStyle) -> String {
        var images = TextTable([
            .init("IMAGE", shrinksTo: 20), .init("BEFORE", .right), .init("AFTER", .right), .init("KEPT", .right),
            .init("OWN", .right), .init("NEW NAME", shrinksTo: 20),
        ])
        for (number, image) in result.images.enumerated() {
            let own = result.layers.filter { $0.images == [number] }.reduce(0) { $0 + $1.compressedBytes }
            images.add([
                .init(PathText.printable(image.source)), .init("\(image.layersBefore)"), .init("\(image.layersAfter)"),
                .init("\(image.keptCount)"), .init(ByteText.text(own)), .init(image.name?.familiar ?? ""),
            ])
        }
        var bytes = TextTable([.init("ALL IMAGES"), .init("BEFORE", .right), .init("AFTER", .right), .init("SAVED", .right)])
        for (title, before, after) in figures {
            bytes.add([
                .init(title), .init(ByteText.text(before)), .init(ByteText.text(after)), .init(Self.saved(before, after)),
            ])
        }
        bytes.add([
            .init("layers"), .init("\(result.before.layerCount)"), .init("\(result.after.layerCount)"),
            .init("\(result.before.layerCount - result.after.layerCount)"),
        ])
        var text = images.text(style) + "\n" + bytes.text(style)
        text += "\nuncompressed, each thing stored once: \(ByteText.text(result.lowerBoundBytes))\n"
        if result.otherNamesBytes > 0 {
            text +=
                "same bytes under other names or metadata, which layers cannot share: \(ByteText.text(result.otherNamesBytes))\n"
        }
        if result.isUnchanged {
            text += "the images stay as they are: other layers would take no fewer bytes\n"
        } else if result.images.contains(where: { $0.image != nil }) {
            text += "signatures and attestations of the old images do not hold for the new ones\n"
        }
        return text
    }

    /// The figures for a comment or a page.
    package func markdown() -> String {
        let sums =
            figures.map { [$0.title, ByteText.text($0.before), ByteText.text($0.after), Self.saved($0.before, $0.after)] }
            + [["uncompressed, each thing stored once", "", ByteText.text(result.lowerBoundBytes), ""]]
        let images = result.images.map { image in
            [
                MarkdownText.code(image.source), "\(image.layersBefore)", "\(image.layersAfter)",
                image.name.map { MarkdownText.code($0.familiar) } ?? "",
            ]
        }
        return MarkdownText.table(
            ["all images", ">before", ">after", ">saved"], sums) + "\n"
            + MarkdownText.table(
                ["image", ">layers before", ">layers after", "new name"], images)
    }

    /// The same for scripts; bytes.
    package func json() -> JSONValue {
        func json(_ figures: AcrossImages.Figures) -> JSONValue {
            .object([
                "registryBytes": .integer(figures.registryBytes), "registryTarBytes": .integer(figures.registryTarBytes),
                "hostBytes": .integer(figures.hostBytes), "layerCount": .count(figures.layerCount),
            ])
        }
        return JSONReport.document(
            "across",
            [
                "goal": .string(result.goal.rawValue), "isUnchanged": .bool(result.isUnchanged),
                "before": json(result.before), "after": json(result.after),
                "lowerBoundBytes": .integer(result.lowerBoundBytes), "otherNamesBytes": .integer(result.otherNamesBytes),
                "images": .array(
                    result.images.map { image in
                        .object([
                            "source": .string(image.source), "name": .optional(image.name?.familiar),
                            "imageID": .optional(image.image?.imageID.description),
                            "digest": .optional(image.image?.descriptor.digest.description),
                            "layersBefore": .count(image.layersBefore), "layersAfter": .count(image.layersAfter),
                            "keptLayerCount": .count(image.keptCount),
                        ])
                    }),
                "layers": .array(
                    result.layers.map { layer in
                        .object([
                            "images": .array(layer.images.map { .count($0) }), "entryCount": .count(layer.entryCount),
                            "tarBytes": .integer(layer.tarBytes), "compressedBytes": .integer(layer.compressedBytes),
                        ])
                    }),
            ])
    }
}
