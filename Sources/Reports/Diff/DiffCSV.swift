package import LayerAnalysis

/// `diff --format csv`: the paths that differ.
package enum DiffCSV {
    /// Writes a row for each path.
    package static func write(_ diff: ImageDiff, to stream: ReportStream) throws {
        try CSVText.write(
            ["path", "change", "fields", "bytesBefore", "bytesAfter", "layerBefore", "layerAfter"],
            diff.paths.lazy.map { path in
                [
                    "/" + PathText.text(path.path).text, path.change.rawValue, path.fields.names.joined(separator: " "),
                    "\(path.bytesBefore)", "\(path.bytesAfter)", path.layerBefore.map { "\($0)" } ?? "",
                    path.layerAfter.map { "\($0)" } ?? "",
                ]
            }, to: stream)
    }
}
