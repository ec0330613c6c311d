package import LayerAnalysis
import OCISpec
import PackageDatabases

/// An image's lists as comma-separated values; numbers of bytes are whole.
package enum AnalysisCSV {
    /// A row for each layer of each image: `analyze` and `scan` with `--format csv`.
    package static func layers(_ images: [ImageAnalysis]) -> String {
        CSVText.text(
            [
                "image", "layer", "diffID", "compressedBytes", "tarBytes", "contentBytes", "hiddenBytes", "hidesBytes",
                "entryCount", "addedCount", "modifiedCount", "removedCount", "isBase", "createdBy",
            ],
            images.lazy.flatMap { image in
                image.layers.map { layer in
                    let figures = layer.figures
                    return [
                        image.image.label, "\(layer.index)", layer.identity.diffID.description,
                        "\(layer.identity.compressedBytes)", known(layer.identity.tarBytes), known(figures.contentBytes),
                        known(figures.hiddenBytes), known(figures.hidesBytes), known(figures.entryCount),
                        known(figures.addedCount), known(figures.modifiedCount), known(figures.removedCount),
                        known(layer.isBase), layer.identity.createdBy ?? "",
                    ]
                }
            })
    }

    /// A value; empty where it is not known.
    private static func known(_ value: (some CustomStringConvertible)?) -> String { value?.description ?? "" }

    /// Writes a row for each path with wasted bytes.
    package static func writeWastedPaths(_ image: ImageAnalysis, to stream: ReportStream) throws {
        try CSVText.write(
            ["path", "wastedBytes", "copies", "causes", "layers", "hiddenBy"],
            image.wastedPaths.lazy.map { path in
                [
                    "/" + PathText.text(path.path).text, "\(path.wastedBytes)", "\(path.copies)",
                    path.causes.map(\.cause.name).joined(separator: " "), numbers(path.layers), numbers(path.hiddenBy),
                ]
            }, to: stream)
    }

    /// Writes a row for each path of files that are there more than once.
    package static func writeDuplicates(_ image: ImageAnalysis, to stream: ReportStream) throws {
        try CSVText.write(
            ["group", "bytes", "copies", "extraBytes", "path"],
            image.duplicates.enumerated().lazy.flatMap { number, group in
                group.paths.lazy.map { path in
                    ["\(number)", "\(group.bytes)", "\(group.copies)", "\(group.extraBytes)", "/" + PathText.text(path).text]
                }
            }, to: stream)
    }

    /// A row for each package, one without a manager for what belongs to none, and a note for each reason why some may be missing.
    package static func packages(_ inventory: PackageInventory) -> String {
        let rows = inventory.packages.map { package in
            [
                package.manager.rawValue, package.name, package.version, package.architecture ?? "", "\(package.bytes)",
                "\(package.fileCount)",
            ]
        }
        return CSVText.text(
            ["manager", "name", "version", "architecture", "bytes", "fileCount"],
            rows + [["", "", "", "", known(inventory.unownedBytes), ""]]
                + PackageText.notes(inventory.problems).map { ["note", $0, "", "", "", ""] })
    }

    private static func numbers(_ layers: [Int]) -> String { layers.map { "\($0)" }.joined(separator: " ") }
}
