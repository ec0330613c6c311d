import ImageStorage
import ImageTransfer
import LayerAnalysis
import OCISpec
import Reports

/// Fills the tables of `sql`.
final class QueryLoader {
    private let workspace: Workspace
    private let images, layers, entries, files: QueryInserter
    private var count: Int64 = 0

    init(workspace: Workspace, database: QueryDatabase) throws {
        self.workspace = workspace
        images = try QueryInserter(database, into: "image", columns: 13)
        layers = try QueryInserter(database, into: "layer", columns: 16)
        entries = try QueryInserter.entries(of: database)
        files = try QueryInserter.files(of: database)
    }

    /// Adds an image under the next number, its layers, their entries and what they show together.
    func add(_ image: ScannedImage) throws {
        let number = count
        count += 1
        let tree = try workspace.tree(image)
        let identities = try workspace.identities(image)
        try addImage(image.analyzed, number, tree, identities)
        for (layer, identity) in identities.enumerated() { try addLayer(identity, number, layer, tree.layers[layer]) }
        let fates = Self.fates(of: tree)
        for (layer, scanned) in image.layers.enumerated() {
            let index = try workspace.layerIndex(scanned)
            try entries.add(index, image: number, layer: Int64(layer), fates: fates[layer], escape: Self.escaped)
        }
        for file in tree.visibleFiles() { try addFile(file, number) }
    }

    private static func fates(of tree: MergedTree) -> [[QueryEntryFate]] {
        var fates = tree.layers.map { Array(repeating: QueryEntryFate(), count: $0.entryCount) }
        for fate in tree.fates() {
            fates[fate.layer][fate.entry] = QueryEntryFate(
                isVisible: fate.isVisible, wastedCause: fate.cause?.queryName, hiddenBy: fate.hiddenBy.map(Int64.init))
        }
        return fates
    }

    private func addImage(
        _ image: AnalyzedImage, _ number: Int64, _ tree: MergedTree, _ identities: [LayerIdentity]
    ) throws {
        images.bind(number)
        for text in [
            image.name, image.imageID?.description, image.manifestDigest?.description, image.platform, image.created,
        ] { images.bind(text) }
        let content = tree.layers.reduce(0) { $0 + $1.contentBytes }
        images.bind(Int64(identities.count))
        images.bind(Int64(tree.layers.reduce(0) { $0 + $1.entryCount }))
        images.bind(identities.reduce(0) { $0 + $1.compressedBytes })
        images.bind(identities.reduce(0) { $0 + ($1.tarBytes ?? 0) })
        for bytes in [content, tree.visibleBytes, content - tree.visibleBytes] { images.bind(bytes) }
        try images.step()
    }

    private func addLayer(_ identity: LayerIdentity, _ image: Int64, _ layer: Int, _ figures: LayerFigures) throws {
        layers.bind(image)
        layers.bind(Int64(layer))
        for text in [identity.diffID.description, identity.digest.description, identity.mediaType] { layers.bind(text) }
        layers.bind(identity.createdBy)
        layers.bind(identity.compressedBytes)
        // What nobody here holds is not known.
        let known = identity.isAbsent ? nil : figures
        layers.bind(identity.tarBytes)
        for bytes in [known?.contentBytes, known?.hiddenBytes, known?.hidesBytes] { layers.bind(bytes) }
        for count in [known?.entryCount, known?.addedCount, known?.modifiedCount, known?.removedCount] {
            layers.bind(count.map(Int64.init))
        }
        layers.bind(identity.isAbsent ? 1 : 0)
        try layers.step()
    }

    private func addFile(_ file: VisibleFile, _ image: Int64) throws {
        files.bind(image)
        files.bind(path: file.path, Self.escaped)
        files.bind(file.kind)
        for value in [file.size, Int64(file.inode), Int64(file.layer), Int64(file.entry)] { files.bind(value) }
        files.bind(text: file.linkTarget, Self.escaped)
        try files.step()
    }

    private static func escaped(_ path: [UInt8]) -> String { PathText.text(path).text }
}

extension WasteCause {
    fileprivate var queryName: StaticString {
        switch self {
        case .overwritten: "overwritten"
        case .metadataOnly: "metadataOnly"
        case .typeChange: "typeChange"
        case .deleted: "deleted"
        case .opaque: "opaque"
        case .duplicateEntry: "duplicateEntry"
        }
    }
}
