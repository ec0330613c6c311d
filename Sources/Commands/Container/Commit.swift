import ArgumentParser
import ContainerRuntime
import ContentStorage
import DockerfileLanguage
import ImageBuild
import ImageStorage
import ImageTransfer
import LayerArchive
import OCISpec
import Operations
import Reports
import StorageIO

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
        let changes = try change.flatMap { try ConfigChange.parse($0) }
        try Workspace.run(globals) { workspace in
            let item = try ContainerShelf(store: workspace.store.content).find(container)
            // Of one that does not run nothing is to change meanwhile.
            let hold = item.status.isRunning ? nil : try item.folder.lock(.shared)
            defer { hold?.release() }
            let session = try workspace.openSession()
            let image = try workspace.store.load(item.container.manifest)
            for layer in image.layers { _ = try session.hold(layer.descriptor.digest) }
            let moment = try Clock.buildMoment()
            let maker = LayerMaker(
                store: workspace.store, session: session, compression: compression, limits: workspace.options.limits)
            let latest = !Environment.isSet("SOURCE_DATE_EPOCH") ? nil : moment.seconds
            let makeLayer = { () throws -> MadeLayer? in
                let upper = try item.changes()
                return upper.isEmpty ? nil : try maker.make { try upper.write(to: $0, latest: latest) }
            }
            let made = try pause ? item.folder.paused(makeLayer) : makeLayer()
            let layers =
                image.layers + (made.map { [LayerRecord(descriptor: $0.layer.descriptor, diffID: $0.layer.diffID)] } ?? [])
            var config = image.config
            config.created = moment.description
            config.author = author ?? config.author
            config.config = item.container.config
            try config.apply(changes)
            config.rootfs = RootFS(diffIDs: layers.map(\.diffID))
            config.history =
                (config.history ?? image.layers.map { _ in HistoryEntry() }) + [
                    HistoryEntry(
                        created: moment.description, createdBy: item.container.command.joined(separator: " "), author: author,
                        comment: message, emptyLayer: made == nil)
                ]
            let written = try workspace.write(config, layers: layers.map(\.descriptor.inLayout), session)
            try workspace.publish(written, names: reference.map { [$0] } ?? [], at: moment)
            switch globals.format {
            case .text: try Output.write("\(written.imageID)\n")
            case .json:
                try Output.write(
                    ImportReport(name: reference?.familiar, imageID: written.imageID, digest: written.descriptor.digest).json())
            }
        }
    }
}

extension ContainerShelf.Item {
    /// What the container changed.
    func changes() throws -> UpperLayer {
        let stubs = container.stubs
        return try UpperLayer(try folder.directory.directory(ContainerFolder.diffName)) {
            stubs.isChange($0, isEmptyDirectory: $1)
        }
    }
}

extension ImageConfig {
    fileprivate mutating func apply(_ changes: [ConfigChange]) throws {
        var container = config ?? ContainerConfig()
        try container.apply(changes)
        config = container
    }
}
