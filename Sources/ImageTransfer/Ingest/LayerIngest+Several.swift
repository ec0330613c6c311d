import ContentStorage
package import ImageStorage
import LayerArchive
import OCISpec
import StorageIO

extension LayerIngest {
    /// Reads every layer that is not known, several at a time, each once however often it is listed.
    func run(_ layers: [SourceLayer], workerCount: Int) throws(TransferError) -> [SourceLayer: IngestedLayer] {
        var done: [SourceLayer: IngestedLayer] = [:]
        var pending: [(layer: SourceLayer, member: Member)] = []
        for layer in Set(layers) {
            if let known = try known(layer) {
                done[layer] = known
                if layer.member == nil {
                    report(.absent(layer: known.descriptor.digest, urls: known.descriptor.urls ?? []))
                }
            } else if let member = layer.member {
                pending.append((layer, member))
            }
        }
        guard !pending.isEmpty else { return done }
        // The largest first, so that no long one is left for the end.
        pending.sort { ($1.member.size, $0.member.title) < ($0.member.size, $1.member.title) }
        report(.began(totalBytes: pending.reduce(0) { $0 + $1.member.size }))
        let jobs = pending
        do {
            let results = try Threads.concurrently(count: jobs.count, workers: workerCount) { number in
                try ingest(jobs[number].layer, from: jobs[number].member)
            }
            for (job, result) in zip(jobs, results) { done[job.layer] = result }
        } catch let error as TransferError {
            throw error
        } catch {
            throw .unexpected(error)
        }
        return done
    }
}

/// Makes an image of the store ready for analysis: layers whose index the catalog lost are read again.
package func indexLayers(
    of record: ImageRecord, named name: String?, in store: ImageStore, _ options: TransferOptions,
    report: @escaping @Sendable (TransferEvent) -> Void
) throws(TransferError) -> ScannedImage {
    report(.chose(ImageOutline(name: name, config: record.config, blobBytes: record.layers.map(\.descriptor.size))))
    let container = try FolderContainer(store: store.content.path)
    let ingest = LayerIngest(container: container, store: store, session: nil, limits: options.limits, report: report)
    let reader = LayoutReader(container: container, passesOver: false)
    var layers: [SourceLayer] = []
    for layer in record.layers {
        let member = try reader.layer(layer.descriptor)
        layers.append(SourceLayer(diffID: layer.diffID, descriptor: layer.descriptor, member: member))
    }
    _ = try ingest.run(layers, workerCount: options.workerCount)
    var image = ScannedImage(
        name: name, manifestDigest: record.manifestDigest, imageID: record.imageID, config: record.config,
        platform: record.platform, annotations: record.manifest.annotations ?? [:],
        layers: zip(layers, record.layers).map { layer, record in
            ScannedLayer(diffID: record.diffID, descriptor: record.descriptor, isAbsent: layer.member == nil)
        }, root: record.root, configBytes: record.configBytes)
    image.rereading = LayerRereading(ingest, layers)
    return image
}
