import ArgumentParser
import ImageStorage
import ImageTransfer
import OCISpec
import Reports

/// `strata inspect IMAGE…`.
struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the config of images as JSON, with docker's keys.")

    @Argument(help: ArgumentHelp("Images: paths, names in the store, or `-`.", valueName: "source"))
    var sources: [String]

    @Option(help: "The image of an index to take, such as linux/arm64.")
    var platform: String?

    @OptionGroup var globals: GlobalOptions

    func run() throws {
        try Workspace.run(globals, platform: platform) { workspace in
            let images = try sources.map { source in
                try workspace.inspected(
                    try workspace.image(source, ProgressDisplay(globals, title: "reading \(source)")))
            }
            try Output.write(InspectReport.json(images))
        }
    }
}

extension Workspace {
    /// What `inspect` says of an image, its names in the store included.
    func inspected(_ image: ScannedImage) throws -> InspectReport.Image {
        let names = try store.names().filter { entry in
            entry.descriptor.digest == image.manifestDigest && entry.name != nil
        }
        var repoDigests: [String] = []
        for case .reference(let reference) in names.map(\.name) {
            let text = "\(reference.familiarRepository)@\(image.manifestDigest)"
            if !repoDigests.contains(text) { repoDigests.append(text) }
        }
        let bytes = image.layers.map { store.catalog.layerFacts($0.diffID)?.contentBytes }
        return InspectReport.Image(
            imageID: image.imageID, repoTags: names.compactMap(\.familiar), repoDigests: repoDigests, config: image.config,
            containerConfig: try containerConfig(image.config),
            contentBytes: bytes.contains(nil) ? nil : bytes.reduce(0) { $0 + ($1 ?? 0) })
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
