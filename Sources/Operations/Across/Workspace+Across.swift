import ContentStorage
import ImageStorage
import ImageTransfer
import LayerAnalysis
import LayerArchive
package import OCISpec

extension Workspace {
    /// Writes several images of the store again so that what they have in common is stored once, and names them all at once.
    ///
    /// Without `isWriting` nothing is kept: layers are written and compressed to nowhere, so that the figures are those that come out.
    /// Names that would be those of two images are an error before anything is read.
    package func optimizeAcross(
        _ texts: [String], as names: AcrossNames?, _ order: AcrossOrder, isWriting: Bool, at moment: Timestamp,
        _ progress: (String) -> OperationProgress
    ) throws -> AcrossImages {
        guard texts.count > 1, texts.count <= ImageSet.capacity else {
            throw OperationError.notShareable(.badCount(limit: ImageSet.capacity))
        }
        let images = try texts.map { text in
            let image = try self.image(text, progress(text))
            guard image.root != nil else { throw ImageError.noSuchImage(text) }
            guard image.layers.allSatisfy({ !$0.isAbsent }) else {
                throw OperationError.notOptimizable(text, .unknownLayers)
            }
            return image
        }
        let old = try zip(texts, images).map { ($0, try name(of: $1, asked: $0), $1.imageID) }
        let given = try names?.names(old)
        let session = isWriting ? try openSession() : nil
        for layer in images.flatMap(\.layers) { _ = try session?.hold(layer.descriptor.digest) }
        return try shared(images, texts, given, order, LayerWork(self, order.form, session: session), at: moment)
    }

    private func shared(
        _ images: [ScannedImage], _ texts: [String], _ names: [Reference]?, _ order: AcrossOrder, _ work: LayerWork,
        at moment: Timestamp
    ) throws -> AcrossImages {
        let layers = try SharedLayers(images, self)
        if order.form.table != nil {
            for (number, image) in images.enumerated() {
                let indexes = layers.stacks[number].map { layers.indexes[$0] }
                try order.form.checkTablesPlace(in: try tree(image, indexes), indexes, of: texts[number])
            }
        }
        if case .lowest(let count) = order.layers.kept {
            for (image, text) in zip(images, texts) {
                guard count <= image.layers.count else {
                    throw OperationError.notOptimizable(text, .fewerLayers(image.layers.count))
                }
                guard count < order.layers.maxLayers else {
                    throw OperationError.notShareable(.noRoom(maxLayers: order.layers.maxLayers))
                }
            }
        }
        let plan = try plan(layers, texts, order.layers)
        try EqualContentCheck(
            digests: layers.digests, indexes: layers.indexes, content: store.content, limits: options.limits
        ).check(plan.equals)
        let made = try plan.layers.map { try layers.make($0.entries, work) }
        let before = layers.figures(layers.stacks, [])
        let stacks = plan.images.enumerated().map { number, image in
            layers.stacks[number].prefix(image.keptCount) + image.layers.map { $0 + layers.layers.count }
        }
        let after = layers.figures(stacks.map { Array($0) }, made)
        let isUnchanged = plan.isUnchanged || isNoGain(before, after, layers.stacks, order.layers)
        var result = AcrossImages(
            images: [],
            layers: isUnchanged
                ? []
                : zip(plan.layers, made).map { layer, made in
                    .init(
                        images: layer.images, entryCount: layer.entries.count, tarBytes: made.tarBytes ?? 0,
                        compressedBytes: made.descriptor.size)
                }, before: before, after: isUnchanged ? before : after, lowerBoundBytes: plan.lowerBound,
            otherNamesBytes: plan.otherNamesBytes, goal: order.layers.goal, isUnchanged: isUnchanged)
        for (number, image) in images.enumerated() {
            let planned = plan.images[number]
            let kept = isUnchanged ? image.layers.count : planned.keptCount
            let own = isUnchanged ? [] : planned.layers.map { made[$0] }
            result.images.append(
                .init(
                    source: texts[number], name: names?[number], layersBefore: image.layers.count, layersAfter: kept + own.count,
                    keptCount: kept, image: try work.session.map { try write(image, keeping: kept, own, order.form, $0) }))
        }
        if work.session != nil, let names {
            try publish(zip(names, result.images.compactMap(\.image)).map { ($0, $1) }, at: moment)
        }
        return result
    }

    private func plan(_ layers: SharedLayers, _ texts: [String], _ request: AcrossRequest) throws -> AcrossRewriting {
        let label = texts.joined(separator: ", ")
        do throws(RewriteError) {
            return try AcrossRewriting(layers.stacks, layers.indexes, request)
        } catch {
            switch error {
            case .analysis(let error): throw OperationError.analysis(image: label, error)
            case .differs(let path): throw OperationError.notOptimizable(label, .differs(path))
            }
        }
    }

    /// Whether what came out has no fewer bytes than there were, by what is measured; images with too many layers are written anyway.
    private func isNoGain(
        _ before: AcrossImages.Figures, _ after: AcrossImages.Figures, _ stacks: [[Int]], _ request: AcrossRequest
    ) -> Bool {
        guard stacks.allSatisfy({ $0.count <= request.maxLayers }) else { return false }
        return switch request.goal {
        case .registry: after.registryBytes >= before.registryBytes
        case .host: after.hostBytes >= before.hostBytes
        }
    }

    /// Writes the documents of an image; one of which all stays is what it was.
    private func write(
        _ image: ScannedImage, keeping kept: Int, _ own: [LayerWork.Made], _ form: LayerForm, _ session: IngestSession
    ) throws -> WrittenImage {
        if own.isEmpty, kept == image.layers.count, let root = image.root {
            return WrittenImage(imageID: image.imageID, descriptor: root)
        }
        let stayed = image.layers.prefix(kept)
        let config = try AcrossConfig(image.configBytes ?? [], of: image.label, latestSeconds: form.latestSeconds)
            .bytes(keeping: kept, diffIDs: stayed.map(\.diffID) + own.map(\.diffID))
        return try write(
            config: config, layers: (stayed.map(\.descriptor) + own.map(\.descriptor)).map(\.layerInLayout),
            annotations: image.annotations.isEmpty ? nil : image.annotations, session)
    }

    /// Gives several images a name each, all at once.
    private func publish(_ images: [(Reference, WrittenImage)], at moment: Timestamp) throws {
        for (_, image) in images { store.catalog.recordImported(image.descriptor.digest, at: moment) }
        try store.setNames(images.map { ($0, $1.descriptor) }, at: moment)
    }
}
