import ArgumentParser
import Distribution
import ImageStorage
import ImageTransfer
import LayerAnalysis
import LayerArchive
import OCISpec
import Reports

/// `strata pull NAME`.
struct PullCommand: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull",
        abstract: "Bring an image from a registry into the store.",
        discussion: """
            Layers are verified and indexed while they come, so that a look at the image afterwards costs nothing. What the store \
            has is not fetched again, and an interrupted pull goes on where it stopped.
            """)

    @Argument(help: ArgumentHelp("The image: [registry/]repository[:tag][@digest].", valueName: "name"))
    var name: String

    @Option(help: "The image of an index for this platform, such as linux/arm64.")
    var platform: String?

    @Flag(help: "All images of an index, and what else it lists.")
    var allPlatforms = false

    @Flag(name: .customLong("no-index"), help: "Leave the analysis to the first command that needs it.")
    var isNotIndexing = false

    @OptionGroup(title: "Registries") var registry: RegistryOptions
    @OptionGroup var limits: LimitOptions
    @OptionGroup var globals: GlobalOptions

    func validate() throws {
        if allPlatforms, platform != nil { throw ValidationError("`--all-platforms` and `--platform` exclude each other") }
    }

    func run() throws {
        let name = name.hasPrefix("docker://") ? String(name.dropFirst("docker://".count)) : name
        let reference = try Reference(normalizing: name).withDefaultTag
        try Workspace.run(globals, platform: platform, limits: limits.scanLimits) { workspace in
            var options = PullOptions()
            options.platforms = allPlatforms ? .all : .one(workspace.options.platform)
            options.isIndexing = !isNotIndexing
            let display = TransferDisplay(
                globals, heading: "\(reference.tagText): Pulling from \(reference.path)",
                showsResult: globals.format == .text && !globals.quiet)
            let pulled = try workspace.pull(reference, try registry.makeRegistries(note: display.note), options, display)
            let report = PullReport(
                name: reference.familiar, fullName: reference.full, digest: pulled.image.root.digest,
                imageIDs: pulled.image.images.map(\.manifest.config.digest), isUpToDate: pulled.isUpToDate,
                fetchedBytes: pulled.fetchedBytes)
            switch globals.format {
            case .text: try Output.write(globals.quiet ? report.shortText : report.text)
            case .json: try Output.write(report.json())
            }
        }
    }
}

extension Reference {
    /// What docker calls the tag of a pull: the whole name where it is one by digest.
    fileprivate var tagText: String { digest == nil ? tag ?? Self.defaultTag : full }
}

extension Workspace {
    /// Pulls into the store, by a session whose partial blobs outlive a failure.
    func pull(
        _ reference: Reference, _ registries: Registries, _ options: PullOptions, _ display: TransferDisplay
    ) throws -> PulledImage {
        let pull = Pull(
            reference, from: registries, into: store, session: try openSession(keepsPartials: true),
            tools: LayerTools(limits: self.options.limits), options, report: display.report)
        defer { display.finish() }
        return try pull.run(at: Clock.now)
    }

    /// An image of a registry: pulled when importing, else read without keeping its layers.
    func remote(_ name: String, isImporting: Bool, _ progress: ProgressDisplay) throws -> ScannedImage {
        let reference = try Reference(normalizing: name).withDefaultTag
        let registries = try self.registries(note: progress.note)
        let tools = LayerTools(limits: options.limits)
        defer { progress.finish() }
        if isImporting {
            var pulling = PullOptions()
            pulling.platforms = .one(options.platform)
            let pull = Pull(
                reference, from: registries, into: store, session: try openSession(keepsPartials: true), tools: tools, pulling,
                report: progress.distributionReport)
            let pulled = try pull.run(at: Clock.now)
            return try indexed(try store.load(pulled.image.root, platform: options.platform), progress)
        }
        let reading = RemoteReading(reference, from: registries, store, tools: tools, report: progress.distributionReport)
        let (image, absent) = try reading.run(options.platform, workerCount: max(3, options.workerCount))
        for layer in image.layers.map(\.descriptor) where absent.contains(layer.digest) {
            progress.report(.absent(layer: layer.digest, urls: layer.urls ?? []))
        }
        var scanned = image.scanned(
            reference,
            image.layers.map { layer in
                ScannedLayer(
                    diffID: layer.diffID, descriptor: layer.descriptor, isAbsent: absent.contains(layer.descriptor.digest))
            })
        scanned.rereading = LayerRereading { [store, options] number, entries in
            let tools = LayerTools(limits: options.limits, kept: entries)
            try RemoteReading(reference, from: registries, store, tools: tools, report: { _ in })
                .read(image.layers[number], of: options.platform)
            return store.catalog.layerIndex(image.layers[number].diffID)?.documents
        }
        return scanned
    }

    /// The registries, as the command's options say.
    func registries(note: @escaping @Sendable (String) -> Void) throws -> Registries {
        try (registry ?? RegistryOptions.parse([])).makeRegistries(note: note)
    }
}
