package import LayerAnalysis
package import OCISpec

/// `scan --format json`.
package enum ScanJSON {
    /// The document of all images of a scan and of what they share.
    package static func document(_ images: [ImageAnalysis], _ sharing: LayerSharing) -> JSONValue {
        JSONReport.document(
            "scan",
            [
                "images": .array(images.map { AnalysisJSON.document($0) }),
                "sharing": self.sharing(sharing),
            ])
    }

    /// What images share; the layers one by one only where they are asked for.
    static func sharing(_ sharing: LayerSharing, listsLayers: Bool = true) -> JSONValue {
        var fields: JSONFields = [
            "layerCount": .count(sharing.layerCount),
            "uniqueLayerCount": .count(sharing.uniqueLayerCount),
            "sharedLayerCount": .count(sharing.sharedLayerCount),
            "totalCompressedBytes": .integer(sharing.totalCompressedBytes),
            "uniqueCompressedBytes": .integer(sharing.uniqueCompressedBytes),
            "savedBytes": .integer(sharing.savedBytes),
        ]
        if listsLayers { fields["layers"] = .array(sharing.layers.map(layer)) }
        return .object(fields)
    }

    private static func layer(_ layer: LayerSharing.SharedLayer) -> JSONValue {
        .object([
            "diffID": .string(layer.diffID.description),
            "compressedBytes": .integer(layer.compressedBytes),
            "images": .array(layer.images.map { .string($0) }),
        ])
    }
}
