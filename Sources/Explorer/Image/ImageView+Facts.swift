import ImageTransfer
import LayerAnalysis
import LayerArchive
import OCISpec
import Operations
import Reports
import TerminalScreen

extension ImageView {
    // MARK: All that is known of a line

    /// Opens a page about the selected layer.
    func showLayer() -> [ExplorerAction] {
        guard let row = layers.selected else { return [] }
        if row.number == nil, let image { return [.open(PagerView(sources[0], overview(image.analysis)))] }
        var facts: [(String, String)] = []
        var instruction: String?
        switch subject {
        case .image(let image):
            guard let number = row.number, image.analysis.layers.indices.contains(number) else { return [] }
            let layer = image.analysis.layers[number]
            instruction = layer.identity.createdBy
            facts = [
                ("digest", layer.identity.digest.description), ("diff ID", layer.identity.diffID.description),
                ("media type", layer.identity.mediaType), ("compressed", exact(layer.identity.compressedBytes)),
                ("tar", exact(layer.identity.tarBytes)), ("stored", exact(layer.figures.contentBytes)),
                ("wasted", exact(layer.figures.hiddenBytes)), ("hides", exact(layer.figures.hidesBytes)),
                ("entries", layer.figures.entryCount.map(String.init) ?? "-"),
                ("added", layer.figures.addedCount.map(String.init) ?? "-"),
                ("changed", layer.figures.modifiedCount.map(String.init) ?? "-"),
                ("removed", layer.figures.removedCount.map(String.init) ?? "-"),
            ]
            if let isBase = layer.isBase { facts.append(("base image", isBase ? "yes" : "no")) }
        case .pair(let pair):
            guard pair.diff.layers.indices.contains(row.id) else { return [] }
            let layer = pair.diff.layers[row.id]
            instruction = layer.identity.createdBy
            facts = [
                ("digest", layer.identity.digest.description), ("diff ID", layer.identity.diffID.description),
                ("stored", exact(layer.contentBytes)), ("in the other image too", exact(layer.knownBytes)),
                ("hides", exact(layer.hidesBytes)),
            ]
        case nil: instruction = row.instruction
        }
        let text = Self.table(facts) + [ScreenLine(), ScreenLine("Instruction", .bold), ScreenLine(instruction ?? "-")]
        return [.open(PagerView(row.number.map { "Layer \($0)" } ?? "Layer", text))]
    }

    private func overview(_ analysis: ImageAnalysis) -> [ScreenLine] {
        var lines = Self.table([
            ("image", analysis.image.name ?? "-"), ("ID", analysis.image.imageID?.description ?? "-"),
            ("platform", analysis.image.platform ?? "-"), ("layers", "\(analysis.totals.layerCount)"),
            ("stored", exact(analysis.totals.contentBytes)), ("visible", exact(analysis.totals.visibleBytes)),
            ("wasted", exact(analysis.totals.wastedBytes)), ("efficiency", ByteText.percent(analysis.totals.efficiency)),
        ])
        lines += [ScreenLine(), ScreenLine("Wasted by cause", .bold)]
        for (cause, bytes) in analysis.waste where bytes != 0 {
            lines.append(ScreenLine("\(exact(bytes))  \(cause.name): \(cause.explanation)"))
        }
        if !analysis.hints.isEmpty { lines += [ScreenLine(), ScreenLine("Left over", .bold)] }
        for hint in analysis.hints { lines.append(ScreenLine("\(exact(hint.bytes))  layer \(hint.layer): \(hint.advice)")) }
        if !analysis.duplicates.isEmpty { lines += [ScreenLine(), ScreenLine("Duplicates", .bold)] }
        for group in analysis.duplicates.prefix(Self.mostDuplicates) {
            lines.append(ScreenLine("\(exact(group.extraBytes)) extra, \(group.copies) copies of \(exact(group.bytes))"))
            lines += group.paths.prefix(Self.mostDuplicates).map { ScreenLine("    /" + NameText.shown($0)) }
        }
        return lines
    }

    private static let mostDuplicates = 100

    /// Opens a page about the selected path.
    func showPath() -> [ExplorerAction] {
        guard let pane = tree else { return [] }
        let (tree, place) = (pane.tree, pane.cursor)
        let path = tree.path(of: place)
        var facts = [("path", "/" + NameText.shown(path)), ("type", tree.kind(place)?.reportName ?? "does not show any more")]
        if tree.isDirectory(place) { facts.append(("entries shown", "\(tree.count(of: place))")) }
        switch tree.subject {
        case .changes:
            facts += [("bytes before", exact(tree.second(place))), ("bytes after", exact(tree.first(place)))]
            let fields = tree.fields(place).names
            if !fields.isEmpty { facts.append(("what differs", fields.joined(separator: ", "))) }
            if tree.mark(place) != .none { facts.append(("change", tree.mark(place).word)) }
        case .image, .layer:
            let isWhole = image?.knowledge.isWhole == true
            facts += [
                (
                    tree.subject == .image ? "visible" : "stored",
                    figures(place, tree).first == "-" ? "-" : exact(tree.first(place))
                ),
                ("wasted", isWhole ? exact(tree.second(place)) : "-"),
            ]
        }
        if let layer = tree.layer(place) { facts.append(("layer", layerTitle(layer))) }
        var lines = Self.table(facts)
        if tree.isFiltered { lines.append(ScreenLine("The bytes are those of the paths that the filter shows.")) }
        let title = "/" + NameText.shown(path)
        guard let analysis = image?.analysis else { return [.open(PagerView(title, lines))] }
        let isOfImage = tree.subject == .image
        let known = lines
        // Both lists may be as long as the image has files.
        return [
            .run(
                Job { _ in
                    (
                        isOfImage ? analysis.wastedPaths.first { $0.path == path } : nil,
                        Self.duplicates(of: path, in: analysis)
                    )
                } then: { [weak self] found in
                    guard let self else { return [] }
                    return [.open(PagerView(title, known + self.lines(found.0) + self.lines(found.1)))]
                })
        ]
    }

    /// What is wasted at a path, by cause.
    private func lines(_ wasted: WastedPath?) -> [ScreenLine] {
        guard let wasted else { return [] }
        return [ScreenLine(), ScreenLine("Wasted here", .bold)]
            + wasted.causes.map { ScreenLine("\(exact($0.bytes))  \($0.cause.name): \($0.cause.explanation)") }
            + [ScreenLine("stored by layer \(Self.list(wasted.layers)), hidden by layer \(Self.list(wasted.hiddenBy))")]
    }

    private func layerTitle(_ number: Int) -> String {
        guard let layers = image?.analysis.layers, layers.indices.contains(number) else { return "\(number)" }
        return "\(number)  \(AnalysisText.instruction(layers[number].identity.createdBy))"
    }

    private static func list(_ numbers: [Int]) -> String { numbers.map(String.init).joined(separator: ", ") }

    /// Where the same content shows as well.
    private static func duplicates(of path: [UInt8], in analysis: ImageAnalysis) -> DuplicateGroup? {
        analysis.duplicates.first { $0.paths.contains(path) }
    }

    private func lines(_ group: DuplicateGroup?) -> [ScreenLine] {
        guard let group else { return [] }
        return [
            ScreenLine(),
            ScreenLine(
                "The same content, \(exact(group.bytes)), \(group.copies) copies: \(exact(group.extraBytes)) extra", .bold),
        ] + group.paths.prefix(Self.mostDuplicates).map { ScreenLine("  /" + NameText.shown($0)) }
    }

    /// Both forms, which never say less than a column.
    private func exact(_ bytes: Int64?) -> String {
        guard let bytes else { return "-" }
        return settings.showsExactBytes || bytes < 1000 ? "\(bytes) bytes" : "\(ByteText.text(bytes)) (\(bytes) bytes)"
    }

    static func table(_ facts: [(String, String)]) -> [ScreenLine] {
        let width = (facts.map(\.0.utf8.count).max() ?? 0) + 2
        return facts.map { ScreenLine([Span($0.0 + String(repeating: " ", count: width - $0.0.utf8.count), .bold), Span($0.1)]) }
    }

    // MARK: Why

    /// Opens a page on what the layers did to the selected path.
    func why(_ size: ScreenSize) -> [ExplorerAction] {
        guard let pane = tree else { return [] }
        let images: [ScannedImage]
        switch subject {
        case nil: return [.say("still reading")]
        case .image(let image): images = [image.image]
        case .pair(let pair): images = [pair.before, pair.after]
        }
        let path = pane.tree.path(of: pane.cursor)
        let (workspace, analysis, explain, columns) = (workspace, image?.analysis, settings.explain, size.columns)
        activity = "looking up"
        return [
            .run(
                Job { _ -> Result<([PathStory], DuplicateGroup?), any Error> in
                    Result {
                        (
                            try images.compactMap { try workspace.story(at: path, in: $0) },
                            analysis.flatMap { Self.duplicates(of: path, in: $0) }
                        )
                    }
                } then: { [weak self] result in
                    guard let self else { return [] }
                    self.activity = nil
                    switch result {
                    case .failure(let error): return [.say(explain(error))]
                    case .success(let (stories, _)) where stories.isEmpty: return [.say("no layer stores this path itself")]
                    case .success(let (stories, group)):
                        let text = ReasonReport(stories.map { .path($0) }).text(TextStyle(width: columns))
                        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { ScreenLine(String($0)) }
                        return [.open(PagerView("Why /" + NameText.shown(path), lines + self.lines(group)))]
                    }
                })
        ]
    }

    // MARK: Files

    /// Opens the selected file as its layers store it.
    func view() -> [ExplorerAction] {
        guard let pane = tree else { return [] }
        let (tree, place) = (pane.tree, pane.cursor)
        guard !tree.isDirectory(place) else { return [] }
        guard subject != nil else { return [.say("still reading")] }
        switch tree.kind(place) {
        case .file, .hardLink, nil: break
        case .whiteout: break
        case let kind?: return [.say("a \(kind.reportName) has no content")]
        }
        return [.open(FileView(tree.path(of: place), in: origins(of: place, tree), workspace, settings))]
    }

    /// Where the file of a line is taken from.
    private func origins(of place: BrowsedTree.Place, _ tree: BrowsedTree) -> [FileView.Origin] {
        switch subject {
        case .image(let image): [FileView.Origin(image: image.image, shown: tree.source(place))]
        case .pair(let pair):
            [FileView.Origin(image: pair.before, name: sources[0]), FileView.Origin(image: pair.after, name: sources[1])]
        case nil: []
        }
    }

    /// Saves the selected file.
    func save() -> [ExplorerAction] {
        guard let pane = tree else { return [] }
        let (tree, place) = (pane.tree, pane.cursor)
        guard !tree.isDirectory(place) else { return [.say("a directory cannot be saved: `strata export` writes whole trees")] }
        guard subject != nil else { return [.say("still reading")] }
        return [FileView.saving(tree.path(of: place), in: origins(of: place, tree), workspace, settings)]
    }
}

extension BrowsedTree.Mark {
    /// In a word.
    var word: String {
        switch self {
        case .none: "none"
        case .added: "added"
        case .changed: "changed"
        case .removed: "removed"
        }
    }
}
