import ImageTransfer
import LayerAnalysis
import Operations
import TerminalScreen

/// A file's text as one layer stores it, the versions of other layers a key away, and what differs between two of them.
final class FileView: ExplorerView {
    /// More is not shown, and can be saved.
    private static let limit = 1 << 20

    /// An image in which the file is looked for.
    struct Origin: Sendable {
        var image: ScannedImage
        /// Where what the line is about is stored; nil where that is not known.
        var shown: EntrySource?
        /// What the image is called where there are two: of each of them the topmost version counts.
        var name: String?
    }

    /// A version with the image that it is taken from.
    struct Located: Sendable, Equatable {
        var version: FileVersion
        var origin: Origin

        /// Which layer it is in, and of which image.
        var title: String { "layer \(version.source.layer)" + (origin.name.map { " of \($0)" } ?? "") }

        static func == (left: Located, right: Located) -> Bool {
            left.version == right.version && left.origin.name == right.origin.name
        }
    }

    let path: [UInt8]
    private let origins: [Origin]
    private let workspace: Workspace
    private let settings: ExplorerSettings
    private var versions: [Located] = []
    /// The version that is shown.
    private var current = 0
    private var isDiff = false
    private var text = TextPane([ScreenLine("reading")])
    private var activity: String? = "reading"

    init(_ path: [UInt8], in origins: [Origin], _ workspace: Workspace, _ settings: ExplorerSettings) {
        (self.path, self.origins) = (path, origins)
        (self.workspace, self.settings) = (workspace, settings)
    }

    var title: String { "/" + NameText.shown(path) }

    var status: String {
        if let activity { return activity }
        guard versions.indices.contains(current) else { return "" }
        let bytes = versions[current].version.bytes
        let what = "\(versions[current].title), version \(current + 1) of \(versions.count), \(settings.text(bytes))"
        if isDiff { return "from \(versions[current - 1].title) to \(what)" }
        let isCut = bytes > Int64(Self.limit)
        return what + (isCut ? ", the first \(settings.text(Int64(Self.limit))) of it" : "")
    }

    let keys = [
        KeyHelp("Up Down j k", "scroll"), KeyHelp("PgUp PgDn Ctrl-U Ctrl-D", "scroll by a page"),
        KeyHelp("Home End g G", "go to an end"), KeyHelp("[ ]", "show the version of a lower or higher layer"),
        KeyHelp("c", "show what differs from the version below"),
        KeyHelp("e", "save this version in the current directory"), KeyHelp("Esc h", "close"),
    ]

    func start() -> [ExplorerAction] {
        let (path, origins, workspace) = (path, origins, workspace)
        return [
            .run(
                Job { _ -> Result<[Located], any Error> in
                    Result { try Self.versions(of: path, in: origins, workspace) }
                } then: { [weak self] result in
                    self?.found(result) ?? []
                })
        ]
    }

    /// What each image has at the path: all that its layers store, of two images the topmost of either.
    private static func versions(
        of path: [UInt8], in origins: [Origin], _ workspace: Workspace
    ) throws(OperationError) -> [Located] {
        var found: [Located] = []
        for origin in origins {
            let versions = try workspace.versions(of: path, shown: origin.shown, in: origin.image)
            found += versions.suffix(origin.name == nil ? versions.count : 1).map { Located(version: $0, origin: origin) }
        }
        return found
    }

    private func found(_ result: Result<[Located], any Error>) -> [ExplorerAction] {
        activity = nil
        switch result {
        case .failure(let error): return [.close, .say(settings.explain(error))]
        case .success(let versions):
            guard !versions.isEmpty else { return [.close, .say("no layer stores a file there")] }
            self.versions = versions
            let shown = origins.last?.shown
            current = versions.firstIndex { $0.version.source == shown } ?? versions.count - 1
            // Of two images it is what differs that is looked for.
            isDiff = origins.count > 1 && versions.count > 1
            return load()
        }
    }

    /// Reads what is to be shown.
    private func load() -> [ExplorerAction] {
        let (workspace, explain) = (workspace, settings.explain)
        let version = versions[current]
        let below = isDiff ? versions[current - 1] : nil
        activity = "reading \(version.title)"
        return [
            .run(
                Job { _ -> Result<[ScreenLine], any Error> in
                    Result {
                        let text = try Self.text(of: version, workspace)
                        guard let below else { return text.lines }
                        return TextDiff.lines(from: try Self.text(of: below, workspace), to: text)
                    }
                } then: { [weak self] result in
                    guard let self, self.versions[self.current] == version else { return [] }
                    self.activity = nil
                    switch result {
                    case .failure(let error): self.text = TextPane([ScreenLine(explain(error))])
                    case .success(let lines): self.text = TextPane(lines)
                    }
                    return []
                })
        ]
    }

    private static func text(of located: Located, _ workspace: Workspace) throws -> FileText {
        let content = try workspace.content(of: located.version, limit: limit, in: located.origin.image)
        return FileText(content, of: located.version.bytes)
    }

    func frame(_ size: ScreenSize, _ cells: ScreenCells) -> Frame { Frame(text.window(size, cells).lines, cursor: (0, 0)) }

    func press(_ key: Key, _ size: ScreenSize) -> [ExplorerAction] {
        switch key {
        case .escape, .backspace, .left, .character("h"), .character("v"): return [.close]
        case .character("["): return go(to: current - 1)
        case .character("]"): return go(to: current + 1)
        case .character("c"):
            guard isDiff || current > 0 else { return [.say("no lower layer stores this file")] }
            guard activity == nil else { return [] }
            isDiff.toggle()
            return load()
        case .character("e"):
            guard versions.indices.contains(current) else { return [] }
            return [Self.saving(versions[current], path, workspace, settings)]
        default: if let motion = ListMotion.inText(key, height: size.rows) { text.move(motion) }
        }
        return []
    }

    private func go(to number: Int) -> [ExplorerAction] {
        guard versions.indices.contains(number) else {
            return [.say(number < 0 ? "no lower layer stores this file" : "no higher layer stores this file")]
        }
        current = number
        isDiff = isDiff && number > 0
        return load()
    }

    // MARK: Saving

    private static func saving(
        _ located: Located, _ path: [UInt8], _ workspace: Workspace, _ settings: ExplorerSettings
    ) -> ExplorerAction {
        let name = Array(path[((path.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 }) ?? 0)...])
        return .run(
            Job { _ -> Result<SavedFile, any Error> in
                Result { try workspace.save(located.version, named: name, of: located.origin.image) }
            } then: { result in
                switch result {
                case .failure(let error): [.say(settings.explain(error))]
                case .success(let file): [.say("saved \(NameText.shown(file.path)), \(settings.text(file.bytes))")]
                }
            })
    }

    /// Saves what shows at a path, or of what is gone what was stored there last.
    static func saving(
        _ path: [UInt8], in origins: [Origin], _ workspace: Workspace, _ settings: ExplorerSettings
    ) -> ExplorerAction {
        .run(
            Job { _ -> Result<Located?, any Error> in
                Result {
                    let versions = try versions(of: path, in: origins, workspace)
                    let shown = origins.last?.shown
                    return versions.first { $0.version.source == shown } ?? versions.last
                }
            } then: { result in
                switch result {
                case .failure(let error): [.say(settings.explain(error))]
                case .success(nil): [.say("no layer stores a file there")]
                case .success(let version?): [saving(version, path, workspace, settings)]
                }
            })
    }
}
