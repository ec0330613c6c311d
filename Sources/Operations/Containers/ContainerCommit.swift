import ContainerRuntime
import ContentStorage
package import DockerfileLanguage
import ImageBuild
import ImageStorage
import ImageTransfer
package import LayerArchive
package import OCISpec
import StorageIO

/// What an image of a container is to be like.
package struct CommitRequest: Sendable {
    /// Who made it; nil for whom the container's image names.
    package var author: String?
    /// What it is, for its history.
    package var message: String?
    /// Changes to the container's config.
    package var changes: [ConfigChange] = []
    /// Whether a container that runs is paused meanwhile.
    package var pauses = true
    /// How the layer is compressed.
    package var compression = LayerCompression.gzip
    /// The moment of the commit.
    package var moment: Timestamp
    /// The time that no file of the layer is later than: seconds since 1970; nil where none was asked for.
    package var latestSeconds: Int64?

    /// A commit at this moment.
    package init(at moment: Timestamp) { self.moment = moment }
}

extension Workspace {
    /// Makes an image of a container and what it changed, named so, or without a name.
    package func commit(_ text: String, as name: Reference?, _ request: CommitRequest) throws -> WrittenImage {
        let item = try containers.find(text)
        // Of one that does not run nothing is to change meanwhile.
        let hold = item.status.isRunning ? nil : try item.folder.lock(.shared)
        defer { hold?.release() }
        let session = try openSession()
        let image = try store.load(item.container.manifest)
        for layer in image.layers { _ = try session.hold(layer.descriptor.digest) }
        let maker = LayerMaker(store: store, session: session, compression: request.compression, limits: options.limits)
        let makeLayer = { () throws -> MadeLayer? in
            let changes = try item.changes()
            return changes.isEmpty ? nil : try maker.make { try changes.write(to: $0, latest: request.latestSeconds) }
        }
        let made = try request.pauses ? item.folder.paused(makeLayer) : makeLayer()
        let layers = image.layers + (made.map { [LayerRecord(descriptor: $0.layer.descriptor, diffID: $0.layer.diffID)] } ?? [])
        let config = try request.config(of: item.container, from: image, layers: layers, isEmpty: made == nil)
        let written = try write(config, layers: layers.map(\.descriptor.inLayout), session)
        try publish(written, names: name.map { [$0] } ?? [], at: request.moment)
        return written
    }
}

extension CommitRequest {
    /// The config of the image.
    fileprivate func config(
        of container: Container, from image: ImageRecord, layers: [LayerRecord], isEmpty: Bool
    ) throws -> ImageConfig {
        var config = image.config
        config.created = moment.description
        config.author = author ?? config.author
        var changed = container.config
        try changed.apply(changes)
        config.config = changed
        config.rootfs = RootFS(diffIDs: layers.map(\.diffID))
        config.history =
            (config.history ?? image.layers.map { _ in HistoryEntry() }) + [
                HistoryEntry(
                    created: moment.description, createdBy: container.command.joined(separator: " "), author: author,
                    comment: message, emptyLayer: isEmpty)
            ]
        return config
    }
}
