import LayerAnalysis
import Operations
import TerminalScreen

/// A file's text as one layer stores it, the versions of other layers a key away, and what differs between two of them.
final class FileView: ExplorerView {
    /// More is not shown, and can be saved.
    private static let limit = 1 << 20

    let path: [UInt8]
    private let shown: EntrySource?
    private let image: ExploredImage
    private let workspace: Workspace
    private let settings: ExplorerSettings
    private var versions: [FileVersion] = []
    /// The version that is shown.
    private var current = 0
    private var isDiff = false
    private var lines: [ScreenLine] = [ScreenLine("reading")]
    private var first = 0
    private var activity: String? = "reading"

    init(
        _ path: [UInt8], shown: EntrySource?, _ image: ExploredImage, _ workspace: Workspace, _ settings: ExplorerSettings
    ) {
        (self.path, self.shown, self.image) = (path, shown, image)
        (self.workspace, self.settings) = (workspace, settings)
    }

    var title: String { "/" + NameText.shown(path) }

    var status: String {
        if let activity { return activity }
        guard versions.indices.contains(current) else { return "" }
        let version = versions[current]
        let what = "layer \(version.source.layer), version \(current + 1) of \(versions.count), \(settings.text(version.bytes))"
        if isDiff { return "from layer \(versions[current - 1].source.layer) to \(what)" }
        let isCut = version.bytes > Int64(Self.limit)
        return what + (isCut ? ", the first \(settings.text(Int64(Self.limit))) of it" : "")
    }

    let keys = [
        KeyHelp("Up Down j k", "scroll"), KeyHelp("PgUp PgDn Ctrl-U Ctrl-D", "scroll by a page"),
        KeyHelp("Home End g G", "go to an end"), KeyHelp("[ ]", "show the version of a lower or higher layer"),
        KeyHelp("c", "show what differs from the version below"),
        KeyHelp("e", "save this version in the current directory"), KeyHelp("Esc h", "close"),
    ]

    func start() -> [ExplorerAction] {
        let (path, shown, image, workspace) = (path, shown, image.image, workspace)
        return [
            .run(
                Job { _ -> Result<[FileVersion], any Error> in
                    Result { try workspace.versions(of: path, shown: shown, in: image) }
                } then: { [weak self] result in
                    self?.found(result) ?? []
                })
        ]
    }

    private func found(_ result: Result<[FileVersion], any Error>) -> [ExplorerAction] {
        activity = nil
        switch result {
        case .failure(let error): return [.close, .say(settings.explain(error))]
        case .success(let versions):
            guard !versions.isEmpty else { return [.close, .say("no layer stores a file there")] }
            self.versions = versions
            current = versions.firstIndex { $0.source == shown } ?? versions.count - 1
            return load()
        }
    }

    /// Reads what is to be shown.
    private func load() -> [ExplorerAction] {
        let (image, workspace, explain) = (image.image, workspace, settings.explain)
        let version = versions[current]
        let below = isDiff ? versions[current - 1] : nil
        activity = "reading layer \(version.source.layer)"
        return [
            .run(
                Job { _ -> Result<[ScreenLine], any Error> in
                    Result {
                        let content = try workspace.content(of: version, limit: Self.limit, in: image)
                        guard let below else { return FileText(content, of: version.bytes).lines }
                        return TextDiff.lines(
                            from: FileText(try workspace.content(of: below, limit: Self.limit, in: image), of: below.bytes),
                            to: FileText(content, of: version.bytes))
                    }
                } then: { [weak self] result in
                    guard let self, self.versions[self.current] == version else { return [] }
                    self.activity = nil
                    switch result {
                    case .failure(let error):
                        self.lines = [ScreenLine(explain(error))]
                    case .success(let lines): self.lines = lines
                    }
                    return []
                })
        ]
    }

    func frame(_ size: ScreenSize) -> Frame {
        first = max(0, min(first, lines.count - size.rows))
        return Frame(Array(lines[first...].prefix(size.rows)), cursor: (0, 0))
    }

    func press(_ key: Key, _ size: ScreenSize) -> [ExplorerAction] {
        switch key {
        case .escape, .backspace, .left, .character("h"), .character("v"): return [.close]
        case .character("["): return go(to: current - 1)
        case .character("]"): return go(to: current + 1)
        case .character("c"):
            guard isDiff || current > 0 else { return [.say("no lower layer stores this file")] }
            guard activity == nil else { return [] }
            isDiff.toggle()
            first = 0
            return load()
        case .character("e"):
            guard versions.indices.contains(current) else { return [] }
            return [Self.saving(versions[current], path, of: image, workspace, settings)]
        default: first = PagerView.scrolled(first, by: key, size.rows)
        }
        return []
    }

    private func go(to number: Int) -> [ExplorerAction] {
        guard versions.indices.contains(number) else {
            return [.say(number < 0 ? "no lower layer stores this file" : "no higher layer stores this file")]
        }
        current = number
        isDiff = isDiff && number > 0
        first = 0
        return load()
    }

    // MARK: Saving

    private static func saving(
        _ version: FileVersion, _ path: [UInt8], of image: ExploredImage, _ workspace: Workspace, _ settings: ExplorerSettings
    ) -> ExplorerAction {
        let name = Array(path[((path.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 }) ?? 0)...])
        return .run(
            Job { _ -> Result<SavedFile, any Error> in
                Result { try workspace.save(version, named: name, of: image.image) }
            } then: { result in
                switch result {
                case .failure(let error): [.say(settings.explain(error))]
                case .success(let file): [.say("saved \(NameText.shown(file.path)), \(settings.text(file.bytes))")]
                }
            })
    }

    /// Saves what shows at a path, or of what is gone what was stored there last.
    static func saving(
        _ path: [UInt8], shown: EntrySource?, of image: ExploredImage, _ workspace: Workspace, _ settings: ExplorerSettings
    ) -> ExplorerAction {
        .run(
            Job { _ -> Result<FileVersion?, any Error> in
                Result {
                    let versions = try workspace.versions(of: path, shown: shown, in: image.image)
                    return versions.first { $0.source == shown } ?? versions.last
                }
            } then: { result in
                switch result {
                case .failure(let error): [.say(settings.explain(error))]
                case .success(nil): [.say("no layer stores a file there")]
                case .success(let version?): [saving(version, path, of: image, workspace, settings)]
                }
            })
    }
}
