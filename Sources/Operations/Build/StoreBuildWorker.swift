import ContainerRuntime
import ContentStorage
import Distribution
import DockerfileLanguage
import ImageBuild
import ImageStorage
import ImageTransfer
import LayerAnalysis
import LayerArchive
import OCISpec
import StorageIO
import Synchronization

/// Who does the work of a build with a store: its images and layers, its build cache, a runtime for commands.
struct StoreBuildWorker: BuildWorker {
    let workspace: Workspace
    let session: IngestSession
    /// How layers are compressed.
    let compression: LayerCompression
    /// The time that no file of a layer is later than: seconds since 1970; nil where none was asked for.
    let latest: Int64?
    /// Whether images are asked of their registries even if the store has them.
    let pulls: Bool
    /// Finds the runtime when a step needs it.
    let runtime: @Sendable () throws(RuntimeError) -> RuntimeProgram
    let progress: OperationProgress

    /// Caches of other places.
    var known: [KnownSteps] = []
    let taken = TakenSteps()

    private var store: ImageStore { workspace.store }

    // MARK: Images

    func image(_ name: String, for platform: Platform) throws -> StageState {
        let record = try workspace.record(name, pulls ? .always : .missing, for: platform, progress)
        let scanned = try workspace.indexed(record, progress)
        guard !scanned.layers.contains(where: { $0.isAbsent }) else {
            throw BuildError.unsupported("a base image with foreign layers")
        }
        let layers = scanned.layers.map { layer in
            BuildLayer(descriptor: layer.descriptor.inLayout, diffID: layer.diffID)
        }
        for layer in layers { _ = try session.hold(layer.descriptor.digest) }
        store.noteUse(of: record, at: Clock.now)
        return StageState(config: scanned.config, layers: layers)
    }

    // MARK: Files

    func tree(of layers: [BuildLayer]) throws -> any StageTree {
        let blobs = layers.map(\.descriptor.digest)
        return LayeredFiles(try files(of: layers), session, workspace.options.limits) { [store] number throws(ContentError) in
            let blob = try store.content.blobs.open(blobs[number])
            return FileRangeSource(fd: blob.fd, length: blob.size, name: "blob \(blobs[number])", keeping: blob)
        }
    }

    /// What layers show together, by path.
    func files(of layers: [BuildLayer]) throws -> TreeFiles {
        var tree = MergedTree()
        var indexes: [LayerIndex] = []
        for layer in layers {
            let index = try workspace.layerIndex(
                ScannedLayer(diffID: layer.diffID, descriptor: layer.descriptor, isAbsent: false))
            indexes.append(index)
            do { try tree.apply(index) } catch {
                throw OperationError.analysis(image: "the stage", error)
            }
        }
        return TreeFiles(tree, indexes)
    }

    func archive(_ content: SourceContent) throws -> (any FileSource)? {
        guard let file = content.file else { return nil }
        let size = try content.size ?? file.status().sizeBytes
        return try ArchiveFiles.open(
            file, offset: content.offset, size: size, session, limits: workspace.options.limits, isCompressedFileFine: true)
    }

    func fetch(_ url: String) throws -> FetchedFile {
        let registries = try workspace.registries(progress)
        let file = try session.temporaryFile()
        let fetched = try registries.fetch(url, into: file)
        return FetchedFile(
            content: SourceContent(file: file, size: fetched.size), digest: fetched.digest, size: fetched.size,
            modifiedSeconds: fetched.modifiedSeconds)
    }

    func checkout(_ address: GitAddress, keepsRepository: Bool, checksum: String?) throws -> any FileSource {
        ContextFolder(
            try GitCheckout(session: session, address: address, keepsRepository: keepsRepository, checksum: checksum).make())
    }

    func spool(_ bytes: [UInt8]) throws -> File {
        let file = try session.temporaryFile()
        try file.write(bytes)
        return file
    }

    // MARK: Layers

    func makeLayer(_ body: @escaping @Sendable (TarWriter) throws -> Void) throws -> MadeLayer {
        try LayerMaker(
            store: store, session: session, compression: compression, limits: workspace.options.limits
        ).make(body)
    }

    func run(_ step: RunStep, output: @escaping @Sendable ([UInt8]) -> Void) throws -> MadeLayer {
        try RunExecutor(worker: self, step: step).run(output: output)
    }

    // MARK: Cache

    func cachedStep(_ slot: Digest, _ contents: Digest) throws -> CachedStep? {
        let step = try ownStep(slot, contents) ?? fetchedStep(slot, contents)
        if let step { taken.add(step, slot, contents) }
        return step
    }

    /// A step of another cache, its layer brought into the store and verified.
    private func fetchedStep(_ slot: Digest, _ contents: Digest) throws -> CachedStep? {
        for cache in known {
            guard let record = cache.record(slot, contents) else { continue }
            var step = CachedStep(layer: nil, created: record.created, text: record.text)
            if let layer = record.layer, let diffID = record.diffID {
                let built = BuildLayer(descriptor: layer, diffID: diffID)
                guard try bring(built, from: cache.origin) else { continue }
                step.layer = built
            }
            try store.content.buildCache.write(record, slot, contents)
            return step
        }
        return nil
    }

    /// Whether the layer is in the store now.
    private func bring(_ layer: BuildLayer, from origin: KnownSteps.Origin) throws -> Bool {
        let descriptor = layer.descriptor
        if try session.hold(descriptor.digest, size: descriptor.size) { return true }
        switch origin {
        case .layout(let content):
            let writer = try session.makeWriter(expected: descriptor.digest)
            defer { writer.discard() }
            try index(layer, in: content) { try writer.write($0) }
            try writer.commit(digest: descriptor.digest, size: descriptor.size)
        case .registry(let artifact):
            do throws(DistributionError) {
                try artifact.fetch(
                    LayerRecord(descriptor: descriptor, diffID: layer.diffID), into: store, session,
                    limits: workspace.options.limits,
                    report: progress.distributed)
            } catch {
                // The step is taken anew, as if the cache did not have it.
                workspace.tell(.cacheOutOfReach(artifact.title, error))
                return false
            }
        }
        return true
    }

    private func ownStep(_ slot: Digest, _ contents: Digest) throws -> CachedStep? {
        guard let record = try store.content.buildCache.record(slot, contents) else { return nil }
        guard let layer = record.layer, let diffID = record.diffID else {
            return CachedStep(layer: nil, created: record.created, text: record.text)
        }
        // A record outlives its blob only where somebody deleted that by hand.
        guard try session.hold(layer.digest, size: layer.size) else { return nil }
        let built = BuildLayer(descriptor: layer, diffID: diffID)
        if store.catalog.standing(ofBlob: layer.digest, bytes: layer.size, as: diffID) != .known { try index(built) }
        return CachedStep(layer: built, created: record.created, text: record.text)
    }

    /// Reads a layer whose index the catalog does not have; `tap` gets its stored bytes.
    private func index(
        _ layer: BuildLayer, in content: ContentStore? = nil, tap: ((UnsafeRawBufferPointer) throws -> Void)? = nil
    ) throws {
        let blob = try (content ?? store.content).blobs.open(layer.descriptor.digest)
        let source = FileRangeSource(fd: blob.fd, length: blob.size, name: "blob \(layer.descriptor.digest)")
        let scan = try withExtendedLifetime(blob) {
            try LayerScanner.scan(source: source, limits: workspace.options.limits, tap: tap)
        }
        guard scan.digest == layer.descriptor.digest, scan.diffID == layer.diffID else {
            throw ContentError.blobCorrupt(layer.descriptor.digest, actual: scan.digest)
        }
        store.catalog.record(scan)
    }

    func hasCachedSteps(_ slot: Digest) throws -> Bool {
        try known.contains { $0.has(slot) } || store.content.buildCache.hasRecords(slot)
    }

    func knownContents(_ slot: Digest, look: Digest) throws -> Digest? { try store.content.buildCache.look(slot, look) }

    func remember(_ step: CachedStep, _ slot: Digest, _ contents: Digest, look: Digest?) throws {
        try store.content.buildCache.write(CacheRecord(step), slot, contents)
        taken.add(step, slot, contents)
        if let look { try store.content.buildCache.noteLook(slot, look, contents) }
    }
}
