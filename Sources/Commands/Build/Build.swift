import ArgumentParser
import ContainerRuntime
import DockerfileLanguage
import ImageTransfer
import LayerArchive
import OCISpec
import Operations
import Reports
import StorageIO
import TextValues

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

    @Option(
        name: .shortAndLong, parsing: .singleValue,
        help: ArgumentHelp("Name for the image; may be given several times.", valueName: "name[:tag]"))
    var tag: [String] = []

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("The Dockerfile (default: Dockerfile in the context); `-` is standard input.", valueName: "path"))
    var file: String?

    @Option(
        parsing: .singleValue, help: ArgumentHelp("A value for an ARG; without `=` the environment's.", valueName: "name[=value]")
    )
    var buildArg: [String] = []

    @Option(help: ArgumentHelp("The stage to build (default: the last one).", valueName: "stage"))
    var target: String?

    @Option(help: "The platform to build for, such as linux/arm64 (default: this machine's).")
    var platform: String?

    @Flag(help: "Check the Dockerfile without building it, with BuildKit's checks.")
    var check = false

    @Flag(help: "Do not use the build cache.")
    var noCache = false

    @Flag(help: "Ask registries for base images even if the store has them.")
    var pull = false

    @Option(parsing: .singleValue, help: ArgumentHelp("A label for the image.", valueName: "name=value"))
    var label: [String] = []

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("A secret for `RUN --mount=type=secret`.", valueName: "id=name[,src=path|,env=name]"))
    var secret: [String] = []

    @Option(parsing: .singleValue, help: ArgumentHelp("Not supported: keys for `RUN --mount=type=ssh`.", valueName: "id"))
    var ssh: [String] = []

    @Option(help: ArgumentHelp("Network for RUN: default, host or none.", valueName: "mode"))
    var network = "default"

    @Flag(help: "Combine all layers above the base into one.")
    var squash = false

    @Option(help: ArgumentHelp("Write the image's ID to this file.", valueName: "file"))
    var iidfile: String?

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("Additional context for `--from`: a directory, or docker-image://NAME.", valueName: "name=place"))
    var buildContext: [String] = []

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Also write the image: type=oci|docker|tar|local,dest=PATH; a path alone is a directory for its files, `-` a tar.",
            valueName: "form"))
    var output: String?

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("Also use the build cache in this directory.", valueName: "type=local,src=dir"))
    var cacheFrom: [String] = []

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("Also write the build cache to this directory.", valueName: "type=local,dest=dir"))
    var cacheTo: [String] = []

    @Option(help: ArgumentHelp("Compression of layers: gzip, zstd or none.", valueName: "method"))
    var compression = LayerCompression.gzip

    @Argument(help: "Directory or tarball that COPY takes files from; `-` is a tarball, or a Dockerfile, on standard input.")
    var context: String

    @OptionGroup(title: "Registries") var registry: RegistryOptions
    @OptionGroup var limits: LimitOptions
    @OptionGroup var globals: GlobalOptions

    func validate() throws {
        if !ssh.isEmpty { throw ValidationError("`--ssh` is not supported; `--secret id=key,src=FILE` gives a step a key") }
        if RunFlags.Network(rawValue: network) == nil { throw ValidationError("`--network` takes default, host or none") }
        if file == "-", context == "-" { throw ValidationError("standard input cannot be both the Dockerfile and the context") }
        for text in cacheFrom where CachePlace.path(text, key: "src") == nil {
            throw ValidationError("`--cache-from \(text)` is not type=local,src=DIR")
        }
        for text in cacheTo where CachePlace.path(text, key: "dest") == nil {
            throw ValidationError("`--cache-to \(text)` is not type=local,dest=DIR")
        }
        if let output, BuildDestination(output) == nil {
            throw ValidationError("`--output \(output)` is not type=oci|docker|tar|local,dest=PATH, a directory, or `-`")
        }
        for text in label where NameValue(text).value == nil { throw ValidationError("`--label \(text)` is not name=value") }
        for text in buildContext where BuildOrder.NamedContext(of: NameValue(text)) == nil {
            throw ValidationError("`--build-context \(text)` is not name=FOLDER or name=docker-image://NAME")
        }
        for text in secret where SecretOption(text) == nil {
            throw ValidationError("`--secret \(text)` is not id=NAME[,src=PATH] or id=NAME[,env=VARIABLE]")
        }
    }

    func run() throws {
        let names = try tag.map { try Reference(naming: $0) }
        if context == "-", Terminal.standardInput.isTerminal { throw CommandError.terminalInput }
        try Workspace.run(globals, platform: platform, limits: limits.scanLimits, registry: registry) { workspace in
            let display = BuildDisplay(globals)
            do {
                let source = try BuildContext(
                    context, dockerfile: file, workspace.openSession(), limits: workspace.options.limits)
                if check { return try lint(source, workspace) }
                let order = try self.order(source, names, display)
                let built = try workspace.build(order, globals.reading("a base image"))
                try report(built, order, workspace)
            } catch {
                display.fail()
                throw error
            }
        }
    }

    private func order(_ source: BuildContext, _ names: [Reference], _ display: BuildDisplay) throws -> BuildOrder {
        var order = BuildOrder(
            source, at: try Clock.buildMoment(), runtime: { () throws(RuntimeError) in try RuntimeProgram.find() })
        order.names = names
        order.target = target
        order.arguments = try arguments()
        order.labels = pairs(label)
        order.contexts = namedContexts()
        order.secrets = Dictionary(secret.compactMap { SecretOption($0) }.map { (ExactText($0.id), $0.secret) }) { _, last in last
        }
        order.network = RunFlags.Network(rawValue: network) ?? .default
        order.usesCache = !noCache
        order.pulls = pull
        order.isSquashed = squash
        order.compression = compression
        order.isMomentFixed = Environment.isSet("SOURCE_DATE_EPOCH")
        order.cacheSources = cacheFrom.compactMap { CachePlace.path($0, key: "src") }
        order.cacheDestinations = cacheTo.compactMap { CachePlace.path($0, key: "dest") }
        order.destination = output.flatMap { BuildDestination($0) }
        // Who wants the ID alone does not wait for the figures.
        order.wantsWaste = !globals.quiet || globals.format == .json
        order.report = { display.report($0) }
        order.writing = { [globals] in globals.showing("writing \($0.path)") }
        return order
    }

    private func report(_ built: BuiltImage, _ order: BuildOrder, _ workspace: Workspace) throws {
        if let iidfile {
            try workspace.write(to: iidfile) { try $0.write(contentsOf: Array(built.imageID.description.utf8)) }
        }
        if order.destination?.isStandardOutput == true { return }
        let report = BuildReport(
            names: order.names.map(\.familiar), imageID: built.imageID, digest: built.digest,
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
    private func lint(_ source: BuildContext, _ workspace: Workspace) throws {
        let (findings, text) = try workspace.checkDockerfile(of: source, arguments: try arguments())
        let report = LintReport(
            findings.map { LintReport.Line($0.rule.rawValue, $0.line, $0.message) }, place: text.place, lines: text.lines)
        switch globals.format {
        case .text: try Output.write(report.text)
        case .json: try Output.write(report.json())
        }
        if !findings.isEmpty { throw BadFinding() }
    }

    // MARK: Options

    /// Values for arguments; a name alone takes the environment's, where that has one.
    private func arguments() throws(CommandError) -> [ExactText: String] {
        var values: [ExactText: String] = [:]
        for argument in buildArg.map({ NameValue($0) }) {
            if let value = argument.value {
                values[ExactText(argument.name)] = value
            } else if let value = try Environment.value(argument.name) {
                values[ExactText(argument.name)] = value
            }
        }
        return values
    }

    /// Of two with one name the last.
    private func pairs(_ texts: [String]) -> [ExactText: String] {
        Dictionary(texts.map { NameValue($0) }.map { (ExactText($0.name), $0.value ?? "") }) { _, last in last }
    }

    private func namedContexts() -> [ExactText: BuildOrder.NamedContext] {
        let contexts = buildContext.map { NameValue($0) }.compactMap { context in
            BuildOrder.NamedContext(of: context).map { (ExactText(context.name), $0) }
        }
        return Dictionary(contexts) { _, last in last }
    }
}

extension LayerCompression: ExpressibleByArgument {}
