package import ImageStorage
package import LayerAnalysis
import OCISpec

/// Reports as one HTML file each: it needs no network, works from a disk, and carries its data as JSON.
///
/// Styles and scripts are files of this module's folder `Page`, built into the program.
package enum HTMLPage {
    /// The page of an image; `stored` are all its bytes by path.
    ///
    /// With a trend it has a chart of that.
    package static func page(
        _ analysis: ImageAnalysis, _ inventory: PackageInventory, _ stored: StoredContents, _ trend: SizeTrend? = nil
    ) -> [UInt8] {
        let packages = PackageText.largest(inventory.packages)
        let data: JSONFields = [
            "analysis": AnalysisJSON.document(analysis.forPage, mostPaths: PageLimits.paths),
            "packages": AnalysisJSON.packages(inventory, top: PageLimits.rows),
            "leftOut": .fields(
                ["packages": PageLimits.leftOut(packages, \.bytes, all: "strata analyze --packages --format json")],
                and: analysis.leftOutOfPage),
            "trend": .array(trend.map { TrendReport.images($0, []) } ?? []),
        ]
        return page(
            title: analysis.image.label, data, tree: PathColumns.text(stored), script: PackageResources.image_js)
    }

    /// The page of a diff.
    package static func page(_ diff: ImageDiff) -> [UInt8] {
        let paths = diff.paths.forPage
        let data: JSONFields = [
            "diff": DiffJSON.document(diff, paths: paths.kept), "leftOut": .fields(["paths": paths.leftOut]),
        ]
        return page(
            title: "\(diff.a.label) → \(diff.b.label)", data, tree: PathColumns.text(diff.paths),
            script: PackageResources.diff_js)
    }

    static func page(title: String, _ data: JSONFields, tree: [UInt8], script: [UInt8]) -> [UInt8] {
        var page = Array(
            """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
            <meta name="generator" content="strata">
            <title>\(escaped(title))</title>
            <style>

            """.utf8)
        page += PackageResources.page_css
        page += Array("</style>\n</head>\n<body>\n<script type=\"application/json\" id=\"data\">".utf8)
        let texts = data.sorted { $0.key < $1.key }.map { (name: $0.key.text, text: JSONText($0.value, .withinMarkup).bytes) }
        page += JSONText.object(texts + [(name: "tree", text: tree)])
        page += Array("</script>\n".utf8)
        for part in [PackageResources.core_js, PackageResources.treemap_js, script, PackageResources.start_js] {
            page += Array("<script>\n".utf8) + part + Array("</script>\n".utf8)
        }
        return page + Array("</body>\n</html>\n".utf8)
    }

    /// Text in which nothing is markup.
    static func escaped(_ text: String) -> String {
        PathText.printable(text).replacingScalars { scalar in
            switch scalar {
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            case "\"": "&quot;"
            default: nil
            }
        }
    }
}
