import ArgumentParser
import Distribution
import ImageStorage
import ImageTransfer
import OCISpec
import Operations
import Reports

/// `strata pull NAME`.
struct PullCommand: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull",
        abstract: "Pull an image from a registry into the store.",
        discussion: """
            Layers are verified and indexed as they arrive, so analyzing the image afterwards is fast. Blobs that the \
            store has are not fetched again, and an interrupted pull resumes where it stopped.
            """)

    @Argument(help: ArgumentHelp("The image: [registry/]repository[:tag][@digest].", valueName: "name"))
    var name: String

    @Option(help: "Pull the image of an index for this platform, such as linux/arm64.")
    var platform: String?

    @Flag(help: "Pull all images of an index, and whatever else it lists.")
    var allPlatforms = false

    @Flag(name: .customLong("no-index"), help: "Do not index layers now; the first command that needs it will.")
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
        try Workspace.run(globals, platform: platform, limits: limits.scanLimits, registry: registry) { workspace in
            var options = PullOptions()
            options.platforms = allPlatforms ? .all : .one(workspace.options.platform)
            options.isIndexing = !isNotIndexing
            let display = TransferDisplay(
                globals, heading: "\(reference.tagText): Pulling from \(reference.path)",
                showsResult: globals.format == .text && !globals.quiet)
            let pulled = try workspace.pull(reference, options, display.progress)
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
