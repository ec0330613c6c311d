import ImageTransfer
import LayerAnalysis
package import Operations
import Reports
package import TerminalScreen

/// An image: its layers at the left, at the right the tree of the selected ones.
///
/// Of two images it shows what differs.
package final class ImageView: ExplorerView {
    /// Which pane has the keys.
    package enum Pane: Hashable, Sendable { case layers, files }

    /// What is known once all layers are read.
    enum Subject: Sendable {
        case image(ExploredImage)
        case pair(ExploredPair)
    }

    /// Which tree the right pane shows.
    enum Shown: Hashable, Sendable {
        case all
        case layer(Int)
        case changes(ClosedRange<Int>)
    }

    /// Whether another view opened this one: it is gone back to from the layers, or when nothing is open.
    package var isAboveAnother = false
    let sources: [String]
    let workspace: Workspace
    let settings: ExplorerSettings
    let reading: ImageProgress
    var subject: Subject?
    var layers = LayerPane()
    /// The tree that is shown, or was until another one is made.
    var tree: TreePane?
    /// The trees that were made; few, since each takes memory.
    var made: [(shown: Shown, tree: BrowsedTree)] = []
    var shown = Shown.all
    /// What is being made, and for which lines.
    var awaited: Shown?
    /// Whether a layer's tree is what it changes, and not what it stores.
    var showsChanges = false
    var focus: Pane
    var prompt: TextPrompt?
    /// What was looked for last.
    var search: PathSearch?
    /// The filter, as it was typed, and the tree without it.
    var filter: (text: String, whole: BrowsedTree)?
    /// Raised whenever the names of the tree are others, so that what was found in the old ones is not taken for theirs.
    var generation = 0
    /// What is going on, in words.
    var activity: String?
    /// How many layers the tree has while the others are still being read.
    var partial: (known: Int, of: Int)?
    private var partialTrees = PartialTrees()

    /// A view of one image, or of what differs between two.
    package init(_ sources: [String], _ workspace: Workspace, _ settings: ExplorerSettings, start: Pane) {
        self.sources = sources
        self.workspace = workspace
        self.settings = settings
        focus = start
        reading = ImageProgress(sources.joined(separator: " and "))
    }

    /// The search or the filter that is typed.
    package var typed: String? { prompt?.shown }

    // MARK: Loading

    /// Begins to read.
    package func start() -> [ExplorerAction] { [.run(load())] }

    /// Reads all that there is to know.
    func load() -> Job {
        let (sources, workspace, reading) = (sources, workspace, reading)
        activity = "reading \(sources.joined(separator: " and "))"
        return Job { report -> Result<Subject, any Error> in
            Result {
                let progress = reading.progress(report)
                if sources.count == 1 { return .image(try workspace.explored(sources[0], progress)) }
                return .pair(try workspace.exploredPair(sources[0], sources[1], progress))
            }
        } progress: { [weak self] words, share in
            self?.heardOfReading(words, share) ?? []
        } then: { [weak self] result in
            self?.loaded(result) ?? []
        }
    }

    private func heardOfReading(_ words: String, _ share: Double?) -> [ExplorerAction] {
        activity = share.map { "\(words), \(Int($0 * 100))%" } ?? words
        guard subject == nil, sources.count == 1, let outline = reading.outlines.first else { return [] }
        if layers.rows.isEmpty { layers.show(LayerPane.rows(outline), headings: ("BLOB", "WASTE")) }
        guard partialTrees.begin(reading.indexedCount, of: outline) else { return [] }
        let workspace = workspace
        return [
            .run(
                Job { _ -> PartialTree? in
                    // What cannot be shown yet is told, if it is wrong, once all is read.
                    do { return try workspace.partialTree(of: outline) } catch { return nil }
                } then: { [weak self] found in
                    self?.read(found, of: outline)
                    return []
                })
        ]
    }

    /// Shows what is read so far; the selected line stays selected.
    private func read(_ found: PartialTree?, of outline: ImageOutline) {
        partialTrees.end()
        guard subject == nil, filter == nil, let found else { return }
        partial = (found.knownCount, outline.blobBytes.count)
        show(found.tree, .all)
    }

    private func loaded(_ result: Result<Subject, any Error>) -> [ExplorerAction] {
        activity = nil
        let subject: Subject
        switch result {
        case .success(let found): subject = found
        // What was shown before a reload is still good to look at.
        case .failure(let error): return [self.subject == nil ? .fail(error) : .say(settings.explain(error))]
        }
        let (old, filtered) = (tree, filter?.text)
        generation += 1
        self.subject = subject
        partial = nil
        (made, filter, shown, awaited) = ([], nil, .all, nil)
        switch subject {
        case .image(let image):
            layers.show(LayerPane.rows(image.analysis), headings: ("BYTES", "WASTE"))
            tree = TreePane(image.tree)
        case .pair(let pair):
            layers.show(LayerPane.rows(pair.diff), headings: ("BYTES", "KNOWN"))
            tree = TreePane(pair.tree)
        }
        if let old { tree?.resume(old) }
        return chooseTree() + (filtered.map(keepOnly) ?? [])
    }

    // MARK: Trees

    /// What the selected layers mean for the right pane.
    private var wanted: Shown {
        guard case .image = subject else { return .all }
        if let range = layers.range { return .changes(range) }
        guard let number = layers.selected?.number else { return .all }
        return showsChanges ? .changes(number...number) : .layer(number)
    }

    /// Shows the tree of the selected layers, or begins to make it.
    func chooseTree() -> [ExplorerAction] {
        let wanted = wanted
        guard case .image(let image) = subject, wanted != shown else { return [] }
        if wanted == .all {
            show(image.tree, wanted)
            return []
        }
        if let tree = made.first(where: { $0.shown == wanted })?.tree {
            show(tree, wanted)
            return []
        }
        // One at a time: whoever moves on gets the last one that was asked for.
        guard awaited == nil else { return [] }
        return [make(wanted, of: image)]
    }

    private func make(_ wanted: Shown, of image: ExploredImage) -> ExplorerAction {
        awaited = wanted
        activity = "reading \(Self.title(wanted))"
        let workspace = workspace
        return .run(
            Job { _ -> Result<BrowsedTree, any Error> in
                Result {
                    switch wanted {
                    case .all: image.tree
                    case .layer(let number): try workspace.tree(ofLayer: number, in: image)
                    case .changes(let range): try workspace.diff(of: range, in: image.image, ignoringTimes: false).paths.browsed()
                    }
                }
            } then: { [weak self] result in
                self?.wasMade(wanted, result) ?? []
            })
    }

    private static let mostTrees = 4

    private func wasMade(_ wanted: Shown, _ result: Result<BrowsedTree, any Error>) -> [ExplorerAction] {
        // After a reload it is another image's.
        guard awaited == wanted else { return [] }
        (awaited, activity) = (nil, nil)
        guard case .success(let tree) = result else {
            if case .failure(let error) = result { return [.say(settings.explain(error))] }
            return []
        }
        made.append((wanted, tree))
        if made.count > Self.mostTrees { made.removeFirst() }
        if self.wanted == wanted { show(tree, wanted) }
        return chooseTree()
    }

    private func show(_ tree: BrowsedTree, _ shown: Shown) {
        let old = self.tree
        (self.shown, filter) = (shown, nil)
        generation += 1
        var pane = TreePane(tree, old?.order ?? .bytes)
        if let old { pane.resume(old) }
        self.tree = pane
    }

    static func title(_ shown: Shown) -> String {
        switch shown {
        case .all: "all layers"
        case .layer(let number): "layer \(number)"
        case .changes(let range):
            range.count == 1
                ? "changes by layer \(range.lowerBound)" : "changes by layers \(range.lowerBound)-\(range.upperBound)"
        }
    }

    /// The image that files are taken from; nil before it was read, and of two.
    var image: ExploredImage? {
        guard case .image(let image) = subject else { return nil }
        return image
    }
}
