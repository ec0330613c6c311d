import LayerAnalysis
import LayerArchive
import OCISpec

/// Sums up images from their layers' entries, by the engine of every analysis.
///
/// The input is a list of groups: one or more lines of images, as a listing writes them, and behind them the lines that a worker
/// answered for their layers, each layer once. When all layers of a group are there, its images are answered and its layers forgotten;
/// so they are when a line of an image follows one of a layer. So memory is the layers of a group.
package final class ImageSummation {
    private let words: @Sendable (any Error) -> String
    private let output: LineOutput
    private var images: [ListedImageLine] = []
    private var layers: [Digest: CollectedLayer] = [:]
    /// The place of each layer of the group among them.
    private var numbers: [Digest: Int] = [:]
    /// Layers of the group that are not there yet.
    private var missingCount = 0
    private var hasLayerLines = false
    /// The layer that lines are about just now: it stands in no dictionary meanwhile, so that none is copied.
    private var current: (digest: Digest, layer: CollectedLayer)?
    /// The layers of the last group: what comes about them afterwards, as of one that was asked for twice, is known.
    private var answered: Set<Digest> = []
    /// The last layer that lines were about and no image of the group has.
    private var stranger: Digest?

    /// A summation that answers to `output`; `words` puts failures into words.
    package init(_ words: @escaping @Sendable (any Error) -> String, to output: LineOutput) {
        self.words = words
        self.output = output
    }

    /// Answers every image of `input`.
    package func run(_ input: LineInput) throws {
        while let line = try input.next() {
            try output.check()
            guard case .bytes(let bytes) = line else {
                try fail(ListingLineError.tooLong)
                continue
            }
            let reading: EntryReading
            do throws(ListingLineError) {
                reading = try Self.reading(bytes)
                if reading.layers == nil { try take(reading) }
            } catch {
                try fail(error)
                continue
            }
            if let layers = reading.layers {
                if hasLayerLines { try answer() }
                begin(ListedImageLine(bytes, layers))
            }
            if missingCount == 0, !images.isEmpty { try answer() }
        }
        try answer()
    }

    private static func reading(_ bytes: [UInt8]) throws(ListingLineError) -> EntryReading {
        let outcome: Result<EntryReading, ListingLineError> = bytes.withUnsafeBufferPointer { text in
            do throws(ListingLineError) { return .success(try EntryReading(text)) } catch { return .failure(error) }
        }
        return try outcome.get()
    }

    private func begin(_ image: ListedImageLine) {
        images.append(image)
        for layer in image.layers where numbers[layer.digest] == nil {
            numbers[layer.digest] = numbers.count
            missingCount += 1
        }
    }

    private func take(_ line: EntryReading) throws(ListingLineError) {
        guard let digest = line.digest else { throw .badField("digest") }
        guard let number = numbers[digest] else {
            defer { stranger = digest }
            if stranger == digest || answered.contains(digest) { return }
            throw .strangeLayer(digest)
        }
        hasLayerLines = true
        focus(on: digest)
        if let seq = line.seq {
            if current?.layer.isWhole == nil { try current?.layer.add(line, number: seq, layerNumber: number) }
            return
        }
        guard line.isFailure || line.entryCount != nil else { throw .badField("entries") }
        guard current?.layer.isWhole == nil else { return }
        current?.layer.end(line)
        missingCount -= 1
    }

    private func focus(on digest: Digest) {
        if current?.digest == digest { return }
        if let current { layers[current.digest] = current.layer }
        current = (digest, layers.removeValue(forKey: digest) ?? CollectedLayer())
    }

    // MARK: Answers

    /// Answers the images of the group, and forgets it.
    private func answer() throws {
        if let current { layers[current.digest] = current.layer }
        current = nil
        for image in images { try output.write(sum(image).bytes) }
        images = []
        layers = [:]
        answered = Set(numbers.keys)
        numbers = [:]
        missingCount = 0
        hasLayerLines = false
        stranger = nil
    }

    private func sum(_ image: ListedImageLine) -> JSONLine {
        var tree = MergedTree()
        var identities: [LayerIdentity] = []
        var tables: [LayerIndex] = []
        do throws(AnalysisError) {
            for (place, descriptor) in image.layers.enumerated() {
                let layer = layers[descriptor.digest].flatMap { $0.isWhole == true ? $0 : nil }
                identities.append(
                    LayerIdentity(
                        diffID: layer?.diffID ?? descriptor.digest, digest: descriptor.digest, mediaType: descriptor.mediaType,
                        createdBy: nil, compressedBytes: descriptor.size, tarBytes: layer?.tarBytes, isAbsent: layer == nil))
                guard let layer else {
                    tree.applyUnknown()
                    continue
                }
                if layer.isTable {
                    tables.append(layer.index)
                    tree.tableLayers.insert(place)
                }
                try tree.apply(layer.index)
            }
        } catch {
            return failure(OperationError.analysis(image: "the image", error), image.others)
        }
        let analysis = ImageAnalysis(
            AnalyzedImage(name: nil, manifestDigest: nil, imageID: nil, platform: nil, created: nil), identities,
            tree.figures(), baseLayerCount: nil, hasAmbiguousNames: LossyNames.areAmbiguous(in: tables))
        let unsettled = tree.unsettledLayers.sorted().map { image.layers[$0].digest }
        return SummedImage(analysis, unsettled: unsettled).line(image.others)
    }

    private func failure(_ error: any Error, _ others: [UInt8]) -> JSONLine {
        var line = JSONLine()
        line.begin()
        line.field("error", words(error))
        line.field("retry", false)
        line.raw(others)
        line.end()
        return line
    }

    private func fail(_ error: any Error) throws { try output.write(failure(error, []).bytes) }
}
