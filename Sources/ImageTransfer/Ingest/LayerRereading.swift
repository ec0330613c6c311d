package import LayerArchive
import OCISpec

/// The layers of an image that was looked at, to be read once more: for contents that nobody knew would be asked for.
package struct LayerRereading: Sendable {
    /// Reads the layer at a place, lowest first, and keeps the contents of those entries with its index, for later commands too.
    ///
    /// nil for a layer whose bytes nobody here has.
    package typealias Read = @Sendable (_ layer: Int, _ kept: Set<Int>) throws -> LayerDocuments?

    /// Reads a layer, see `Read`.
    package let read: Read

    /// A way to read layers.
    package init(_ read: @escaping Read) { self.read = read }

    /// The image's layers, lowest first, as their source holds them; the source stays open as long as this lives.
    init(_ ingest: LayerIngest, _ layers: [SourceLayer]) {
        let ingest = LayerIngest(
            container: ingest.container, store: ingest.store, session: nil, limits: ingest.limits, report: { _ in })
        read = { number, entries in
            guard let member = layers[number].member else { return nil }
            return try ingest.reread(layers[number], from: member, keeping: entries)
        }
    }
}
