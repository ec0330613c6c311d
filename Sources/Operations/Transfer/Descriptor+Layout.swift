import OCISpec

extension Descriptor {
    /// The layer as an OCI manifest names it, where it comes from one of docker's.
    var inLayout: Descriptor {
        let types = [
            MediaType.dockerLayer: MediaType.layer, MediaType.dockerLayerGzip: MediaType.layerGzip,
            MediaType.dockerLayerZstd: MediaType.layerZstd,
        ]
        return Descriptor(mediaType: types[mediaType] ?? mediaType, digest: digest, size: size)
    }
}
