import ArgumentParser
import Explorer
import Glibc
import ImageTransfer
import LayerArchive
import Operations
import Reports
import TerminalScreen

/// `strata explore [SOURCE [SOURCE]]`.
struct Explore: StoreCommand {
    /// What is shown first.
    enum Start: String, CaseIterable, ExpressibleByArgument {
        case images, containers, volumes, cache, leaked, layers, files

        /// Whether it is a part of an image, and not of a store or an engine.
        var isOfImage: Bool { self == .layers || self == .files }
    }

    static let configuration = CommandConfiguration(
        commandName: "explore", abstract: "Browse an image, or the disk usage of a store or engine, in the terminal.",
        discussion: """
            With one image, shows its layers beside its files; with two, what changed from the first to the second. Without an \
            image, shows the images, containers, volumes and build cache of the store or of an engine; marks show what several \
            of them free together, and a plan is shown and confirmed before anything is removed. `?` lists the keys.
            """)

    @Argument(help: ArgumentHelp("The image, or the image before and the one after.", valueName: "source"))
    var sources: [String] = []

    @Option(
        help: ArgumentHelp(
            "Browse an engine's root in place of the store: docker, podman, containerd or buildkit, and its root.",
            valueName: "engine[=root]"))
    var engine: String?

    @Option(help: "What to show first.")
    var start: Start?

    @Flag(help: "Remove nothing.")
    var readOnly = false

    @Flag(help: "Show exact numbers of bytes.")
    var bytes = false

    @Flag(help: "Leave the mouse to the terminal, for selecting text.")
    var noMouse = false

    @Option(help: "Use the image of an index for this platform, such as linux/arm64.")
    var platform: String?

    @OptionGroup var hostOptions: ExploreHostOptions
    @OptionGroup var limits: LimitOptions
    @OptionGroup(title: "Registries") var registry: RegistryOptions
    @OptionGroup var globals: GlobalOptions

    func validate() throws {
        if sources.count > 2 { throw ValidationError("`explore` takes one image, or two to compare") }
        if engine != nil, !sources.isEmpty { throw ValidationError("`--engine` shows an engine's root: leave out the image") }
        if let start, start.isOfImage, sources.isEmpty {
            throw ValidationError("`--start \(start.rawValue)` is for an image: name one")
        }
        if let start, !start.isOfImage, !sources.isEmpty {
            throw ValidationError("`--start \(start.rawValue)` is for a store or an engine: leave out the image")
        }
    }

    func run() throws {
        let remarks = HeldRemarks()
        defer { remarks.tell(globals) }
        try Workspace.run(
            globals, platform: platform, limits: limits.scanLimits, registry: registry, listener: remarks.hold
        ) { workspace in
            let view = try sources.isEmpty ? hostView(workspace) : imageView(sources, workspace)
            let screen = try Screen.open(
                Screen.Options(
                    term: Environment.value("TERM"), usesColor: !globals.noColor && !Environment.isSet("NO_COLOR"),
                    usesMouse: !noMouse, readsElsewhere: sources.contains("-")))
            defer { screen.close() }
            let ending: ExplorerLoop.Ending
            do throws(ScreenError) { ending = try ExplorerLoop(view, screen, explain: settings.explain).run() } catch {
                guard error == .gone else { throw error }
                // As a shell has it of one whose terminal was closed.
                throw CommandEnd(status: 128 + SIGHUP)
            }
            switch ending {
            case .quit: break
            case .interrupted: throw CommandEnd(status: 128 + SIGINT)
            case .failed(let error): throw error
            }
        }
    }

    /// What holds for all views.
    var settings: ExplorerSettings {
        var settings = ExplorerSettings(showsExactBytes: bytes, isReadOnly: readOnly) { error in
            let sentence = ErrorSentence(any: error)
            return sentence.message + (sentence.hint.map { "; \($0)" } ?? "")
        }
        if let store = globals.store { settings.command.store = ["--store", store] }
        if let platform { settings.command.platform = ["--platform", platform] }
        return settings
    }

    /// The view of an image, or of what differs between two.
    func imageView(_ sources: [String], _ workspace: Workspace) -> ImageView {
        ImageView(sources, workspace, settings, start: start == .files ? .files : .layers)
    }
}
