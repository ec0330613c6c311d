import ArgumentParser
import ImageStorage
import ImageTransfer
import OCISpec
import Reports

/// `strata inspect IMAGE…`.
struct Inspect: ResultCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the config of images as JSON, with docker's keys.")

    @Argument(help: ArgumentHelp("Images: paths, names in the store, or `-`.", valueName: "source"))
    var sources: [String]

    @Option(help: "The image of an index to take, such as linux/arm64.")
    var platform: String?

    @OptionGroup(title: "Registries") var registry: RegistryOptions
    @OptionGroup var globals: GlobalOptions

    func run() throws {
        try Workspace.run(globals, platform: platform, registry: registry) { workspace in
            let stored = try workspace.store.summaries(DocumentReader(workspace.store))
            var images: [InspectReport.Image] = []
            var failures: [any Error] = []
            for source in sources {
                do {
                    let progress = ProgressDisplay(globals, title: "reading \(source)")
                    images.append(try workspace.inspected(try workspace.image(source, progress), among: stored))
                } catch {
                    failures.append(error)
                }
            }
            // As with docker: what was found is told, and then what was not.
            if !images.isEmpty { try Output.write(InspectReport.json(images)) }
            guard let last = failures.popLast() else { return }
            for failure in failures { FailureReport(failure, isJSON: globals.format == .json).print() }
            throw last
        }
    }
}

extension Workspace {
    /// What `inspect` says of an image, its names in the store included.
    func inspected(_ image: ScannedImage, among stored: [ImageSummary]) throws -> InspectReport.Image {
        let summary = stored.first { $0.holds(image.manifestDigest) }
        let entries = summary?.entries.filter { $0.name != nil } ?? []
        var repoDigests: [String] = []
        for entry in entries {
            guard case .reference(let reference) = entry.name else { continue }
            let text = "\(reference.familiarRepository)@\(entry.descriptor.digest)"
            if !repoDigests.contains(text) { repoDigests.append(text) }
        }
        let bytes = image.layers.map { store.catalog.layerFacts($0.diffID)?.contentBytes }
        return InspectReport.Image(
            imageID: image.imageID, repoTags: entries.compactMap(\.familiar), repoDigests: repoDigests, config: image.config,
            containerConfig: try containerConfig(image.config),
            contentBytes: bytes.contains(nil) ? nil : bytes.reduce(0) { $0 + ($1 ?? 0) },
            descriptor: image.root)
    }

    private func containerConfig(_ config: ImageConfig) throws -> JSONValue {
        guard let container = config.config else { return .null }
        do throws(DocumentError) {
            return try decodeDocument(JSONValue.self, from: try encodeDocument(container))
        } catch {
            throw CommandError.notEncodable(error)
        }
    }
}
