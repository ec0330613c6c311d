import ArgumentParser
import Operations
import Reports

/// `strata why PATH-OR-DIGEST [IMAGE]`.
struct Why: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "why",
        abstract: "Show what keeps a blob, a layer or a file of the store, or which layer stores or hides a path in an image.",
        discussion: """
            Without an image the subject is a digest, the beginning of one, an image of the store, or a file below the store's \
            directory. What is kept is shown with the chain from each name, container or session that keeps it.
            """)

    @Argument(help: ArgumentHelp("A digest, a file of the store, or with an image a path in it.", valueName: "path-or-digest"))
    var subject: String

    @Argument(help: "The image that the path is in: a name in the store, a path, or `-`.")
    var image: String?

    @Option(help: "Use the image of an index for this platform, such as linux/arm64.")
    var platform: String?

    @OptionGroup(title: "Registries") var registry: RegistryOptions
    @OptionGroup var globals: GlobalOptions

    func run() throws {
        try Workspace.run(globals, platform: platform, registry: registry) { workspace in
            let subjects: [Reason]
            if let image {
                let scanned = try workspace.image(image, globals.reading(image))
                subjects = [.path(try workspace.story(of: subject, in: scanned))]
            } else {
                subjects = try workspace.reasons(for: subject)
            }
            let report = ReasonReport(subjects)
            switch globals.format {
            case .text: try Output.write(report.text(globals.style))
            case .json: try Output.write(report.json())
            }
        }
    }
}
