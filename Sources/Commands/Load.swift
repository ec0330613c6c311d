import ArgumentParser
import ImageTransfer
import OCISpec
import Reports

/// `strata load`.
struct Load: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "load", abstract: "Bring the images of an archive into the store.",
        discussion: """
            Reads archives of `docker save`, podman, buildah, skopeo and others, compressed or not, and OCI layouts; what it is, \
            is found out. All images of an archive come in, for all their platforms. For a bare root file system use \
            `strata import`.
            """)

    @Option(name: .shortAndLong, help: ArgumentHelp("The archive; standard input without it.", valueName: "file"))
    var input: String?

    @Option(help: "Only the image of an index for this platform, such as linux/arm64.")
    var platform: String?

    @OptionGroup var limits: LimitOptions
    @OptionGroup var globals: GlobalOptions

    func run() throws {
        if input == nil || input == "-", Terminal.standardInput.isTerminal { throw CommandError.terminalInput }
        try Workspace.run(globals, platform: platform, limits: limits.scanLimits) { workspace in
            let progress = ProgressDisplay(globals, title: "loading \(input ?? "standard input")")
            let brought = try workspace.bring(input ?? "-", progress)
            let report = LoadReport(
                brought.map { image in
                    LoadReport.Image(
                        names: image.names.map(\.familiar), imageID: image.imageID, digest: image.digest,
                        replaced: image.replaced.map { .init(name: $0.name.familiar, imageID: $0.imageID) })
                })
            switch globals.format {
            case .text: try Output.write(report.text)
            case .json: try Output.write(report.json())
            }
        }
    }
}

extension Workspace {
    /// Brings in all images of what `text` names, or the one that its `:REF` does; never looks into the store for it.
    func bring(_ text: String, _ progress: ProgressDisplay) throws -> [BroughtImage] {
        let (source, reference) = try open(text, progress)
        return try bring(try source.select(reference), from: source, progress)
    }

    /// Brings in some of a source's images, under the names that they bear.
    func bring(
        _ images: [SourceImage], from source: OpenedSource, _ progress: ProgressDisplay
    ) throws -> [BroughtImage] {
        let transfer = Transfer(source, into: store, session: try openSession(), options, report: progress.report)
        defer { progress.finish() }
        return try transfer.bring(images, at: Clock.now)
    }

    /// A file, or standard input, as a root file system, whatever else it may look like.
    func rootFileSystem(_ path: String, _ progress: ProgressDisplay) throws -> OpenedSource {
        try path == "-" ? openStandardInput(.tarball, progress) : open(.tarball, path: path, progress)
    }

    private func open(_ text: String, _ progress: ProgressDisplay) throws -> (source: OpenedSource, reference: String?) {
        switch SourceSpec(parsing: text) {
        case .registry(let name): throw CommandError.registryAsArchive(name)
        case .unsupported(let transport): throw CommandError.unsupportedTransport(transport)
        case .name(let path), .path(let path): return (try image(open(nil, path: path, progress)), nil)
        case .transport(let kind, let path, let reference): return (try open(kind, path: path, progress), reference)
        case .standardInput(let reference): return (try image(openStandardInput(nil, progress)), reference)
        }
    }

    /// Refuses what is an image only by its user's word: half an archive must not come in as a root file system.
    private func image(_ source: OpenedSource) throws(TransferError) -> OpenedSource {
        if source.isRootFileSystem { throw .rootFileSystem(path: source.path) }
        return source
    }
}
