package import LayerArchive
package import OCISpec

/// Layers of one repository, read by their digests: no image is looked at, nothing is kept.
///
/// Its methods block, so they must not be called on Swift's cooperative pool; any number of threads may.
package struct RemoteLayers: Sendable {
    private let sources: [RemoteRepository]

    /// The layers of the repository that `reference` names, at its mirrors and at the registry itself.
    package init(_ reference: Reference, in registries: Registries) throws(DistributionError) {
        sources = try registries.sources(reference)
    }

    /// A way to parts of them.
    package var parts: RemoteParts { RemoteParts(sources: sources) }

    /// Reads a layer, once and in order; `makeSink` gives for each try what takes its entries.
    ///
    /// What an earlier try's sink has taken counts for nothing: its server's bytes may not have been the layer's.
    package func scan(
        _ layer: Descriptor, limits: ScanLimits, _ makeSink: () -> EntrySink
    ) throws(DistributionError) -> LayerScan {
        try sources.scan(layer, LayerReader(limits: limits), makeSink, comparesLast: false) { _ in }
    }
}

extension [RemoteRepository] {
    /// Reads a layer at the first server that gives it right, compared with its digest.
    ///
    /// What is no layer is fetched again, to tell a server's wrong bytes from right ones that are no layer; of the last server
    /// only with `comparesLast`.
    func scan(
        _ layer: Descriptor, _ reader: LayerReader, _ makeSink: () -> EntrySink? = { nil }, comparesLast: Bool = true,
        report: @escaping @Sendable (Int64) -> Void
    ) throws(DistributionError) -> LayerScan {
        let digest = layer.digest
        return try firstThatGives { source throws(DistributionError) in
            let stream = BlobStream(layer, from: source, report: report)
            let line = RequestLine(method: "GET", url: "\(source.client.name)/\(source.path)")
            let found: LayerScan
            do throws(DistributionError) { found = try reader.scan(stream, of: digest, entries: makeSink()) } catch {
                guard case .badLayer = error else { throw error }
                if !comparesLast, source.client === last?.client { throw error.ofLayer(layer) }
                // Bytes that are no layer may be no more than this server's: then the next one is asked.
                let whole = BlobStream(layer, from: source)
                let actual = try BlobFetch.copy(whole) { _ in }
                guard actual == digest else { throw .digestMismatch(line, expected: digest, actual: actual) }
                throw error.ofLayer(layer)
            }
            guard found.digest == digest else { throw .digestMismatch(line, expected: digest, actual: found.digest) }
            return found
        }
    }
}
