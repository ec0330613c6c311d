import ArgumentParser
import ImageTransfer
import Operations

/// `strata export IMAGE`.
struct Export: ResultCommand {
    static let namespaceUse = UserNamespaceUse.never
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Export the root file system of a container or an image as a tar.",
        discussion: """
            The tar has what all layers together show: every file once, with its owner, mode, times and extended \
            attributes; further names of a file are hard links. The same image gives the same bytes.
            """)

    @Option(name: .shortAndLong, help: ArgumentHelp("Write to this file (default: standard output).", valueName: "file"))
    var output: String?

    @Option(help: "Use the image of an index for this platform, such as linux/arm64.")
    var platform: String?

    @Argument(help: "A container, or an image: a name or an ID in the store.")
    var image: String

    @OptionGroup var limits: LimitOptions
    @OptionGroup var globals: GlobalOptions

    func run() throws {
        let path = output == "-" ? nil : output
        if path == nil, Terminal.standardOutput.isTerminal { throw CommandError.terminalOutput(verb: "export") }
        try Workspace.run(globals, platform: platform, limits: limits.scanLimits) { workspace in
            let exportImage = { try workspace.export(image, to: path, globals.showing("exporting \(image)")) }
            // A platform is asked for of images alone.
            if platform != nil { return try exportImage() }
            try workspace.containers.either(image, container: { try workspace.export($0, to: path) }, image: exportImage)
        }
    }
}
