import LayerAnalysis
package import OCISpec
package import Operations

/// What `optimize` does to an image, or did.
package struct OptimizeReport: Sendable {
    private let result: OptimizedRoot
    private let source: String
    private let name: String?

    /// A report of what became of `source`; `name` is that of the new image, nil of a dry run.
    package init(_ result: OptimizedRoot, of source: String, as name: String?) {
        self.result = result
        self.source = source
        self.name = name
    }

    /// A line for each layer, and the figures before and after.
    package func text(_ style: TextStyle) -> String {
        var text = ""
        for image in result.images {
            if result.isIndex { text += "\(text.isEmpty ? "" : "\n")\(PathText.printable(image.platform.description))\n" }
            text += Self.text(image, style)
        }
        text += "\n\(OptimizeFigures.text(result.before, result.after))"
        text += leftOut
        if let name {
            let whose = "signatures and attestations of \(PathText.printable(source)) do not hold for it"
            text +=
                result.isUnchanged
                ? "\(name) is the same image: nothing to gain\n" : "\(name) is \(result.image.imageID.short); \(whose)\n"
        }
        return text
    }

    private static func text(_ image: OptimizedImage, _ style: TextStyle) -> String {
        var table = TextTable([
            .init("LAYER"), .init("BEFORE", .right), .init("AFTER", .right), .init("ENTRIES", .right), .init("WASTED"),
            .init("CREATED BY", shrinksTo: 20),
        ])
        for layer in image.layers {
            let waste = layer.waste.map { "\(ByteText.text($0.bytes)) \($0.cause.name)" }.joined(separator: ", ")
            table.add([
                .init(layer.change.rawValue), .init(ByteText.text(layer.beforeBytes)), .init(ByteText.text(layer.afterBytes)),
                .init(layer.change == .dropped ? "" : "\(layer.entryCount)"), .init(waste), .init(layer.createdBy ?? ""),
            ])
        }
        var text = table.text(style)
        if image.base.layerCount > 0 {
            let whose = image.base.name.map { " of \($0)" } ?? ""
            let layers = image.base.layerCount == 1 ? "1 layer" : "\(image.base.layerCount) layers"
            text += "\nthe lowest \(layers)\(whose) stay as they are\n"
        }
        for path in image.dropped { text += "dropped: /\(PathText.display(path))\n" }
        for other in image.sharing {
            text += "shared with \(PathText.printable(other.image)): \(part(other.before)) before, \(part(other.after)) after\n"
        }
        return text
    }

    private static func part(_ part: OptimizedImage.Sharing.Part) -> String {
        "\(part.layerCount == 1 ? "1 layer" : "\(part.layerCount) layers") (\(ByteText.text(part.compressedBytes)))"
    }

    /// What an index lists, and the new one does not.
    private var leftOut: String {
        var text = ""
        if result.artifactCount > 0 {
            let entries =
                result.artifactCount == 1
                ? "1 attestation or other artifact" : "\(result.artifactCount) attestations or other artifacts"
            text += "left out of the new index: \(entries) of the old images\n"
        }
        if result.absentCount > 0 {
            let images = result.absentCount == 1 ? "1 image" : "\(result.absentCount) images"
            text += "left out of the new index: \(images) that the store does not have\n"
        }
        return text
    }

    /// The figures for a comment or a page.
    package func markdown() -> String { OptimizeFigures.markdown(result.before, result.after) }

    /// The same for scripts; bytes.
    package func json() -> JSONValue {
        let single = result.images.count == 1 ? result.images.first : nil
        return JSONReport.document(
            "optimization",
            [
                "source": .string(source), "name": .optional(name), "imageID": .string(result.image.imageID.description),
                "digest": .string(result.image.descriptor.digest.description), "isUnchanged": .bool(result.isUnchanged),
                "isDryRun": .bool(name == nil), "before": OptimizeFigures.json(result.before),
                "after": OptimizeFigures.json(result.after),
                "leftOut": .object([
                    "artifactCount": .count(result.artifactCount), "absentImageCount": .count(result.absentCount),
                ]),
                "platforms": .array(result.images.map(Self.json)),
                // Of an image for one platform, which most are.
                "base": .optional(single?.base.name), "keptLayerCount": .count(single?.base.layerCount ?? 0),
                "dropped": .array(result.images.flatMap(\.dropped).map { .object(PathText.fields($0)) }),
                "layers": .array(result.images.flatMap(\.layers).map(Self.json)),
            ])
    }

    private static func json(_ image: OptimizedImage) -> JSONValue {
        func part(_ part: OptimizedImage.Sharing.Part) -> JSONValue {
            .object(["layerCount": .count(part.layerCount), "compressedBytes": .integer(part.compressedBytes)])
        }
        return .object([
            "platform": .string(image.platform.description), "imageID": .string(image.image.imageID.description),
            "digest": .string(image.image.descriptor.digest.description), "isUnchanged": .bool(image.isUnchanged),
            "before": OptimizeFigures.json(image.before), "after": OptimizeFigures.json(image.after),
            "base": .optional(image.base.name), "keptLayerCount": .count(image.base.layerCount),
            "dropped": .array(image.dropped.map { .object(PathText.fields($0)) }),
            "layers": .array(image.layers.map(json)),
            "sharedWith": .array(
                image.sharing.map {
                    .object(["image": .string($0.image), "before": part($0.before), "after": part($0.after)])
                }),
        ])
    }

    private static func json(_ layer: OptimizedImage.Layer) -> JSONValue {
        var waste: JSONFields = [:]
        for part in layer.waste { waste[ExactText(part.cause.name)] = .integer(part.bytes) }
        return .object([
            "change": .string(layer.change.rawValue), "createdBy": .optional(layer.createdBy),
            "beforeBytes": .integer(layer.beforeBytes), "afterBytes": .integer(layer.afterBytes),
            "entryCount": .count(layer.entryCount), "wastedBytesBefore": .object(waste),
        ])
    }
}
