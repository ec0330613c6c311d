import ContentStorage
import Distribution
import ImageStorage
package import ImageTransfer
import LayerAnalysis
package import OCISpec
package import StorageIO

/// Images that come from archives and go to them.
extension Workspace {
    /// Brings in all images of what `text` names, or the one that its `:REF` does; never looks into the store for it.
    package func load(_ text: String, _ progress: OperationProgress) throws -> [BroughtImage] {
        let (source, reference) = try open(text, progress)
        return try bring(try source.select(reference), from: source, progress)
    }

    /// Makes an image of a root file system: the tarball at `path`, or standard input for `-`, is its one layer.
    package func importRootFileSystem(
        _ path: String, as config: ImageConfig, name: Reference?, _ progress: OperationProgress
    ) throws -> BroughtImage {
        let source: OpenedSource
        if path == "-" {
            source = try openStandardInput(.tarball, progress)
        } else if Self.isWebAddress(path) {
            source = try fetchTarball(path, progress)
        } else {
            source = try open(.tarball, path: path, progress)
        }
        let image = source.images[0].with(config, names: name.map { [$0] } ?? [])
        return try bring([image], from: source, progress)[0]
    }

    /// Whether a tarball is to be fetched from a web server.
    package static func isWebAddress(_ text: String) -> Bool { text.hasPrefix("http://") || text.hasPrefix("https://") }

    /// Looks into the tarball at an address, which is fetched first.
    private func fetchTarball(_ address: String, _ progress: OperationProgress) throws -> OpenedSource {
        let file = try openSession().temporaryFile()
        _ = try registries(progress).fetch(address, into: file)
        return try OpenedSource.open(
            spooled: file, as: .tarball, path: AddressText.withoutUser(address), platform: options.platform, spool: spool,
            limits: options.limits)
    }

    /// Brings in some of a source's images, under the names that they bear.
    private func bring(
        _ images: [SourceImage], from source: OpenedSource, _ progress: OperationProgress
    ) throws -> [BroughtImage] {
        let transfer = Transfer(source, into: store, session: try openSession(), options, report: progress.transferred)
        defer { progress.finish() }
        return try transfer.bring(images, at: Clock.now)
    }

    private func open(_ text: String, _ progress: OperationProgress) throws -> (source: OpenedSource, reference: String?) {
        switch SourceSpec(parsing: text) {
        case .registry(let name): throw OperationError.registryAsArchive(name)
        case .engine(let reference): throw OperationError.engineAsArchive(reference.text)
        case .unsupported(let transport): throw OperationError.unsupportedTransport(transport)
        case .name(let path), .path(let path): return (try image(open(nil, path: path, progress)), nil)
        case .transport(let kind, let path, let reference): return (try open(kind, path: path, progress), reference)
        case .standardInput(let reference): return (try image(openStandardInput(nil, progress)), reference)
        }
    }

    /// Refuses what is an image only by its user's word: half an archive must not come in as a root file system.
    private func image(_ source: OpenedSource) throws(TransferError) -> OpenedSource {
        if source.isRootFileSystem { throw .rootFileSystem(path: source.path) }
        return source
    }

    // MARK: Out

    /// Writes what the texts name in the store, with everything it reaches, to a file, a folder or standard output.
    package func save(_ texts: [String], as form: ArchiveForm, to path: String?, _ progress: OperationProgress) throws {
        let outgoing = try OutgoingImages(
            try texts.flatMap { try store.selection($0) }, from: store, form, platform: options.platform)
        for layer in outgoing.absent { tell(.foreignLayerLeftOut(layer.digest)) }
        progress.transferred(.began(totalBytes: outgoing.totalBytes))
        defer { progress.finish() }
        let advance = { (bytes: Int64) in progress.transferred(.advanced(bytes: bytes)) }
        if form == .ociLayout, let path {
            try write(toFolder: path) { folder in try outgoing.write(to: folder, progress: advance) }
        } else {
            try write(to: path) { file in try outgoing.write(to: file, progress: advance) }
        }
    }

    /// Writes the tree of an image of the store as a tar, to a file or standard output.
    package func export(_ name: String, to path: String?, _ progress: OperationProgress) throws {
        defer { progress.finish() }
        let record = try store.image(name, platform: options.platform)
        let scanned = try indexed(record, progress)
        for layer in scanned.layers where layer.isAbsent { tell(.foreignLayerLeftOut(layer.descriptor.digest)) }
        let exporter = TreeExporter(workspace: self, image: scanned, export: try tree(scanned).export(), progress: progress)
        try write(to: path) { try exporter.write(to: $0) }
    }

    /// Writes the tree of an image, whose layers are in the store, as a tar; see `TreeExporter.foldersFirst`.
    package func writeTree(
        of image: ScannedImage, to output: OutputFile, foldersFirst: Bool = false, _ progress: OperationProgress
    ) throws {
        var exporter = TreeExporter(workspace: self, image: image, export: try tree(image).export(), progress: progress)
        exporter.foldersFirst = foldersFirst
        try exporter.write(to: output)
    }
}
