package import ImageStorage
package import ImageTransfer
import LayerAnalysis
import OCISpec

/// Fills the tables of `sql`.
package final class QueryLoader {
    private let workspace: Workspace
    /// How a path, or the target of a link, is written: as in every report.
    private let escape: ([UInt8]) -> String
    private let images, layers, entries, files: QueryInserter
    private var count: Int64 = 0

    /// A loader of the tables of `database`; `escape` writes paths as text.
    package init(workspace: Workspace, database: QueryDatabase, escape: @escaping ([UInt8]) -> String) throws {
        self.workspace = workspace
        self.escape = escape
        images = try QueryInserter(database, into: "image", columns: 13)
        layers = try QueryInserter(database, into: "layer", columns: 16)
        entries = try QueryInserter.entries(of: database)
        files = try QueryInserter.files(of: database)
    }

    /// Adds an image under the next number, its layers, their entries and what they show together.
    package func add(_ image: ScannedImage) throws {
        let number = count
        count += 1
        let tree = try workspace.tree(image)
        let identities = try workspace.identities(image)
        let knowledge = try workspace.knowledge(image)
        let figures = tree.layers.enumerated().map { knowledge.figures($1, ofLayer: $0) }
        try addImage(image.analyzed, number, knowledge.isWhole ? tree.visibleBytes : nil, identities, figures)
        for (layer, identity) in identities.enumerated() { try addLayer(identity, number, layer, figures[layer]) }
        let fates = knowledge.isWhole ? tree.fates : nil
        for (layer, scanned) in image.layers.enumerated() {
            let index = try workspace.layerIndex(scanned)
            try entries.add(
                index, image: number, layer: Int64(layer), fate: { Self.fate(fates?.fate(layer: layer, entry: $0)) },
                escape: escape)
        }
        for file in tree.visibleFiles { try addFile(file, number) }
    }

    /// A fate as a row has it; nothing is known of it where not all of the image is.
    private static func fate(_ fate: EntryFate?) -> QueryEntryFate {
        QueryEntryFate(
            isVisible: fate?.isVisible, wastedCause: fate?.cause?.word, hiddenBy: fate?.hiddenBy.map(Int64.init))
    }

    private func addImage(
        _ image: AnalyzedImage, _ number: Int64, _ visibleBytes: Int64?, _ identities: [LayerIdentity],
        _ figures: [KnownFigures]
    ) throws {
        images.bind(number)
        for text in [
            image.name, image.imageID?.description, image.manifestDigest?.description, image.platform, image.created,
        ] { images.bind(text) }
        let content = figures.knownSum(\.contentBytes)
        images.bind(Int64(identities.count))
        images.bind(figures.knownSum(\.entryCount).map(Int64.init))
        images.bind(identities.reduce(0) { $0 + $1.compressedBytes })
        images.bind(identities.knownSum(\.tarBytes))
        let wasted = content.flatMap { content in visibleBytes.map { content - $0 } }
        for bytes in [content, visibleBytes, wasted] { images.bind(bytes) }
        try images.step()
    }

    private func addLayer(_ identity: LayerIdentity, _ image: Int64, _ layer: Int, _ figures: KnownFigures) throws {
        layers.bind(image)
        layers.bind(Int64(layer))
        for text in [identity.diffID.description, identity.digest.description, identity.mediaType] { layers.bind(text) }
        layers.bind(identity.createdBy)
        layers.bind(identity.compressedBytes)
        layers.bind(identity.tarBytes)
        for bytes in [figures.contentBytes, figures.hiddenBytes, figures.hidesBytes] { layers.bind(bytes) }
        for count in [figures.entryCount, figures.addedCount, figures.modifiedCount, figures.removedCount] {
            layers.bind(count.map(Int64.init))
        }
        layers.bind(identity.isAbsent ? 1 : 0)
        try layers.step()
    }

    private func addFile(_ file: VisibleFile, _ image: Int64) throws {
        files.bind(image)
        files.bind(path: file.path, escape)
        files.bind(file.kind)
        for value in [file.size, Int64(file.inode), Int64(file.layer), Int64(file.entry)] { files.bind(value) }
        files.bind(text: file.linkTarget, escape)
        try files.step()
    }
}
