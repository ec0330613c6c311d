package import LayerAnalysis
import OCISpec
import PackageDatabases

/// `diff --format json`.
package enum DiffJSON {
    /// Writes the document; lists longer than `top` are cut, `nil` leaves them whole.
    package static func write(_ diff: ImageDiff, top: Int? = nil, to stream: ReportStream) throws {
        let paths = AnySequence(diff.paths).prefix(top ?? .max)
        try stream.write(document: "image-diff", fields(diff, top ?? .max), lists: ["paths": JSONList(paths, path)])
    }

    /// The document as a page carries it, with these paths only.
    static func document(_ diff: ImageDiff, paths: [PathChange]) -> JSONValue {
        JSONReport.document(
            "image-diff", fields(diff, .max).merging(["paths": .array(paths.map(path))]) { own, _ in own })
    }

    /// All but the paths.
    private static func fields(_ diff: ImageDiff, _ limit: Int) -> JSONFields {
        [
            "a": AnalysisJSON.image(diff.a),
            "b": AnalysisJSON.image(diff.b),
            "isPartial": .bool(diff.totals.isPartial),
            "totals": totals(diff.totals),
            "layers": .array(diff.layers.map(layer)),
            "packages": .array(diff.packages.prefix(limit).map(package)),
            "packageProblems": .array(diff.packageProblems.map { .string(PackageText.sentence($0)) }),
            "config": .array(diff.config.map(config)),
            "history": .array(
                diff.history.map { step in
                    .object(["change": .string(step.isAdded ? "added" : "removed"), "createdBy": .string(step.createdBy)])
                }),
        ]
    }

    private static func totals(_ totals: DiffTotals) -> JSONValue {
        let paths = totals.paths
        return .object([
            "addedBytes": .optional(paths?.addedBytes),
            "removedBytes": .optional(paths?.removedBytes),
            "modifiedBytesBefore": .optional(paths?.modifiedBytesBefore),
            "modifiedBytesAfter": .optional(paths?.modifiedBytesAfter),
            "addedCount": .optional(paths?.addedCount),
            "removedCount": .optional(paths?.removedCount),
            "modifiedCount": .optional(paths?.modifiedCount),
            "metadataCount": .optional(paths?.metadataCount),
            "timesOnlyCount": .optional(paths?.timesOnlyCount),
            "visibleBytesBefore": .optional(totals.visibleBytesBefore),
            "visibleBytesAfter": .optional(totals.visibleBytesAfter),
            "contentBytesBefore": .optional(totals.contentBytesBefore),
            "contentBytesAfter": .optional(totals.contentBytesAfter),
            "unknownLayerCountBefore": .count(totals.unknownLayerCountBefore),
            "unknownLayerCountAfter": .count(totals.unknownLayerCountAfter),
            "compressedBytesBefore": .integer(totals.compressedBytesBefore),
            "compressedBytesAfter": .integer(totals.compressedBytesAfter),
            "visibleDelta": .optional(totals.visibleDelta),
            "contentDelta": .optional(totals.contentDelta),
            "compressedDelta": .integer(totals.compressedDelta),
            "wastedDelta": .optional(totals.wastedDelta),
        ])
    }

    private static func path(_ path: PathChange) -> JSONValue {
        .object(
            PathText.fields(path.path).merging([
                "change": .string(path.change.rawValue),
                "fields": .array(path.fields.names.map { .string($0) }),
                "bytesBefore": .integer(path.bytesBefore),
                "bytesAfter": .integer(path.bytesAfter),
                "typeBefore": .optional(path.kindBefore?.reportName),
                "typeAfter": .optional(path.kindAfter?.reportName),
                "layerBefore": .optional(path.layerBefore.map(Int64.init)),
                "layerAfter": .optional(path.layerAfter.map(Int64.init)),
            ]) { own, _ in own })
    }

    private static func layer(_ layer: LayerChange) -> JSONValue {
        .object([
            "change": .string(layer.change.rawValue),
            "indexBefore": .optional(layer.indexBefore.map(Int64.init)),
            "indexAfter": .optional(layer.indexAfter.map(Int64.init)),
            "diffID": .string(layer.identity.diffID.description),
            "compressedBytes": .integer(layer.identity.compressedBytes),
            "contentBytes": .optional(layer.contentBytes),
            "knownBytes": .optional(layer.knownBytes),
            "hidesBytes": .optional(layer.hidesBytes),
            "counterpart": .optional(layer.counterpart.map(Int64.init)),
            "createdBy": .optional(layer.identity.createdBy),
        ])
    }

    private static func package(_ package: PackageChange) -> JSONValue {
        .object([
            "manager": .string(package.manager.rawValue),
            "name": .string(package.name),
            "before": .optional(package.before),
            "after": .optional(package.after),
            "bytesBefore": .integer(package.bytesBefore),
            "bytesAfter": .integer(package.bytesAfter),
        ])
    }

    private static func config(_ line: ConfigChangeLine) -> JSONValue {
        .object(["field": .string(line.field), "before": .optional(line.before), "after": .optional(line.after)])
    }
}
