import ImageStorage
package import OCISpec
package import Operations

/// `trend`: the sizes of a repository's images over time.
package struct TrendReport: Sendable {
    /// How a line of small bars is drawn, where one is.
    package enum Drawing: Sendable { case none, ascii, blocks }

    private let name: String
    private let trend: SizeTrend
    private let clock: SizeTrend.Clock
    private let current: Set<Digest>

    /// A report of a trend.
    package init(_ trend: RepositoryTrend) {
        name = trend.name
        self.trend = trend.trend
        clock = trend.clock
        current = trend.current
    }

    // MARK: Text

    /// A line for each image, oldest first, and a line of bars where one is drawn.
    package func text(_ style: TextStyle, _ drawing: Drawing) -> String {
        let heading = style.paint(PathText.printable(name), .heading)
        guard let first = trend.points.first, let last = trend.points.last else { return heading + "  no images\n" }
        let count = AnalysisText.counted(trend.points.count, "image")
        let platform = trend.platform.map { ", " + PathText.printable($0) } ?? ""
        var text = "\(heading)  \(count)\(platform)\n\n" + table(style)
        text += "\n" + change("stored by layers", first, last) { $0.contentBytes }
        text += change("compressed", first, last) { $0.compressedBytes }
        return text + bars(style, drawing)
    }

    private func table(_ style: TextStyle) -> String {
        var table = TextTable([
            .init(clock == .created ? "CREATED" : "OBSERVED"), .init("TAG", shrinksTo: 10), .init("IMAGE ID"),
            .init("COMPRESSED", .right), .init("CONTENT", .right), .init("CHANGE", .right), .init("WASTED", .right),
        ])
        var before: Int64?
        for point in trend.points {
            let image = point.observation.image
            let delta = difference(before, image.contentBytes)
            let isGone = !current.contains(image.manifest)
            table.add([
                .init(date(point.time) + (isTimeOfName(point) ? " *" : "")),
                .init(PathText.printable(point.observation.tag ?? "-")),
                .init(image.imageID.short, isGone ? .quiet : nil), .init(ByteText.text(image.compressedBytes)),
                .init(ByteText.known(image.contentBytes)),
                .init(delta.map(ByteText.signed) ?? ByteText.unknown, delta.flatMap { $0 > 0 ? .bad : $0 < 0 ? .good : nil }),
                .init(ByteText.known(image.wastedBytes)),
            ])
            before = image.contentBytes
        }
        let remark =
            trend.points.contains(where: isTimeOfName) ? "* when the name came to mean it: its own date is not known\n" : ""
        return table.text(style) + remark
    }

    /// Whether the time is not the image's own, where that was wanted.
    private func isTimeOfName(_ point: SizeTrend.Point) -> Bool {
        clock == .created && point.observation.image.created == nil
    }

    private func change(
        _ title: String, _ first: SizeTrend.Point, _ last: SizeTrend.Point, _ figure: (ObservedImage) -> Int64?
    ) -> String {
        let (before, after) = (figure(first.observation.image), figure(last.observation.image))
        let row = DiffRow(name: title, before: before, after: after)
        return "\(title): \(ByteText.known(before)) → \(ByteText.known(after)), \(row.change)\n"
    }

    private func bars(_ style: TextStyle, _ drawing: Drawing) -> String {
        guard drawing != .none, trend.points.count > 1 else { return "" }
        let values = trend.points.map(\.observation.image.contentBytes)
        guard let least = values.compactMap(\.self).min(), let most = values.compactMap(\.self).max() else { return "" }
        let range = least == most ? ByteText.text(most) : "\(ByteText.text(least)) to \(ByteText.text(most))"
        let width = max(10, style.width - range.utf8.count - 2)
        return Sparkline.text(values, drawing == .blocks ? .blocks : .ascii, width: width) + "  " + range + "\n"
    }

    /// `2024-05-06 07:08`, in Greenwich.
    private func date(_ moment: Timestamp) -> String {
        let text = Timestamp(seconds: moment.seconds).description
        return String(text.prefix(10)) + " " + text.dropFirst(11).prefix(5)
    }

    private func difference(_ before: Int64?, _ after: Int64?) -> Int64? {
        guard let before, let after else { return nil }
        return after - before
    }

    // MARK: JSON and CSV

    /// The trend as JSON; what is not known is null.
    package func json() -> JSONValue {
        JSONReport.document(
            "size-trend",
            [
                "name": .string(name), "platform": .optional(trend.platform), "sortedBy": .string(clock.rawValue),
                "images": .array(Self.images(trend, current)),
            ])
    }

    /// The images of a trend, as a page carries them too.
    static func images(_ trend: SizeTrend, _ current: Set<Digest>) -> [JSONValue] {
        trend.points.map { point in
            let seen = point.observation
            return .object([
                "repository": .string(seen.repository), "tag": .optional(seen.tag),
                "manifestDigest": .string(seen.image.manifest.description), "imageID": .string(seen.image.imageID.description),
                "platform": .string(seen.image.platform), "created": .optional(seen.image.created?.description),
                "observed": .string(seen.observed.description), "isCurrent": .bool(current.contains(seen.image.manifest)),
                "layerCount": .count(seen.image.layerCount), "compressedBytes": .integer(seen.image.compressedBytes),
                "contentBytes": .optional(seen.image.contentBytes), "visibleBytes": .optional(seen.image.visibleBytes),
                "wastedBytes": .optional(seen.image.wastedBytes),
            ])
        }
    }

    /// The trend as comma-separated values; what is not known is empty.
    package func csv() -> String {
        let known = { (bytes: Int64?) in bytes.map { "\($0)" } ?? "" }
        return CSVText.text(
            [
                "created", "observed", "repository", "tag", "imageID", "manifestDigest", "platform", "layerCount",
                "compressedBytes", "contentBytes", "visibleBytes", "wastedBytes",
            ],
            trend.points.lazy.map { point in
                let seen = point.observation
                return [
                    seen.image.created?.description ?? "", seen.observed.description, seen.repository, seen.tag ?? "",
                    seen.image.imageID.description, seen.image.manifest.description, seen.image.platform,
                    "\(seen.image.layerCount)", "\(seen.image.compressedBytes)", known(seen.image.contentBytes),
                    known(seen.image.visibleBytes), known(seen.image.wastedBytes),
                ]
            })
    }
}
