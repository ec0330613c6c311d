import ArgumentParser
import ImageTransfer
import OCISpec
import Operations
import Reports

/// `strata load`.
struct Load: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "load", abstract: "Load images from an archive into the store.",
        discussion: """
            Reads archives of `docker save`, podman, buildah, skopeo and others, compressed or not, and OCI layouts; the \
            format is detected. Loads all images of an archive, for all their platforms. For a bare root file system use \
            `strata import`.
            """)

    @Option(name: .shortAndLong, help: ArgumentHelp("Read from this archive (default: standard input).", valueName: "file"))
    var input: String?

    @Option(help: "Load only the image of an index for this platform, such as linux/arm64.")
    var platform: String?

    @OptionGroup var limits: LimitOptions
    @OptionGroup var globals: GlobalOptions

    func run() throws {
        if input == nil || input == "-", Terminal.standardInput.isTerminal { throw CommandError.terminalInput }
        try Workspace.run(globals, platform: platform, limits: limits.scanLimits) { workspace in
            let brought = try workspace.load(input ?? "-", globals.showing("loading \(input ?? "standard input")"))
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
