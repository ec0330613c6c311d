package import LayerAnalysis
import OCISpec

/// `analyze`, and the part of `scan` that is about one image, as text.
package enum AnalysisText {
    /// One image in depth: layers, waste by cause and path, duplicates, hints; at most `top` lines of each list.
    package static func text(
        _ analysis: ImageAnalysis, _ inventory: PackageInventory? = nil, _ style: TextStyle, top: Int
    ) -> String {
        [
            summary(analysis, style),
            wastedPaths(analysis, style, top),
            duplicates(analysis, style, top),
            hints(analysis, style, top),
            inventory.map { packages($0, style, top) } ?? "",
        ].filter { !$0.isEmpty }.joined(separator: "\n")
    }

    /// The image, its layers, its sums and its waste by cause.
    package static func summary(_ analysis: ImageAnalysis, _ style: TextStyle) -> String {
        let parts = [heading(analysis, style), layers(analysis, style), totals(analysis, style), causes(analysis, style)]
        return parts.filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private static func heading(_ analysis: ImageAnalysis, _ style: TextStyle) -> String {
        let image = analysis.image
        let facts = [
            image.platform, counted(analysis.totals.layerCount, "layer"),
            analysis.totals.entryCount.map { counted($0, "entry", "entries") } ?? "\(ByteText.unknown) entries",
            image.imageID.map { "ID \($0.short)" },
        ].compactMap { $0 }
        return style.paint(image.name ?? "<none>", .heading) + "  " + PathText.printable(facts.joined(separator: ", ")) + "\n"
    }

    private static func layers(_ analysis: ImageAnalysis, _ style: TextStyle) -> String {
        guard !analysis.layers.isEmpty else { return "" }
        var table = TextTable([
            .init("LAYER", .right), .init("COMPRESSED", .right), .init("TAR", .right), .init("CONTENT", .right),
            .init("HIDDEN", .right), .init("CREATED BY", shrinksTo: 20),
        ])
        for layer in analysis.layers {
            let hidden = layer.figures.hiddenBytes
            let isBad = hidden.map { $0 > 0 } ?? false
            let base = layer.isBase == true ? "(base) " : ""
            table.add([
                .init("\(layer.index)"), .init(ByteText.text(layer.identity.compressedBytes)),
                .init(ByteText.known(layer.identity.tarBytes)), .init(ByteText.known(layer.figures.contentBytes)),
                .init(ByteText.known(hidden), isBad ? .bad : nil),
                .init(base + instruction(layer.identity.createdBy), layer.isBase == true ? .quiet : nil),
            ])
        }
        return table.text(style)
    }

    private static func totals(_ analysis: ImageAnalysis, _ style: TextStyle) -> String {
        let totals = analysis.totals
        let wasted = style.paint(
            "\(ByteText.known(totals.wastedBytes)) wasted", totals.wastedBytes.map { $0 > 0 ? .bad : .good })
        var text =
            "\(ByteText.known(totals.contentBytes)) stored by layers, \(ByteText.known(totals.visibleBytes)) visible, \(wasted)"
        text += ", efficiency \(efficiency(totals))\n"
        if let user = totals.user {
            text +=
                "\(ByteText.known(user.contentBytes)) stored above the base image, \(ByteText.known(user.wastedBytes)) of it wasted"
            text += user.wastedBytes == nil ? "\n" : " (\(ByteText.percent(user.wastedRatio)))\n"
        }
        return text + (partialRemark(totals).map { style.paint($0, .notable) + "\n" } ?? "")
    }

    /// The efficiency; `-` where it is not known, and other than that where there is nothing to divide by.
    static func efficiency(_ totals: AnalysisTotals) -> String {
        totals.isPartial ? ByteText.unknown : ByteText.percent(totals.efficiency)
    }

    /// What of the image is not known; nil where nothing is.
    package static func partialRemark(_ totals: AnalysisTotals) -> String? {
        guard totals.isPartial else { return nil }
        return partialRemark(unknown: totals.unknownLayerCount, of: totals.layerCount)
    }

    static func partialRemark(unknown: Int, of count: Int) -> String {
        unknown > 0
            ? "partial: the content of \(unknown) of \(counted(count, "layer")) is not known"
            : "partial: names that are not UTF-8 cannot be told apart, so it is not known what is hidden"
    }

    private static func causes(_ analysis: ImageAnalysis, _ style: TextStyle) -> String {
        let causes = analysis.waste.compactMap { cause, bytes in bytes.map { (cause: cause, bytes: $0) } }
            .filter { $0.bytes > 0 }.sorted { $0.bytes > $1.bytes }
        guard !causes.isEmpty else { return "" }
        var table = TextTable([.init("WASTED", .right), .init("CAUSE"), .init("BECAUSE", shrinksTo: 20)])
        for cause in causes {
            table.add([.init(ByteText.text(cause.bytes), .bad), .init(cause.cause.name), .init(cause.cause.explanation, .quiet)])
        }
        return table.text(style)
    }

    private static func wastedPaths(_ analysis: ImageAnalysis, _ style: TextStyle, _ top: Int) -> String {
        guard !analysis.wastedPaths.isEmpty else { return "" }
        var table = TextTable([
            .init("WASTED", .right), .init("STORED", .right), .init("HIDDEN", .right), .init("CAUSE"),
            .init("PATH", shrinksTo: 20),
        ])
        for path in analysis.wastedPaths.prefix(top) {
            table.add([
                .init(ByteText.text(path.wastedBytes), .bad), .init(numbers(path.layers)), .init(numbers(path.hiddenBy)),
                .init(path.causes.map(\.cause.name).joined(separator: ",")), .init("/" + PathText.display(path.path)),
            ])
        }
        return table.text(style) + more(analysis.wastedPaths.count, top, "path", "paths")
    }

    private static func duplicates(_ analysis: ImageAnalysis, _ style: TextStyle, _ top: Int) -> String {
        guard !analysis.duplicates.isEmpty else { return "" }
        var table = TextTable([
            .init("EXTRA", .right), .init("COPIES", .right), .init("EACH", .right), .init("SAME CONTENT AT", shrinksTo: 20),
        ])
        for group in analysis.duplicates.prefix(top) {
            let rest = group.paths.count > 1 ? " and \(group.paths.count - 1) more" : ""
            table.add([
                .init(ByteText.text(group.extraBytes), .notable), .init("\(group.copies)"), .init(ByteText.text(group.bytes)),
                .init("/" + PathText.display(group.paths.first ?? []) + rest),
            ])
        }
        return table.text(style) + more(analysis.duplicates.count, top, "group", "groups")
    }

    private static func hints(_ analysis: ImageAnalysis, _ style: TextStyle, _ top: Int) -> String {
        guard !analysis.hints.isEmpty else { return "" }
        var table = TextTable([
            .init("LEFT OVER", .right), .init("LAYER", .right), .init("WHAT"), .init("ADVICE", shrinksTo: 30),
        ])
        for hint in analysis.hints.prefix(top) {
            table.add([
                .init(ByteText.text(hint.bytes), .notable), .init("\(hint.layer)"), .init(hint.rule), .init(hint.advice),
            ])
        }
        return table.text(style) + more(analysis.hints.count, top, "hint", "hints")
    }

    private static func packages(_ inventory: PackageInventory, _ style: TextStyle, _ top: Int) -> String {
        var text = PackageText.table(inventory.packages, style, top: top)
        text += more(inventory.packages.count, top, "package", "packages")
        text += "\(ByteText.known(inventory.unownedBytes)) visible in no package\n"
        return text + PackageText.notes(inventory.problems).map { "note: \($0)\n" }.joined()
    }

    /// The instruction in one line, without the shell that every RUN is wrapped in.
    package static func instruction(_ createdBy: String?) -> String {
        guard let createdBy else { return "-" }
        let words = createdBy.unicodeScalars.split { $0.properties.isWhitespace }.map(String.init).joined(separator: " ")
        for (prefix, replacement) in [("/bin/sh -c #(nop) ", ""), ("/bin/sh -c ", "RUN "), ("RUN /bin/sh -c ", "RUN ")]
        where words.utf8.starts(with: prefix.utf8) {
            return PathText.printable(replacement + String(words.unicodeScalars.dropFirst(prefix.utf8.count)))
        }
        return PathText.printable(words)
    }

    /// `1 layer`, `2 layers`.
    package static func counted(_ count: Int, _ one: String, _ many: String? = nil) -> String {
        "\(count) \(count == 1 ? one : many ?? one + "s")"
    }

    private static func numbers(_ layers: [Int]) -> String {
        layers.count > 3 ? "\(layers[0])…\(layers[layers.count - 1])" : layers.map(String.init).joined(separator: ",")
    }

    static func more(_ count: Int, _ top: Int, _ one: String, _ many: String) -> String {
        count > top ? "and \(counted(count - top, "more " + one, "more " + many)); `--top N` shows them\n" : ""
    }
}

extension WasteCause {
    /// The cause in words.
    package var explanation: String {
        switch self {
        case .overwritten: "a later layer stores other content there"
        case .metadataOnly: "a later layer only changes its mode, owner or times"
        case .typeChange: "a later layer puts something other than a file there"
        case .deleted: "a later layer deletes it or a directory above it"
        case .opaque: "a later layer replaces a directory above it"
        case .duplicateEntry: "the same layer stores it again"
        }
    }
}
