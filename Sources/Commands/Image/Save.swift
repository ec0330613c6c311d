import ArgumentParser
import ImageTransfer
import Operations

/// `strata save IMAGE…`.
struct Save: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "save", abstract: "Write images to an archive that docker, podman and skopeo load.",
        discussion: """
            Blobs are written as they are stored, so digests, image IDs and diff IDs do not change. A name without a tag \
            means all names of the repository; an image given by its ID is saved without a name.
            """)

    @Option(name: .shortAndLong, help: ArgumentHelp("Write to this file (default: standard output).", valueName: "path"))
    var output: String?

    @Option(help: "Archive type: docker-archive, oci-archive, or oci (a directory).")
    var type: ArchiveForm = .dockerArchive

    @Option(help: "Save only the image of an index for this platform, such as linux/arm64.")
    var platform: String?

    @Argument(help: ArgumentHelp("Names or IDs in the store.", valueName: "image"))
    var images: [String]

    @OptionGroup var globals: GlobalOptions

    func run() throws {
        let output = self.output == "-" ? nil : self.output
        if output == nil {
            guard type != .ociLayout else { throw CommandError.folderWithoutPath }
            if Terminal.standardOutput.isTerminal { throw CommandError.terminalOutput(verb: "save") }
        }
        try Workspace.run(globals, platform: platform) { workspace in
            try workspace.save(images, as: type, to: output, globals.showing("saving \(output ?? "to standard output")"))
        }
    }
}

extension ArchiveForm: ExpressibleByArgument {}
