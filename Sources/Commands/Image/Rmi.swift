import ArgumentParser
import Operations
import Reclamation
import Reports

/// `strata rmi IMAGE…`.
struct Rmi: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "rmi", abstract: "Remove images, and free what only they kept.",
        discussion: """
            A name is removed from its image; the image is kept while it has other names. An ID or a digest means the \
            image with all its names. Without `--force`, an image with several names, the digest of one platform of an \
            image, pinned images and images in use are refused. An entry of `index.json` that cannot be used is removed \
            by its name, its digest or the ID that `strata images` shows.
            """)

    @Argument(help: ArgumentHelp("Names, IDs or digests.", valueName: "image"))
    var images: [String]

    @Flag(name: .shortAndLong, help: "Remove images with several names, pinned ones and those that containers use.")
    var force = false

    @OptionGroup var globals: GlobalOptions

    func run() throws {
        try Workspace.run(globals) { workspace in
            let removal = try workspace.remove(images, isForced: force)
            if let path = removal.foreignWrite { workspace.tell(.decision(.foreignWrite(path))) }
            let report = RemovalReport(removal)
            switch globals.format {
            case .text: if !globals.quiet { try Output.write(report.text) }
            case .json: try Output.write(report.json())
            }
            // As docker does, after the rest is done.
            try FailureReport.tell(removal.failures, isJSON: globals.format == .json)
        }
    }
}
