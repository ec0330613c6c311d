import ArgumentParser
import ImageStorage
import ImageTransfer
import OCISpec
import StorageIO
import SystemPackage

/// `strata save IMAGE…`.
struct Save: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "save", abstract: "Write images to an archive that docker, podman and skopeo load.",
        discussion: """
            Blobs are written as they are stored, so digests, image IDs and diff IDs stay. A name without a tag means all names \
            of the repository; an image given by its ID is saved without a name.
            """)

    @Option(name: .shortAndLong, help: ArgumentHelp("Where to write; standard output without it.", valueName: "path"))
    var output: String?

    @Option(help: "What to write: docker-archive, oci-archive, or oci, which is a folder.")
    var type: ArchiveForm = .dockerArchive

    @Option(help: "Only the image of an index for this platform, such as linux/arm64.")
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
            let outgoing = try workspace.outgoing(images, type)
            for layer in outgoing.absent {
                globals.note("layer \(layer.digest) is foreign and not in the store: it is left out")
            }
            let progress = ProgressDisplay(globals, title: "saving \(output ?? "to standard output")")
            progress.report(.began(totalBytes: outgoing.totalBytes))
            defer { progress.finish() }
            let advance = { (bytes: Int64) in progress.report(.advanced(bytes: bytes)) }
            if type == .ociLayout, let output {
                try workspace.write(toFolder: output) { folder in try outgoing.write(to: folder, progress: advance) }
            } else {
                try workspace.write(to: output) { file in try outgoing.write(to: file, progress: advance) }
            }
        }
    }
}

extension ArchiveForm: ExpressibleByArgument {}

extension Workspace {
    /// What the texts name in the store, with everything it reaches.
    fileprivate func outgoing(_ texts: [String], _ form: ArchiveForm) throws -> OutgoingImages {
        try OutgoingImages(try texts.flatMap { try store.selection($0) }, from: store, form, platform: options.platform)
    }

    /// Lets `body` write a file that takes the name `path` when all of it is there; standard output without a path.
    ///
    /// A reader that goes away early is no failure.
    func write(to path: String?, _ body: (OutputFile) throws -> Void) throws {
        let output = try Process.make { () throws(TransferError) in
            try inOutput { () throws(StorageError) in
                guard let path else { return try OutputFile.stream(.standardOutput, path: "standard output") }
                return try OutputFile.create(at: FilePath(path))
            }
        } onInterrupt: { [self] output in
            output.discard()
            endByASignal()
        }
        defer { output.discard() }
        do {
            try body(output)
            try inOutput { () throws(StorageError) in try output.commit() }
        } catch TransferError.output(let error) where error.errno == .brokenPipe {
            return
        }
    }

    /// The same for a folder, whose files are a layout's.
    fileprivate func write(toFolder path: String, _ body: (OutputFolder) throws -> Void) throws {
        let output = try Process.make { () throws(TransferError) in
            try inOutput { () throws(StorageError) in try OutputFolder.create(at: FilePath(path)) }
        } onInterrupt: { [self] output in
            output.discard()
            endByASignal()
        }
        defer { output.discard() }
        try body(output)
        try inOutput { () throws(StorageError) in try output.commit(OutgoingImages.topNames) }
    }
}
