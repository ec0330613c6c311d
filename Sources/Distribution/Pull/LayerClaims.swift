import ImageStorage
import OCISpec

extension Catalog {
    /// Whether the layer need not be read; a blob that is known to be another one is an error.
    func isKnown(_ layer: LayerRecord) throws(DistributionError) -> Bool {
        let digest = layer.descriptor.digest
        switch standing(ofBlob: digest, bytes: layer.descriptor.size, as: layer.diffID) {
        case .known: return true
        case .unread: return false
        case .contradicted(let actual): throw .diffIDMismatch(layer: digest, expected: layer.diffID, actual: actual)
        }
    }
}

extension [LayerRecord] {
    /// Each blob once; one of which the documents say two different things is an error, since one of them at least is wrong.
    func oncePerBlob() throws(DistributionError) -> [LayerRecord] {
        var claims: [Digest: LayerRecord] = [:]
        var found: [LayerRecord] = []
        for layer in self {
            let digest = layer.descriptor.digest
            guard let claim = claims[digest] else {
                claims[digest] = layer
                found.append(layer)
                continue
            }
            guard claim.diffID == layer.diffID, claim.descriptor.size == layer.descriptor.size else {
                throw .contradictoryLayer(digest)
            }
        }
        return found
    }
}

extension DistributionError {
    /// What is wrong with a layer that cannot be read: that it is none, where its own type says so.
    func ofLayer(_ layer: Descriptor) -> DistributionError {
        // Who names a layer alone does not say of what type it is.
        guard case .badLayer = self, !layer.mediaType.isEmpty, !MediaType.isLayer(layer.mediaType) else { return self }
        return .notATar(layer: layer.digest, mediaType: layer.mediaType)
    }

    /// Whether a layer is where its descriptor says, and not in the registry: then its compressed size is all that is known.
    func isAbsence(of layer: Descriptor) -> Bool {
        guard case .refused(_, status: 404, _) = self else { return false }
        return MediaType.isForeignLayer(layer.mediaType)
    }
}
