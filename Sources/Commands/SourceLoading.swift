import ContentStorage
import Glibc
import ImageStorage
import ImageTransfer
import OCISpec
import StorageIO

extension Workspace {
    /// The images that `text` names, their layer indexes in the catalog; with `isImporting` those from outside are kept.
    func images(_ text: String, isImporting: Bool, _ progress: ProgressDisplay) throws -> [ScannedImage] {
        switch SourceSpec(parsing: text) {
        case .registry(let name): return [try remote(name, isImporting: isImporting, progress)]
        case .unsupported(let transport): throw CommandError.unsupportedTransport(transport)
        case .name(let name): return try named(name, isImporting: isImporting, progress)
        case .path(let path): return try bring(nil, path: path, reference: nil, isImporting, progress)
        case .transport(let kind, let path, let reference):
            return try bring(kind, path: path, reference: reference, isImporting, progress)
        case .standardInput(let reference):
            return try bring(try openStandardInput(nil, progress), reference: reference, isImporting, progress)
        }
    }

    /// The one image that each text names, to be looked at: not imported, and with `--remote` no layer of it fetched.
    ///
    /// Images that are compared are to be asked for together, so that they are told by the same kind of file list.
    func images(_ texts: [String], _ remote: RemoteOption, _ globals: GlobalOptions) throws -> [ScannedImage] {
        guard remote.isOn else {
            return try texts.map { try image($0, ProgressDisplay(globals, title: "reading \($0)")) }
        }
        return try glance(
            texts.map { text in
                guard case .registry(let name) = SourceSpec(parsing: text) else { throw CommandError.noSuchSource(text) }
                return name
            })
    }

    /// The same for one.
    func image(_ text: String, _ remote: RemoteOption, _ globals: GlobalOptions) throws -> ScannedImage {
        try images([text], remote, globals)[0]
    }

    /// The one image that `text` names; several are an error that lists them.
    func image(_ text: String, isImporting: Bool = false, _ progress: ProgressDisplay) throws -> ScannedImage {
        let images = try images(text, isImporting: isImporting, progress)
        guard images.count == 1 else {
            throw CommandError.severalImages(
                source: text, available: images.map { $0.name ?? $0.imageID.short })
        }
        return images[0]
    }

    /// A name in the store, else a path.
    private func named(_ name: String, isImporting: Bool, _ progress: ProgressDisplay) throws -> [ScannedImage] {
        let record: ImageRecord
        do throws(ImageError) {
            record = try store.image(name, platform: options.platform)
        } catch .noSuchImage, .badName {
            guard access(name, F_OK) == 0 else { throw CommandError.noSuchSource(name) }
            return try bring(nil, path: name, reference: nil, isImporting, progress)
        }
        store.noteUse(of: record, at: Clock.now)
        do throws(TransferError) {
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
    func indexed(_ record: ImageRecord, _ progress: ProgressDisplay) throws(TransferError) -> ScannedImage {
        let name: String?
        do throws(ImageError) {
            name = try store.names().last { $0.descriptor.digest == record.root.digest && $0.name != nil }?.familiar
        } catch {
            throw .images(error)
        }
        return try indexLayers(of: record, named: name, in: store, options, report: progress.report)
    }

    private func bring(
        _ kind: SourceKind?, path: String, reference: String?, _ isImporting: Bool, _ progress: ProgressDisplay
    ) throws -> [ScannedImage] {
        try bring(try open(kind, path: path, progress), reference: reference, isImporting, progress)
    }

    private func bring(
        _ source: OpenedSource, reference: String?, _ isImporting: Bool, _ progress: ProgressDisplay
    ) throws -> [ScannedImage] {
        let session = isImporting ? try openSession() : nil
        let transfer = Transfer(source, into: store, session: session, options, report: progress.report)
        defer { progress.finish() }
        return try transfer.run(try source.select(reference), at: Clock.now)
    }

    /// Looks into a file or a folder.
    func open(_ kind: SourceKind?, path: String, _ progress: ProgressDisplay) throws(TransferError) -> OpenedSource {
        try OpenedSource.open(kind, path: path, spool: spool, limits: options.limits, progress: progress.spooled)
    }

    /// Looks into what standard input gives.
    func openStandardInput(_ kind: SourceKind?, _ progress: ProgressDisplay) throws(TransferError) -> OpenedSource {
        try OpenedSource.openStandardInput(kind, spool: spool, limits: options.limits, progress: progress.spooled)
    }

    private var spool: SpoolFile {
        { () throws(TransferError) in
            do throws(ContentError) { return try self.openSession().temporaryFile() } catch { throw .content(error) }
        }
    }
}

enum Clock {
    /// This moment.
    static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: Int(time.tv_nsec))
    }
}

extension Clock {
    /// Seconds of a clock that only goes forward.
    static var monotonicSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
