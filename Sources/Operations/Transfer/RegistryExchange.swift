package import Distribution
package import ImageStorage
import ImageTransfer
import LayerArchive
package import OCISpec

/// What a push did.
package struct ImagePush: Sendable {
    /// What it is called in the registry.
    package var reference: Reference
    /// The manifest, or the index, as the registry has it.
    package var root: Descriptor
    /// Bytes that went over the network; blobs that the registry had count nothing.
    package var sentBytes: Int64
}

/// Images that come from registries and go to them.
extension Workspace {
    /// Pulls into the store, by a session whose partial blobs outlive a failure.
    package func pull(_ reference: Reference, _ options: PullOptions, _ progress: OperationProgress) throws -> PulledImage {
        let pull = Pull(
            reference, from: try registries(progress), into: store, session: try openSession(keepsPartials: true),
            limits: self.options.limits, options, report: progress.distributed)
        defer { progress.finish() }
        return try pull.run(at: Clock.now)
    }

    /// An image of a registry: pulled when importing, else read without keeping its layers.
    func remote(_ name: String, isImporting: Bool, _ progress: OperationProgress) throws -> ScannedImage {
        let reference = try Reference(normalizing: name).withDefaultTag
        if isImporting {
            var pulling = PullOptions()
            pulling.platforms = .one(options.platform)
            let pulled = try pull(reference, pulling, progress)
            defer { progress.finish() }
            return try indexed(try store.load(pulled.image.root, platform: options.platform), progress)
        }
        let registries = try registries(progress)
        defer { progress.finish() }
        let reading = RemoteReading(
            reference, from: registries, store, limits: options.limits,
            report: progress.distributed)
        let (image, absent) = try reading.run(options.platform, workerCount: max(3, options.workerCount))
        for layer in image.layers.map(\.descriptor) where absent.contains(layer.digest) {
            progress.transferred(.absent(layer: layer.digest, urls: layer.urls ?? []))
        }
        var scanned = image.scanned(
            reference,
            image.layers.map { layer in
                ScannedLayer(
                    diffID: layer.diffID, descriptor: layer.descriptor, isAbsent: absent.contains(layer.descriptor.digest))
            })
        scanned.rereading = LayerRereading { [store, options] number, entries in
            let reading = RemoteReading(
                reference, from: registries, store, limits: options.limits, keeping: entries, report: { _ in })
            try reading.read(image.layers[number], of: options.platform)
            return store.catalog.layerIndex(image.layers[number].diffID)?.documents
        }
        return scanned
    }

    // MARK: Push

    /// What a push sends: the image of a name, or those of all tags of a repository.
    package func pushed(
        _ asked: Reference, all: Bool
    ) throws(ImageError) -> [(reference: Reference, root: Descriptor)] {
        var found: [(reference: Reference, root: Descriptor)] = []
        for entry in try store.names() {
            guard case .reference(let name)? = entry.name, name.digest == nil, name.repository == asked.repository else {
                continue
            }
            if all || name == asked.withDefaultTag { found.append((name, entry.descriptor)) }
        }
        guard !found.isEmpty else { throw .noSuchImage(all ? asked.familiarRepository : asked.withDefaultTag.familiar) }
        return found.sorted { $0.reference < $1.reference }
    }

    /// Pushes what `root` names to `registries`, under the name `reference`.
    package func push(
        _ reference: Reference, _ root: Descriptor, to registries: Registries, _ progress: OperationProgress
    ) throws -> ImagePush {
        var pushing = PushOptions()
        pushing.platform = options.platform
        let push = try Push(
            reference, to: registries, from: store, session: try openSession(),
            pushing, report: progress.distributed)
        defer { progress.finish() }
        let pushed = try push.run(root)
        store.noteUse(of: root, at: Clock.now)
        if pushed.isRewritten { tell(.compressedOnTheWay(image: reference.familiar, digest: pushed.root.digest)) }
        return ImagePush(reference: reference, root: pushed.root, sentBytes: pushed.sentBytes)
    }
}
