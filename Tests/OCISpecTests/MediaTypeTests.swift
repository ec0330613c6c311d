import OCISpec
import Testing

@Suite("media types")
struct MediaTypeTests {
    @Test(
        "tar layers under any compression",
        arguments: [
            MediaType.layer, MediaType.layerGzip, MediaType.layerZstd, MediaType.dockerLayer, MediaType.dockerLayerGzip,
            MediaType.dockerLayerZstd, MediaType.nondistributableLayer, MediaType.nondistributableLayer + "+gzip",
            MediaType.dockerForeignLayer, MediaType.dockerForeignLayer + ".gzip", MediaType.layer + "+xz",
        ])
    func layers(_ type: String) {
        #expect(MediaType.isLayer(type))
    }

    @Test(
        "what is no tar layer",
        arguments: [
            "", "application/octet-stream", MediaType.config, MediaType.layerGzip + "+encrypted", MediaType.layer + "x",
            MediaType.layer + "+", "application/vnd.in-toto+json", "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
        ])
    func noLayers(_ type: String) {
        #expect(!MediaType.isLayer(type))
    }

    @Test("foreign layers", arguments: [MediaType.nondistributableLayer + "+zstd", MediaType.dockerForeignLayer + ".gzip"])
    func foreign(_ type: String) {
        #expect(MediaType.isForeignLayer(type))
    }

    @Test(
        "encrypted layers",
        arguments: [(MediaType.layerGzip + "+encrypted", true), ("a/b+encrypted", false), (MediaType.layer, false), ("", false)])
    func encrypted(_ type: String, _ isEncrypted: Bool) {
        #expect(MediaType.isEncryptedLayer(type) == isEncrypted)
    }

    @Test("a plain layer is not foreign", arguments: [MediaType.layerGzip, MediaType.dockerLayerGzip])
    func notForeign(_ type: String) {
        #expect(!MediaType.isForeignLayer(type))
    }

    @Test("each type of document has one class")
    func classes() {
        let types = [
            MediaType.index, MediaType.dockerManifestList, MediaType.manifest, MediaType.dockerManifest, MediaType.config,
            MediaType.dockerConfig,
        ]
        let classes = types.map { [MediaType.isIndex($0), MediaType.isManifest($0), MediaType.isImageConfig($0)] }
        let (index, manifest, config) = ([true, false, false], [false, true, false], [false, false, true])
        #expect(classes == [index, index, manifest, manifest, config, config])
    }
}
