import Distribution
import LayerArchive
import OCISpec

/// What became of a layer's table of contents.
enum LayerTable {
    case index(LayerIndex)
    /// The layer has none.
    case none
    /// No server gives parts of blobs.
    case noParts
    case unusable(TableFault)

    var index: LayerIndex? {
        guard case .index(let index) = self else { return nil }
        return index
    }

    /// What the layer's own table says, where its manifest vouches for one.
    static func find(_ layer: Descriptor, _ parts: RemoteParts, _ limits: ScanLimits) throws -> LayerTable {
        let claim: TableOfContents.Claim?
        do { claim = try TableOfContents.claim(layer) } catch { return .unusable(error) }
        guard let claim else { return .none }
        let outcome = try parts.find(in: layer) { server in
            let place: TableOfContents.Place
            switch claim {
            case .place(let named): place = named
            case .footer(let digest):
                let footer = try server.bytes(in: layer.size - TableOfContents.footerBytes..<layer.size)
                place = try TableOfContents.place(footer: footer, digest: digest, blobBytes: layer.size)
            }
            return try TableOfContents.index(try server.bytes(in: place.range), at: place, limits: limits)
        }
        switch outcome {
        case .found(let index): return .index(index)
        case .noParts: return .noParts
        case .unusable(let error): return .unusable(error as? TableFault ?? .unreadable(error))
        }
    }
}
