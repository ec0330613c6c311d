import LayerAnalysis
import OCISpec

/// An image's totals as a line: the figures of an analysis, by the names that it has for them.
struct SummedImage {
    private let analysis: ImageAnalysis
    /// Layers that were told by their tables of contents, which must be read whole to tell files that were stored anew from files that
    /// are the same but for their metadata.
    private let unsettled: [Digest]

    init(_ analysis: ImageAnalysis, unsettled: [Digest]) {
        self.analysis = analysis
        self.unsettled = unsettled
    }

    /// The line, with the fields of the image's own.
    func line(_ others: [UInt8]) -> JSONLine {
        let totals = analysis.totals
        var line = JSONLine()
        line.begin()
        line.field("layerCount", Int64(totals.layerCount))
        line.field("unknownLayerCount", Int64(totals.unknownLayerCount))
        line.field("isPartial", totals.isPartial)
        line.field("entryCount", totals.entryCount.map(Int64.init))
        line.field("compressedBytes", totals.compressedBytes)
        line.field("tarBytes", totals.tarBytes)
        line.field("contentBytes", totals.contentBytes)
        line.field("visibleBytes", totals.visibleBytes)
        line.field("wastedBytes", totals.wastedBytes)
        line.key("efficiency")
        line.value(totals.efficiency.map { .number($0) } ?? .null)
        line.key("waste")
        line.begin()
        for (cause, bytes) in analysis.waste { line.field(cause.word, isSettled(cause) ? bytes : nil) }
        line.endObject()
        if !unsettled.isEmpty { line.field("unsettled", json: .textList(unsettled.map(\.description))) }
        line.raw(others)
        line.end()
        return line
    }

    private func isSettled(_ cause: WasteCause) -> Bool {
        unsettled.isEmpty || (cause != .overwritten && cause != .metadataOnly)
    }
}
