import OCISpec

/// A line of an image, as a listing writes it, for a summation.
struct ListedImageLine {
    /// Lowest first.
    let layers: [Descriptor]
    /// Fields that are passed on, as they stand, each with a comma before it.
    private(set) var others: [UInt8] = []

    /// Lists about layers, which are answered in sum, and fields of the answer, which no other takes the place of.
    private static let answered: Set = [
        "layers", "diffIDs", "layerCount", "unknownLayerCount", "isPartial", "entryCount", "compressedBytes", "tarBytes",
        "contentBytes", "visibleBytes", "wastedBytes", "efficiency", "waste", "unsettled", "error", "retry",
    ]

    /// A line that was read once, for its layers.
    init(_ line: [UInt8], _ layers: [Descriptor]) {
        self.layers = layers
        var others: [UInt8] = []
        line.withUnsafeBufferPointer { bytes in
            _ = ListingLine.read(bytes) { name, reader throws(ListingLineError) in
                let value = try ListingLine.raw(&reader)
                if !Self.answered.contains(name) { others += ListingLine.field(name, value) }
            }
        }
        self.others = others
    }
}
