package import LayerAnalysis
package import OCISpec
import PackageDatabases

/// `analyze --format json`, and each element of `scan`'s `images`.
package enum AnalysisJSON {
    /// The document of `analysis`, whole; of a list of more than `mostPaths` paths these, and how many there are.
    package static func document(_ analysis: ImageAnalysis, mostPaths: Int = .max) -> JSONValue {
        var fields = fields(analysis)
        fields["wastedPaths"] = .array(analysis.wastedPaths.map(wastedPath))
        fields["duplicates"] = .array(analysis.duplicates.map { duplicate($0, mostPaths) })
        fields["hints"] = .array(analysis.hints.map { hint($0, mostPaths) })
        return JSONReport.document("image-analysis", fields)
    }

    /// Writes the document; lists longer than `top` are cut, `nil` leaves them whole.
    ///
    /// `packages` stands in it where an inventory was made.
    package static func write(
        _ analysis: ImageAnalysis, _ inventory: PackageInventory? = nil, top: Int? = nil, to stream: ReportStream
    ) throws {
        let limit = top ?? .max
        var fields = fields(analysis)
        if let inventory { fields["packageInventory"] = packages(inventory, top: top) }
        try stream.write(
            document: "image-analysis", fields,
            lists: [
                "wastedPaths": JSONList(analysis.wastedPaths.prefix(limit), wastedPath),
                "duplicates": JSONList(analysis.duplicates.prefix(limit)) { duplicate($0) },
                "hints": JSONList(analysis.hints.prefix(limit)) { hint($0) },
            ])
    }

    /// All but the lists of paths.
    private static func fields(_ analysis: ImageAnalysis) -> JSONFields {
        [
            "image": image(analysis.image),
            "isPartial": .bool(analysis.totals.isPartial),
            "totals": totals(analysis.totals),
            "waste": waste(analysis),
            "layers": .array(analysis.layers.map(layer)),
        ]
    }

    /// Bytes by cause.
    static func waste(_ analysis: ImageAnalysis) -> JSONValue {
        .object(Dictionary(uniqueKeysWithValues: analysis.waste.map { (ExactText($0.cause.name), .optional($0.bytes)) }))
    }

    /// The packages, most bytes first, and what belongs to none.
    package static func packages(_ inventory: PackageInventory, top: Int? = nil) -> JSONValue {
        .object([
            "packages": .array(PackageText.largest(inventory.packages).prefix(top ?? .max).map(package)),
            "unownedBytes": .optional(inventory.unownedBytes),
            "problems": .array(inventory.problems.map { .string(PackageText.sentence($0)) }),
        ])
    }

    private static func package(_ package: MeasuredPackage) -> JSONValue {
        .object([
            "manager": .string(package.manager.rawValue),
            "name": .string(package.name),
            "version": .string(package.version),
            "architecture": .optional(package.architecture),
            "bytes": .integer(package.bytes),
            "fileCount": .count(package.fileCount),
        ])
    }

    static func image(_ image: AnalyzedImage) -> JSONValue {
        .object([
            "name": .optional(image.name),
            "manifestDigest": .optional(image.manifestDigest?.description),
            "imageID": .optional(image.imageID?.description),
            "platform": .optional(image.platform),
            "created": .optional(image.created),
        ])
    }

    static func totals(_ totals: AnalysisTotals) -> JSONValue {
        .object([
            "layerCount": .count(totals.layerCount),
            "unknownLayerCount": .count(totals.unknownLayerCount),
            "entryCount": .optional(totals.entryCount),
            "compressedBytes": .integer(totals.compressedBytes),
            "tarBytes": .optional(totals.tarBytes),
            "contentBytes": .optional(totals.contentBytes),
            "visibleBytes": .optional(totals.visibleBytes),
            "wastedBytes": .optional(totals.wastedBytes),
            "efficiency": .optional(totals.efficiency),
            "userContentBytes": .optional(totals.user?.contentBytes),
            "userWastedBytes": .optional(totals.user?.wastedBytes),
            "userWastedRatio": .optional(totals.user?.wastedRatio),
        ])
    }

    private static func layer(_ layer: AnalyzedLayer) -> JSONValue {
        .object([
            "index": .count(layer.index),
            "diffID": .string(layer.identity.diffID.description),
            "digest": .string(layer.identity.digest.description),
            "mediaType": .string(layer.identity.mediaType),
            "createdBy": .optional(layer.identity.createdBy),
            "compressedBytes": .integer(layer.identity.compressedBytes),
            "tarBytes": .optional(layer.identity.tarBytes),
            "contentBytes": .optional(layer.figures.contentBytes),
            "hiddenBytes": .optional(layer.figures.hiddenBytes),
            "hidesBytes": .optional(layer.figures.hidesBytes),
            "entryCount": .optional(layer.figures.entryCount),
            "addedCount": .optional(layer.figures.addedCount),
            "modifiedCount": .optional(layer.figures.modifiedCount),
            "removedCount": .optional(layer.figures.removedCount),
            "isBase": .optional(layer.isBase),
        ])
    }

    private static func wastedPath(_ path: WastedPath) -> JSONValue {
        let causes = Dictionary(uniqueKeysWithValues: path.causes.map { (ExactText($0.cause.name), JSONValue.integer($0.bytes)) })
        return .object(
            PathText.fields(path.path).merging([
                "wastedBytes": .integer(path.wastedBytes),
                "copies": .count(path.copies),
                "causes": .object(causes),
                "layers": .array(path.layers.map(JSONValue.count)),
                "hiddenBy": .array(path.hiddenBy.map(JSONValue.count)),
            ]) { own, _ in own })
    }

    private static func duplicate(_ group: DuplicateGroup, _ mostPaths: Int = .max) -> JSONValue {
        .object(
            paths(group.paths, mostPaths).merging([
                "bytes": .integer(group.bytes),
                "copies": .count(group.copies),
                "extraBytes": .integer(group.extraBytes),
            ]) { own, _ in own })
    }

    private static func hint(_ hint: Hint, _ mostPaths: Int = .max) -> JSONValue {
        .object(
            paths(hint.paths, mostPaths).merging([
                "rule": .string(hint.rule),
                "bytes": .integer(hint.bytes),
                "layer": .count(hint.layer),
                "advice": .string(hint.advice),
            ]) { own, _ in own })
    }

    private static func paths(_ all: [[UInt8]], _ most: Int) -> JSONFields {
        guard all.count > most else { return PathText.fields(all) }
        return PathText.fields(Array(all.prefix(most))).merging(["pathCount": .count(all.count)]) { own, _ in own }
    }
}
