import ArgumentParser
import DockerfileLanguage
import ImageTransfer
import OCISpec
import Operations
import Reports
import StorageIO

/// `strata build CONTEXT`.
struct BuildCommand: ResultCommand {
    static let namespaceUse = UserNamespaceUse.always
    static let configuration = CommandConfiguration(
        commandName: "build",
        abstract: "Build an image from a Dockerfile.",
        discussion: """
            Steps that only place files are written straight into a layer, without privileges. Steps that were built \
            before with the same inputs are taken from the cache. SOURCE_DATE_EPOCH in the environment sets the time of \
            the build, so that the same input gives the same image.
            """)

    @OptionGroup var options: BuildOptions
    @OptionGroup(title: "Registries") var registry: RegistryOptions
    @OptionGroup var limits: LimitOptions
    @OptionGroup var globals: GlobalOptions

    func run() throws {
        let names = try options.tag.map { try Reference(naming: $0) }
        if options.context == "-", Terminal.standardInput.isTerminal { throw CommandError.terminalInput }
        let platforms = try options.platforms()
        try Workspace.run(globals, limits: limits.scanLimits, registry: registry) { workspace in
            let display = BuildDisplay(globals)
            do {
                let source = try BuildContext(
                    options.context, dockerfile: options.file, workspace.openSession(), limits: workspace.options.limits,
                    keepsRepository: try options.keepsRepository())
                if options.check { return try lint(source, platforms.first ?? .host, workspace) }
                var order = try options.order(source, names)
                // Who wants the ID alone does not wait for the figures.
                order.wantsWaste = !globals.quiet || globals.format == .json
                order.report = { display.report($0) }
                order.writing = { [globals] in globals.showing("writing \($0.path)") }
                let built = try workspace.build(order, globals.reading("a base image"))
                try writeFiles(built, order, workspace)
                try push(built, order, workspace)
                try report(built, order)
            } catch {
                display.fail()
                throw error
            }
        }
    }

    /// Writes the files that scripts ask what was built.
    private func writeFiles(_ built: BuiltImage, _ order: BuildOrder, _ workspace: Workspace) throws {
        if let iidfile = options.iidfile {
            try workspace.write(to: iidfile) { try $0.write(contentsOf: Array(built.imageID.description.utf8)) }
        }
        if let path = options.metadataFile {
            let metadata = BuildMetadata(root: built.root, config: built.config, names: order.names.map(\.full))
            try workspace.write(to: path) { try $0.write(contentsOf: try encodeDocument(metadata.json)) }
        }
    }

    /// Pushes the image under each of its names.
    private func push(_ built: BuiltImage, _ order: BuildOrder, _ workspace: Workspace) throws {
        guard options.push else { return }
        let display = TransferDisplay(globals, words: .push, showsResult: false)
        let registries = try workspace.registries(display.progress)
        for name in order.names { _ = try workspace.push(name, built.root, to: registries, display.progress) }
    }

    private func report(_ built: BuiltImage, _ order: BuildOrder) throws {
        if order.destinations.contains(where: \.isStandardOutput) { return }
        let report = BuildReport(
            names: order.names.map(\.familiar), imageID: built.imageID, digest: built.root.digest,
            layers: built.layers.map { BuildReport.Layer(digest: $0.digest, compressedBytes: $0.size) },
            waste: built.waste.map { waste in
                BuildReport.Waste(
                    wastedBytes: waste.wastedBytes, visibleBytes: waste.visibleBytes,
                    worst: waste.worst.map { ($0.step ?? "a layer of the base", $0.bytes) })
            })
        switch globals.format {
        case .text: try Output.write(globals.quiet ? report.shortText : report.text)
        case .json: try Output.write(report.json())
        }
    }

    /// Says what is to be said of the Dockerfile; any finding is status 1.
    private func lint(_ source: BuildContext, _ platform: Platform, _ workspace: Workspace) throws {
        let (findings, text) = try workspace.checkDockerfile(
            of: source, arguments: try options.arguments(), platform: platform)
        let report = LintReport(
            findings.map { LintReport.Line($0.rule.rawValue, $0.line, $0.message) }, place: text.place, lines: text.lines)
        switch globals.format {
        case .text: try Output.write(report.text)
        case .json: try Output.write(report.json())
        }
        if !findings.isEmpty { throw BadFinding() }
    }
}
