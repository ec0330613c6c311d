package import LayerAnalysis
package import OCISpec
import PackageDatabases

/// `analyze --format json`, and each element of `scan`'s `images`.
package enum AnalysisJSON {
    /// The document of `analysis`; lists longer than `top` are cut, `nil` leaves them whole.
    ///
    /// `packages` stands in it where an inventory was made.
    package static func document(_ analysis: ImageAnalysis, _ inventory: PackageInventory? = nil, top: Int? = nil) -> JSONValue {
        let limit = top ?? .max
        let packages = inventory.map { ["packageInventory": self.packages($0, top: top)] } ?? [:]
        return JSONReport.document(
            "image-analysis",
            packages.merging([
                "image": image(analysis.image),
                "isPartial": .bool(analysis.totals.isPartial),
                "totals": totals(analysis.totals),
                "waste": .object(
                    Dictionary(uniqueKeysWithValues: analysis.waste.map { ($0.cause.name, .optional($0.bytes)) })),
                "layers": .array(analysis.layers.map(layer)),
                "wastedPaths": .array(analysis.wastedPaths.prefix(limit).map(wastedPath)),
                "duplicates": .array(analysis.duplicates.prefix(limit).map(duplicate)),
                "hints": .array(analysis.hints.prefix(limit).map(hint)),
            ]) { own, _ in own })
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
        let causes = Dictionary(uniqueKeysWithValues: path.causes.map { ($0.cause.name, JSONValue.integer($0.bytes)) })
        return .object(
            PathText.fields(path.path).merging([
                "wastedBytes": .integer(path.wastedBytes),
                "copies": .count(path.copies),
                "causes": .object(causes),
                "layers": .array(path.layers.map(JSONValue.count)),
                "hiddenBy": .array(path.hiddenBy.map(JSONValue.count)),
            ]) { own, _ in own })
    }

    private static func duplicate(_ group: DuplicateGroup) -> JSONValue {
        .object(
            PathText.fields(group.paths).merging([
                "bytes": .integer(group.bytes),
                "copies": .count(group.copies),
                "extraBytes": .integer(group.extraBytes),
            ]) { own, _ in own })
    }

    private static func hint(_ hint: Hint) -> JSONValue {
        .object(
            PathText.fields(hint.paths).merging([
                "rule": .string(hint.rule),
                "bytes": .integer(hint.bytes),
                "layer": .count(hint.layer),
                "advice": .string(hint.advice),
            ]) { own, _ in own })
    }
}
