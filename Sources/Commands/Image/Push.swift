import ArgumentParser
import Distribution
import OCISpec
import Operations
import Reports

/// `strata push NAME`.
struct PushCommand: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "push",
        abstract: "Push an image to the registry that its name gives.",
        discussion: """
            Blobs that the registry has are not sent again, nor those that it can mount from another of its \
            repositories. Layers that are stored uncompressed are compressed on the way, which gives the image a new \
            manifest in the registry.
            """)

    @Argument(help: ArgumentHelp("The image: [registry/]repository[:tag].", valueName: "name"))
    var name: String

    @Option(help: "Push only the image of an index for this platform, such as linux/arm64.")
    var platform: String?

    @Flag(name: [.customShort("a"), .long], help: "Push all tags of the repository that the store has.")
    var allTags = false

    @OptionGroup(title: "Registries") var registry: RegistryOptions
    @OptionGroup var globals: GlobalOptions

    func run() throws {
        let name = name.hasPrefix("docker://") ? String(name.dropFirst("docker://".count)) : name
        let asked = try Reference(normalizing: name)
        guard asked.digest == nil else { throw OperationError.digestAsName(name) }
        guard !allTags || asked.tag == nil else {
            throw CommandError.badOption("--all-tags", name, expected: "a repository without a tag")
        }
        try Workspace.run(globals, platform: platform, registry: registry) { workspace in
            let images = try workspace.pushed(asked, all: allTags)
            let display = TransferDisplay(globals, words: .push, showsResult: globals.format == .text && !globals.quiet)
            let registries = try workspace.registries(display.progress)
            var documents: [JSONValue] = []
            for (number, image) in images.enumerated() {
                if globals.format == .text, !globals.quiet, number == 0 {
                    try Output.write("The push refers to repository [\(asked.repository)]\n")
                }
                let report = PushReport(
                    try workspace.push(image.reference, image.root, to: registries, display.progress))
                switch globals.format {
                case .text: try Output.write(globals.quiet ? report.shortText : report.text)
                case .json: documents.append(report.json())
                }
            }
            if globals.format == .json {
                try Output.write(allTags ? PushReport.json(of: documents) : documents.first ?? .null)
            }
        }
    }
}
