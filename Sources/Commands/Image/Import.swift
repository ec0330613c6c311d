import ArgumentParser
import Distribution
import DockerfileLanguage
import ImageStorage
import ImageTransfer
import OCISpec
import Operations
import Reports

/// `strata import FILE [REPOSITORY[:TAG]]`.
struct Import: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Create an image from a root file system tarball.",
        discussion: """
            The tarball, compressed or not, from a file or a web server, becomes the only layer of a new image, whose ID is printed. \
            SOURCE_DATE_EPOCH in the environment sets the creation time, so that the same input gives the same image.
            """)

    @Option(
        name: .shortAndLong, parsing: .singleValue,
        help: ArgumentHelp(
            "An instruction of a Dockerfile for the image's config: CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, "
                + "STOPSIGNAL, USER, VOLUME or WORKDIR.", valueName: "instruction"))
    var change: [String] = []

    @Option(name: .shortAndLong, help: ArgumentHelp("Comment for the history of the image.", valueName: "text"))
    var message: String?

    @Option(help: "Platform of the image, such as linux/arm64 (default: this machine's).")
    var platform: String?

    @Argument(help: "The tarball: a path, http://… or https://…; `-` is standard input.")
    var file: String

    @Argument(help: ArgumentHelp("The image's name.", valueName: "repository[:tag]"))
    var name: String?

    @OptionGroup var limits: LimitOptions
    @OptionGroup var globals: GlobalOptions

    func run() throws {
        let reference = try name.map { try Reference(naming: $0) }
        var container = ContainerConfig()
        try container.apply(try change.flatMap { try ConfigChange.parse($0) })
        let created = try Clock.buildMoment().description
        if file == "-", Terminal.standardInput.isTerminal { throw CommandError.terminalInput }
        // As docker has it: where a file was says nothing elsewhere.
        let origin = Workspace.isWebAddress(file) ? AddressText.withoutUser(file) : "-"
        try Workspace.run(globals, platform: platform, limits: limits.scanLimits) { workspace in
            let config = ImageConfig(
                platform: workspace.options.platform ?? .host, rootfs: RootFS(diffIDs: []), created: created, config: container,
                history: [HistoryEntry(created: created, comment: message ?? "Imported from \(origin)")])
            let brought = try workspace.importRootFileSystem(
                file, as: config, name: reference, globals.showing("importing \(file)"))
            let report = ImportReport(
                name: reference?.familiar, imageID: brought.imageID ?? brought.digest, digest: brought.digest)
            switch globals.format {
            case .text: try Output.write(report.text)
            case .json: try Output.write(report.json())
            }
        }
    }
}

extension Reference {
    /// The name that somebody gives to an image; with a digest, which nobody can choose, it is an error.
    init(naming text: String) throws {
        let reference = try Reference(normalizing: text)
        if reference.digest != nil { throw OperationError.digestAsName(text) }
        self = reference.withDefaultTag
    }
}

extension Clock {
    /// This moment, or the one that the environment wants everything to be made at.
    static func buildMoment() throws -> Timestamp {
        try Environment.value(epochName).map { try moment(ofEpoch: $0) } ?? now
    }

    /// The variable that names the moment of everything that is made.
    static let epochName = "SOURCE_DATE_EPOCH"

    /// The moment of so many seconds since 1970.
    static func moment(ofEpoch text: String) throws(CommandError) -> Timestamp {
        // What RFC 3339 can write.
        guard let seconds = Int64(text), (0...253_402_300_799).contains(seconds) else { throw .badEpoch(text) }
        return Timestamp(seconds: seconds)
    }
}
