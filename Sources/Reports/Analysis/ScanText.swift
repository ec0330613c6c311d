package import LayerAnalysis
import OCISpec

/// `scan` as text.
package enum ScanText {
    /// A table per image, then what all of them share.
    package static func text(_ images: [ImageAnalysis], _ sharing: LayerSharing, _ style: TextStyle) -> String {
        let parts = images.map { AnalysisText.summary($0, style) } + (images.count > 1 ? [self.sharing(sharing, style)] : [])
        return parts.joined(separator: "\n")
    }

    private static func sharing(_ sharing: LayerSharing, _ style: TextStyle) -> String {
        var text = style.paint("sharing", .heading) + "  "
        text += AnalysisText.counted(sharing.layerCount, "layer") + ", \(sharing.uniqueLayerCount) different\n"
        text += "\(ByteText.text(sharing.totalCompressedBytes)) compressed, "
        text += "\(ByteText.text(sharing.uniqueCompressedBytes)) stored once, "
        text += style.paint("\(ByteText.text(sharing.savedBytes)) saved", sharing.savedBytes > 0 ? .good : nil) + "\n"
        guard !sharing.layers.isEmpty else { return text }
        var table = TextTable([.init("COMPRESSED", .right), .init("DIFF ID"), .init("SHARED BY", shrinksTo: 20)])
        for layer in sharing.layers {
            table.add([
                .init(ByteText.text(layer.compressedBytes)), .init(layer.diffID.short),
                .init(layer.images.joined(separator: ", ")),
            ])
        }
        return text + "\n" + table.text(style)
    }
}
