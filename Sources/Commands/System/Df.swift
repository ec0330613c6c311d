import ArgumentParser
import ImageStorage
import OCISpec
import Operations
import Reclamation
import Reports

/// `strata df`.
struct Df: ResultCommand {
    enum Format: String, CaseIterable { case text, json, markdown, csv, html, ncdu }

    static let configuration = CommandConfiguration(
        commandName: "df", abstract: "Show the disk usage of the store, and how much can be reclaimed.",
        discussion: """
            Every byte of the store's directory is counted in exactly one line, so the lines add up to what `du` \
            reports. RECLAIMABLE is what a command removes: `image prune -a` images that no container uses and nobody \
            pinned, and their unpacked layers; `container prune` stopped containers; `builder prune -a` the build cache; \
            `gc --min-age 0s` orphaned blobs and partial downloads; `gc --empty-trash` the trash; `gc` expired plans. Formats: \
            text, json, markdown, csv, html (a page that shows what several images free together), \
            ncdu (for `ncdu -f FILE` and `gdu -f FILE`).

            With `--engine` the same of another engine's root, read in place while it runs: the lines add up to what \
            `du -sx` reports of it. "Leaked" is what no image, container or build record needs and no command of the engine \
            removes. `--engine all` shows every engine that `strata engines` finds.
            """)

    @Flag(
        name: .customShort("v"), help: "Also list each image with the bytes it shares and frees, orphaned blobs and stray files.")
    var detailed = false

    @Option(
        help: ArgumentHelp(
            "Show an engine's disk usage in place of the store's: docker, podman, containerd, buildkit or registry and its root; or all.",
            valueName: "engine[=root]"))
    var engine: String?

    @OptionGroup var globals: GlobalOptions

    func run() throws {
        if let engine { return try showEngines(engine) }
        if let form = HostForm(try chosenFormat()) { return try show(form) }
        try Workspace.run(globals) { workspace in
            let look = try StoreLook(workspace.store)
            LeftMemory.keep(look)
            let usage = DiskUsage(look, now: Clock.now)
            for document in usage.unreadable {
                globals.note("nothing counts as reclaimable: \(ErrorSentence.problem(of: document))")
            }
            let report = DiskUsageReport(usage)
            switch try chosenFormat() {
            case .text:
                try Output.write(report.text(globals.style, now: Clock.now, isVerbose: detailed || globals.verbose))
            case .json: try Output.write(report.json())
            case .markdown: try Output.write(report.markdown(), .format)
            case .csv: try Output.write(report.csv(), .format)
            case .html, .ncdu: break
            }
        }
    }

    /// The formats that show single things of a host, and not its classes.
    private enum HostForm {
        case html, ncdu

        init?(_ format: Format) {
            switch format {
            case .html: self = .html
            case .ncdu: self = .ncdu
            case .text, .json, .markdown, .csv: return nil
            }
        }
    }

    private func show(_ form: HostForm) throws {
        try Workspace.run(globals) { workspace in
            try show(form, [("store at \(try globals.storePath())", StoreHost(workspace).look { _ in })])
        }
    }

    private func show(_ form: HostForm, _ hosts: [(title: String, picture: any HostPicture)]) throws {
        switch form {
        case .html:
            guard hosts.count == 1, let host = hosts.first else { throw ValidationError("`--format html` is about one engine") }
            try Output.write(HTMLPage.page(host.title, host.picture, now: Clock.now))
        case .ncdu:
            let report = DiskTreeReport(hosts.map { ($0.title, $0.picture.tree) })
            try Output.stream(.format) { try report.write(version: StrataVersion.text, now: Clock.now, to: $0) }
        }
    }

    private func showEngines(_ text: String) throws {
        let access = try EngineAccess()
        let choices: [EngineChoice]
        if text == "all" {
            choices = access.engines().filter { $0.access == .inPlace }.map { EngineChoice($0.kind, root: $0.root) }
            guard !choices.isEmpty else { throw CommandError.noEngines }
        } else {
            choices = [try EngineChoice(parsing: text)]
        }
        let memory = globals.lookMemory
        if let form = HostForm(try chosenFormat()) {
            return try show(
                form,
                try choices.map { choice in
                    let host = EngineRootHost(choice, nil, memory)
                    let root = choice.root ?? access.roots.root(of: choice.kind)
                    return ("\(choice.kind.title) at \(root)", try host.look { _ in })
                })
        }
        let usages = try choices.map { choice in
            let (look, answer) = try access.look(choice, memory)
            globals.note(about: look)
            return EngineUsageReport(EngineUsage(look), answer)
        }
        switch try chosenFormat() {
        case .text:
            let isVerbose = detailed || globals.verbose
            try Output.write(usages.map { $0.text(globals.style, now: Clock.now, isVerbose: isVerbose) }.joined(separator: "\n"))
        case .json: try Output.write(text == "all" ? EngineUsageReport.json(usages) : usages[0].json())
        case .markdown: try Output.write(usages.map { $0.markdown() }.joined(separator: "\n"), .format)
        case .html, .ncdu: break
        case .csv:
            try Output.write(CSVText.text(EngineUsageReport.csvColumns, usages.flatMap(\.csvRows)), .format)
        }
    }
}
