import OCISpec
import Operations

/// Figures before and after, as all reports of `optimize` have them.
enum OptimizeFigures {
    private typealias Figures = OptimizedImage.Figures

    private static let rows: [(title: String, value: @Sendable (Figures) -> String)] = [
        ("wasted", { ByteText.text($0.wastedBytes) }), ("compressed", { ByteText.text($0.compressedBytes) }),
        ("on disk", { ByteText.text($0.diskBytes) }), ("layers", { "\($0.layerCount)" }),
    ]

    static func text(_ before: OptimizedImage.Figures, _ after: OptimizedImage.Figures) -> String {
        rows.map { title, value in
            let label = "\(title):".padding(12)
            return "\(label)\(value(before)) before, \(value(after)) after\n"
        }.joined()
    }

    static func markdown(_ before: OptimizedImage.Figures, _ after: OptimizedImage.Figures) -> String {
        "| | before | after |\n|---|---:|---:|\n"
            + rows.map { "| \($0) | \($1(before)) | \($1(after)) |\n" }.joined()
    }

    static func json(_ figures: OptimizedImage.Figures) -> JSONValue {
        .object([
            "wastedBytes": .integer(figures.wastedBytes), "compressedBytes": .integer(figures.compressedBytes),
            "diskBytes": .integer(figures.diskBytes), "layerCount": .count(figures.layerCount),
        ])
    }
}

extension String {
    fileprivate func padding(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
