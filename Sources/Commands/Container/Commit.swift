import ArgumentParser
import DockerfileLanguage
import LayerArchive
import OCISpec
import Operations
import Reports

/// `strata commit CONTAINER [NAME]`.
struct CommitCommand: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "commit", abstract: "Create an image from a container's changes.",
        discussion: """
            The changes of the container become one layer on top of those of its image, with deletions, opaque \
            directories, hard links, owners, times and extended attributes. Mounts are not part of it. A running \
            container is paused during the commit, where control groups allow it; with `--no-pause` a file may be half \
            written.
            """)

    @Option(name: .shortAndLong, help: "Author of the image.")
    var author: String?

    @Option(name: .shortAndLong, help: "Comment for the history of the image.")
    var message: String?

    @Option(
        name: .shortAndLong, help: ArgumentHelp("Apply a Dockerfile instruction to the config.", valueName: "instruction"))
    var change: [String] = []

    @Flag(
        name: [.customShort("p"), .long], inversion: .prefixedNo, help: "Pause the container during the commit.")
    var pause = true

    @Option(help: "Compression of the layer: gzip, zstd or none.")
    var compression: LayerCompression = .gzip

    @OptionGroup var globals: GlobalOptions

    @Argument(help: "A name, an ID or its beginning.")
    var container: String

    @Argument(help: ArgumentHelp("The image's name.", valueName: "repository[:tag]"))
    var name: String?

    func run() throws {
        let reference = try name.map { try Reference(naming: $0) }
        var request = CommitRequest(at: try Clock.buildMoment())
        request.author = author
        request.message = message
        request.changes = try change.flatMap { try ConfigChange.parse($0) }
        request.pauses = pause
        request.compression = compression
        request.latestSeconds = Environment.isSet("SOURCE_DATE_EPOCH") ? request.moment.seconds : nil
        let written = try Workspace.run(globals) { try $0.commit(container, as: reference, request) }
        switch globals.format {
        case .text: try Output.write("\(written.imageID)\n")
        case .json:
            try Output.write(
                ImportReport(name: reference?.familiar, imageID: written.imageID, digest: written.descriptor.digest).json())
        }
    }
}
