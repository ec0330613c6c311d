import FoundationEssentials

/// What an image is compared with: another image, or a report of one that was kept.
package struct Baseline: Hashable, Sendable {
    /// What it is called.
    package var label: String
    /// Bytes that its layers store; nil, as the next, where that is not known.
    package var contentBytes: Int64?
    /// Bytes of files that its merged tree shows; nil where that is not known.
    package var visibleBytes: Int64?
    /// Bytes of its layers as stored; a manifest alone tells them.
    package var compressedBytes: Int64

    /// The sums of an analysis.
    package init(_ analysis: ImageAnalysis) {
        label = analysis.image.label
        contentBytes = analysis.totals.contentBytes
        visibleBytes = analysis.totals.visibleBytes
        compressedBytes = analysis.totals.compressedBytes
    }

    /// Sums that were kept of an image that is called `label`.
    package init(label: String, contentBytes: Int64?, visibleBytes: Int64?, compressedBytes: Int64) {
        self.label = label
        self.contentBytes = contentBytes
        self.visibleBytes = visibleBytes
        self.compressedBytes = compressedBytes
    }

    /// Why a file is no report that could be compared with.
    package enum ParseError: Error, Hashable, Sendable {
        /// No JSON, or not with the keys of a report.
        case damaged
        /// A report of something else; its own word for what.
        case otherKind(String)
        /// A scan of several images; their names.
        case severalImages([String])
        /// Written by a later version.
        case unknownVersion(Int)
    }

    private struct Document: Decodable {
        struct Image: Decodable {
            var name: String?
            var imageID: String?
        }
        struct Totals: Decodable {
            var contentBytes: Int64?
            var visibleBytes: Int64?
            var compressedBytes: Int64
            /// Absent from reports that were written before figures could be unknown.
            var unknownLayerCount: Int?
        }

        var kind: String
        var schemaVersion: Int
        var image: Image?
        var totals: Totals?
        var images: [Document]?
    }

    /// The sums of a report: `analyze --format json`, `check --format json`, or a scan of one image.
    package init(parsing bytes: [UInt8]) throws(ParseError) {
        let document: Document
        do { document = try JSONDecoder().decode(Document.self, from: Data(bytes)) } catch { throw .damaged }
        guard document.schemaVersion == 1 else { throw .unknownVersion(document.schemaVersion) }
        switch document.kind {
        case "image-analysis", "image-check": try self.init(document)
        case "scan":
            let images = document.images ?? []
            guard images.count == 1 else { throw .severalImages(images.map(Self.label)) }
            try self.init(images[0])
        default: throw .otherKind(document.kind)
        }
    }

    private init(_ document: Document) throws(ParseError) {
        guard let totals = document.totals, totals.contentBytes.map({ $0 >= 0 }) ?? true else { throw .damaged }
        // Only a report that says so may lack figures.
        guard totals.unknownLayerCount != nil || (totals.contentBytes != nil && totals.visibleBytes != nil) else {
            throw .damaged
        }
        label = Self.label(document)
        contentBytes = totals.contentBytes
        visibleBytes = totals.visibleBytes
        compressedBytes = totals.compressedBytes
    }

    private static func label(_ document: Document) -> String {
        document.image?.name ?? document.image?.imageID ?? "<none>"
    }
}
