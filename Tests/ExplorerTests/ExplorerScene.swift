import Distribution
import Explorer
import Foundation
import ImageTransfer
import LayerArchive
import OCISpec
import Operations
import TerminalScreen
import TestSupport
import Testing

/// A store, and views on it that are driven by keys and read as text; jobs are done at once.
final class ExplorerScene {
    let folder: TemporaryDirectory
    let workspace: Workspace
    var size = ScreenSize(rows: 24, columns: 80)
    /// How the screen writes.
    var cells = ScreenCells()
    private var stack: ExplorerStack?
    /// How the explorer ended, if it did.
    private(set) var ending: ExplorerStack.Effect?
    /// The screens that jobs on their way made, where somebody wants them.
    var passing: [[String]]?
    private let lock = NSLock()

    init() throws {
        folder = try TemporaryDirectory()
        workspace = try Workspace(
            storeAt: folder.path("store"),
            TransferOptions(platform: Platform(os: "linux", architecture: "amd64"), limits: ScanLimits(), workerCount: 2),
            registries: { _ in
                Registries(
                    NetworkSettings(environment: [:], userAgent: "test"),
                    CredentialStore(environment: [:], file: nil, helperSeconds: 1))
            }, listener: { _ in })
    }

    /// Brings these images in.
    func load(_ images: ImageBuilder...) throws {
        for image in images {
            let path = folder.path("\(UUID().uuidString).tar")
            try Data(try ImageBuilder.dockerArchive([image]).tar).write(to: URL(filePath: path))
            _ = try workspace.images(path, isImporting: true, .silent)
        }
    }

    /// Opens a view.
    func open(_ view: any ExplorerView) {
        let stack = ExplorerStack(view)
        self.stack = stack
        ending = nil
        settle(stack.begin())
    }

    /// Opens the view of an image, or of two.
    func explore(_ sources: String..., start: ImageView.Pane = .layers, showsExactBytes: Bool = false) {
        open(ImageView(sources, workspace, ExplorerSettings(showsExactBytes: showsExactBytes), start: start))
    }

    /// Opens the view of the store.
    func exploreStore(_ settings: HostViewSettings = HostViewSettings(title: "store")) {
        open(HostView(StoreHost(workspace), settings))
    }

    /// Presses keys one after another; a text's letters, Enter for a line break.
    func press(_ keys: Key...) { for key in keys { pressOne(key) } }
    func type(_ text: String) { for letter in text { pressOne(letter == "\n" ? .enter : .character(letter)) } }

    private func pressOne(_ key: Key) {
        guard let stack else { return }
        settle(stack.press(key, size))
    }

    private func settle(_ effects: [ExplorerStack.Effect]) {
        for effect in effects {
            switch effect {
            case .run(let job, let view):
                let result = passing == nil ? job.result() : watched(job, view)
                settle(stack?.finish(job, result, for: view) ?? [])
            case .redraw: break
            case .quit, .interrupt, .fail: ending = effect
            }
        }
    }

    /// The result of a job whose words are heard while it is at work: on its threads, one at a time, while this one waits for it.
    private func watched(_ job: Job, _ view: any ExplorerView) -> any Sendable {
        nonisolated(unsafe) let (scene, heard, viewed) = (self, job, view)
        return job.result { words, share in
            scene.lock.withLock {
                scene.settle(scene.stack?.progress(heard, words, share, for: viewed) ?? [])
                scene.passing?.append(scene.screen)
            }
        }
    }

    var frame: Frame { stack?.frame(size, cells) ?? Frame([]) }
    /// The screen's lines.
    var screen: [String] { cells.text(of: frame, size) }
    var status: String { screen.last ?? "" }
    /// The line that is selected.
    var selected: String { frame.cursor.map { screen[$0.row] } ?? "" }
    /// The lines of the files at the right, without headings.
    var files: [String] { screen[3..<screen.count - 1].map { String($0.drop { $0 != "│" }.dropFirst()) } }
    /// The lines of the layers at the left.
    var layers: [String] { screen[3..<screen.count - 1].map { String($0.prefix { $0 != "│" }) } }

    /// The JSON of a command on the same store.
    func document(_ arguments: String...) throws -> [String: Any] {
        var program = Program.strata
        program.environment = ["STRATA_STORE": folder.path("store"), "HOME": folder.path]
        let outcome = try program.run(arguments + ["--format", "json"])
        #expect(outcome.status == 0, "\(arguments): \(outcome.errors)")
        let value = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
        return try #require(value as? [String: Any])
    }
}

extension ImageBuilder {
    /// A base of one layer: a file of 1,000 bytes and a directory.
    static let base = ImageBuilder(
        [.init([.directory("etc"), .file("etc/base", size: 1000, seed: 1), .file("etc/text", text: "one\ntwo\nthree\n")])],
        named: "localhost/base:1")

    /// An image on `base` whose layers waste bytes for several reasons.
    static let app = ImageBuilder(
        base.layers + [
            .init([
                .directory("opt"), .file("opt/app", size: 500_000, seed: 2), .file("opt/keep", size: 20_000, seed: 3),
                .file("etc/text", text: "one\n2\nthree\n"), .file("usr/share/doc/readme", size: 700, seed: 4),
            ]),
            .init([.whiteout("opt/app"), .file("opt/keep", size: 20_000, seed: 3, mode: 0o600)]),
            .init([.file("opt/twin", size: 20_000, seed: 3), .symlink("opt/link", to: "keep"), .directory("empty")]),
        ], named: "localhost/app:1")
}
