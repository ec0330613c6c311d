import ContentStorage
import Glibc
package import ImageStorage
package import ImageTransfer
import OCISpec
import StorageIO

/// What the words for images on a command line mean.
extension Workspace {
    /// The images that `text` names, their layer indexes in the catalog; with `isImporting` those from outside are kept.
    package func images(_ text: String, isImporting: Bool, _ progress: OperationProgress) throws -> [ScannedImage] {
        switch SourceSpec(parsing: text) {
        case .registry(let name): return [try remote(name, isImporting: isImporting, progress)]
        case .engine(let reference): return try engineImage(reference, isImporting: isImporting, progress)
        case .unsupported(let transport): throw OperationError.unsupportedTransport(transport)
        case .name(let name): return try named(name, isImporting: isImporting, progress)
        case .path(let path): return try bring(nil, path: path, reference: nil, isImporting, progress)
        case .transport(let kind, let path, let reference):
            return try bring(kind, path: path, reference: reference, isImporting, progress)
        case .standardInput(let reference):
            return try bring(try openStandardInput(nil, progress), reference: reference, isImporting, progress)
        }
    }

    /// The one image that each text names, to be looked at: not imported, and with `isRemote` no layer of it fetched.
    ///
    /// Images that are compared are to be asked for together, so that they are told by the same kind of file list. `progress` is
    /// asked once for each text that is read.
    package func images(
        _ texts: [String], isRemote: Bool, _ progress: (String) -> OperationProgress
    ) throws -> [ScannedImage] {
        guard isRemote else { return try texts.map { try image($0, progress($0)) } }
        return try glance(
            texts.map { text in
                guard case .registry(let name) = SourceSpec(parsing: text) else { throw OperationError.noSuchSource(text) }
                return name
            }, progress(texts.joined(separator: ", ")))
    }

    /// The same for one.
    package func image(_ text: String, isRemote: Bool, _ progress: (String) -> OperationProgress) throws -> ScannedImage {
        if isRemote { return try images([text], isRemote: true, progress)[0] }
        return try image(text, progress(text))
    }

    /// The one image that `text` names; several are an error that lists them.
    package func image(_ text: String, isImporting: Bool = false, _ progress: OperationProgress) throws -> ScannedImage {
        let images = try images(text, isImporting: isImporting, progress)
        guard images.count == 1 else {
            throw OperationError.severalImages(
                source: text, available: images.map { $0.name ?? $0.imageID.short })
        }
        return images[0]
    }

    /// A name in the store, else a path.
    private func named(_ name: String, isImporting: Bool, _ progress: OperationProgress) throws -> [ScannedImage] {
        let record: ImageRecord
        do {
            record = try store.image(name, platform: options.platform)
        } catch .noSuchImage, .badName {
            guard access(name, F_OK) == 0 else { throw OperationError.noSuchSource(name) }
            return try bring(nil, path: name, reference: nil, isImporting, progress)
        }
        store.noteUse(of: record, at: Clock.now)
        do {
            return [try indexed(record, progress)]
        } catch {
            // Another process may have removed the image meanwhile: then its name is gone as well, and that is what to tell.
            guard try store.resolve(name).digest == record.root.digest else {
                return try named(name, isImporting: isImporting, progress)
            }
            throw error
        }
    }

    /// An image of the store under the name it has there.
    package func indexed(_ record: ImageRecord, _ progress: OperationProgress) throws(TransferError) -> ScannedImage {
        let name = try lift(
            try store.names().last { $0.descriptor.digest == record.root.digest && $0.name != nil }?.familiar,
            to: TransferError.images)
        return try indexLayers(of: record, named: name, in: store, options, report: progress.transferred)
    }

    private func bring(
        _ kind: SourceKind?, path: String, reference: String?, _ isImporting: Bool, _ progress: OperationProgress
    ) throws -> [ScannedImage] {
        try bring(try open(kind, path: path, progress), reference: reference, isImporting, progress)
    }

    func bring(
        _ source: OpenedSource, reference: String?, _ isImporting: Bool, _ progress: OperationProgress
    ) throws -> [ScannedImage] {
        let session = isImporting ? try openSession() : nil
        let transfer = Transfer(source, into: store, session: session, options, report: progress.transferred)
        defer { progress.finish() }
        return try transfer.run(try source.select(reference), at: Clock.now)
    }

    /// Looks into a file or a folder.
    package func open(_ kind: SourceKind?, path: String, _ progress: OperationProgress) throws(TransferError) -> OpenedSource {
        try OpenedSource.open(
            kind, path: path, platform: options.platform, spool: spool, limits: options.limits, progress: progress.spooled)
    }

    /// Looks into what standard input gives.
    package func openStandardInput(_ kind: SourceKind?, _ progress: OperationProgress) throws(TransferError) -> OpenedSource {
        try OpenedSource.openStandardInput(
            kind, platform: options.platform, spool: spool, limits: options.limits, progress: progress.spooled)
    }

    var spool: SpoolFile {
        { () throws(TransferError) in
            return try lift(try self.openSession().temporaryFile(), to: TransferError.content)
        }
    }
}
