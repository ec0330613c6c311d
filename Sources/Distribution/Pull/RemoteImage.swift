package import ImageStorage
package import OCISpec

/// One platform's image as a registry has it: its documents, decoded; its layers were not fetched.
package struct RemotePlatformImage: Sendable {
    /// The manifest's descriptor.
    package let descriptor: Descriptor
    /// Decoded from bytes that have the digest that names it.
    package let manifest: ImageManifest
    /// Decoded from bytes that have the digest that the manifest names.
    package let config: ImageConfig
    /// The config's own bytes.
    package let configBytes: [UInt8]
    /// The layers, lowest first.
    package let layers: [LayerRecord]
    /// By the config's word, else by the index's.
    package let platform: Platform
}

/// What a name stands for in a registry, as far as it was asked for.
package struct RemoteImage: Sendable {
    /// The manifest or index that the name stands for.
    package let root: Descriptor
    /// The images of the platforms asked for, in the index's order.
    package let images: [RemotePlatformImage]
    /// All documents, by digest: indexes, manifests, configs.
    ///
    /// Each is whole before what leads to it.
    let documents: [RemoteDocument]
    /// Blobs of attestations and other artifacts that the index lists.
    let blobs: [Descriptor]
    /// Documents whose copies in the store are damaged.
    let damaged: Set<Digest>
}

/// Which images of an index are wanted.
package enum PlatformChoice: Hashable, Sendable {
    /// The one for this platform, and no other; for nil this machine's, else the only one there is.
    case one(Platform?)
    /// From an index the one for this platform; a manifest that stands alone, whatever it is for.
    case base(Platform)
    /// All, and what else the index lists.
    case all

    /// The platform to choose by.
    var platform: Platform? {
        switch self {
        case .one(let platform): platform
        case .base(let platform): platform
        case .all: nil
        }
    }
}
