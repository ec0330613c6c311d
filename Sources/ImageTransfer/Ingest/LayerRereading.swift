package import LayerArchive
import OCISpec

/// The layers of an image that was looked at, to be read once more: for contents that nobody knew would be asked for.
package struct LayerRereading: Sendable {
    /// Reads the layer at a place, lowest first, and keeps the contents of those entries with its index, for later commands too.
    ///
    /// nil for a layer whose bytes nobody here has.
    package typealias Read = @Sendable (_ layer: Int, _ kept: Set<Int>) throws -> LayerDocuments?

    /// Hands the content of one entry of a layer to a sink, piece by piece, and keeps nothing of it; whether there was one.
    ///
    /// What the sink throws is thrown.
    package typealias Extract =
        @Sendable (
            _ layer: Int, _ entry: Int, _ sink: (UnsafeRawBufferPointer) throws(LayerArchiveError) -> Void
        ) throws -> Bool

    /// Reads a layer, see `Read`.
    package let read: Read
    /// Takes a file out of a layer, see `Extract`; nil where that is not to be had.
    package let extract: Extract?

    /// A way to read layers.
    package init(_ read: @escaping Read, extract: Extract? = nil) { (self.read, self.extract) = (read, extract) }

    /// The image's layers, lowest first, as their source holds them; the source stays open as long as this lives.
    init(_ ingest: LayerIngest, _ layers: [SourceLayer]) {
        let ingest = LayerIngest(
            container: ingest.container, store: ingest.store, session: nil, limits: ingest.limits, report: { _ in })
        read = { number, entries in
            guard let member = layers[number].member else { return nil }
            return try ingest.reread(layers[number], from: member, keeping: entries)
        }
        extract = { number, entry, sink in
            guard let member = layers[number].member else { return false }
            let source = try ingest.container.source(of: member)
            return try LayerExtraction.content(of: entry, from: source, limits: ingest.limits, into: sink)
        }
    }
}
