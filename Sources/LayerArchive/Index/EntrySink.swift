/// Takes the entries of a layer while it is read, a few hundred at a time, so that memory does not grow with the layer.
package final class EntrySink: Sendable {
    private let takePiece: @Sendable (LayerIndex) -> Void

    /// A sink that hands each piece to `take`, in the order of the tar, on the scan's thread; all calls are over when the scan is.
    package init(_ take: @escaping @Sendable (LayerIndex) -> Void) { takePiece = take }

    /// Takes the next entries.
    package func take(_ piece: LayerIndex) { takePiece(piece) }

    /// How many entries, and how many bytes of their paths, a piece has at most, but for its last entry.
    static let mostEntries = 512
    static let mostPathBytes = 64 << 10
}
