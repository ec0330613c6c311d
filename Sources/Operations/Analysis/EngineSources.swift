import Distribution
import EngineStores
import ImageTransfer
import StorageIO

/// Images in the stores of engines.
extension Workspace {
    /// The image that a reference names.
    ///
    /// Without importing it is told in place where its engine keeps tar-splits; containerd's blobs are read as a layout's.
    func engineImage(
        _ reference: EngineReference, isImporting: Bool, _ progress: OperationProgress
    ) throws -> [ScannedImage] {
        let source: EngineSource
        do { source = try engineSource(reference) } catch let error as TransferError {
            guard case .engine(_, let fault) = error, fault.isOfRoot,
                let images = try saved(reference, isImporting: isImporting, progress)
            else { throw error }
            return images
        }
        guard source.isReadInPlace, !isImporting else { return try bring(source, isImporting: isImporting, progress) }
        var image = try source.look(options)
        image.readWhole = {
            guard let image = try self.bring(source, isImporting: false, progress).first else {
                throw OperationError.noSuchSource(reference.text)
            }
            return image
        }
        return [image]
    }

    /// The image as its engine gives it over its socket; nil where a root was named, or nobody answers.
    private func saved(
        _ reference: EngineReference, isImporting: Bool, _ progress: OperationProgress
    ) throws -> [ScannedImage]? {
        guard reference.root == nil, reference.engine == .docker || reference.engine == .podman, !reference.image.isEmpty,
            let socket = try engineRoots().socket(of: reference.engine), EngineProbe.somebodyListens(at: socket) == true
        else { return nil }
        let file = try spool()
        var size: Int64 = 0
        try EngineClient(socket: socket, userAgent: "strata", silence: 60).save(reference.image) { bytes in
            try file.write(bytes, at: size)
            size += Int64(bytes.count)
            progress.spooled(size)
        }
        let opened = try OpenedSource.open(
            spooled: file, path: reference.text, platform: options.platform, spool: spool, limits: options.limits)
        return try bring(opened, reference: nil, isImporting, progress)
    }

    /// Finds an image in its engine's store; Docker may have it with its graph driver or in containerd.
    func engineSource(_ reference: EngineReference) throws -> EngineSource {
        let roots = try engineRoots()
        let root = reference.root ?? roots.root(of: reference.engine)
        do throws(TransferError) {
            return try EngineSource.find(
                reference, root: root, namespace: roots.settings.containerdNamespace,
                platform: options.platform, limits: options.limits)
        } catch {
            guard case .engine(_, let fault) = error, fault.mayBeInContainerd, let other = reference.inContainerd else {
                throw error
            }
            var places = ["\(root)/containerd/daemon"]
            if reference.root == nil { places.append(roots.root(of: .containerd)) }
            for place in places {
                if let found = try engineSource(other, ifAt: place) { return found }
            }
            throw error
        }
    }

    /// The image in containerd's root; nil where there is no such root, or no such image in it.
    private func engineSource(_ reference: EngineReference, ifAt root: String) throws -> EngineSource? {
        do throws(TransferError) {
            return try EngineSource.find(
                reference, root: root, namespace: nil, platform: options.platform, limits: options.limits)
        } catch .engine(_, .noSuchImage), .engine(_, .store(.notAStore, _)), .engine(_, .store(.storage, _)) {
            return nil
        }
    }

    /// Reads all layers, and with `isImporting` keeps them.
    func bring(
        _ source: EngineSource, isImporting: Bool, _ progress: OperationProgress
    ) throws -> [ScannedImage] {
        let session = isImporting ? try openSession() : nil
        defer { progress.finish() }
        do throws(TransferError) {
            let opened = try source.opened(workerCount: options.workerCount)
            let transfer = Transfer(opened, into: store, session: session, options, report: progress.transferred)
            return try transfer.run(opened.images, at: Clock.now)
        } catch {
            throw source.explained(error)
        }
    }
}
