import OCISpec
import Testing

@Suite("what a manifest is of")
struct ManifestContentTests {
    private func manifest(config: String, layers: [String] = [], artifactType: String? = nil) throws -> ImageManifest {
        try ImageManifest(
            config: Descriptor(mediaType: config, digest: Samples.digest("c"), size: 2),
            layers: layers.map { try Descriptor(mediaType: $0, digest: Samples.digest("d"), size: 2) }, artifactType: artifactType
        )
    }

    @Test(
        "an image, by the types that docker takes for a config's",
        arguments: [
            MediaType.config, MediaType.dockerConfig, "application/octet-stream", "application/json", "text/html", "",
        ])
    func image(_ config: String) throws {
        #expect(try manifest(config: config).content() == .image)
        #expect(try manifest(config: config, layers: [MediaType.layerGzip, "a/b"]).content() == .image)
    }

    @Test(
        "an artifact, by its config",
        arguments: [MediaType.empty, "application/vnd.cncf.helm.config.v1+json", "application/vnd.docker.plugin.v1+json"])
    func artifactByConfig(_ type: String) throws {
        #expect(try manifest(config: type, layers: [MediaType.layerGzip]).content() == .artifact(type: type))
    }

    @Test("an artifact, by its own type")
    func artifactByType() throws {
        #expect(try manifest(config: MediaType.config, artifactType: "a/b").content() == .artifact(type: "a/b"))
    }

    @Test("the artifact type of an image is its config's", arguments: ["", MediaType.config, MediaType.dockerConfig])
    func artifactTypeOfAnImage(_ type: String) throws {
        #expect(try manifest(config: MediaType.config, artifactType: type).content() == .image)
    }

    @Test("an image's config and a tar make an image, whatever its artifact type")
    func artifactTypeOfAnyKind() throws {
        let manifest = try manifest(config: MediaType.config, layers: [MediaType.layerGzip], artifactType: "a/b")
        #expect(manifest.content() == .image)
        #expect(
            try self.manifest(config: "a/b", layers: [MediaType.layer], artifactType: "a/b").content() == .artifact(type: "a/b"))
    }

    @Test("statements for layers make an attestation")
    func attestation() throws {
        let type = "application/vnd.in-toto+json"
        #expect(try manifest(config: MediaType.config, layers: [type, type]).content() == .artifact(type: type))
    }

    @Test(
        "an encrypted layer makes an encrypted image",
        arguments: [
            MediaType.layer + "+encrypted", MediaType.layerGzip + "+encrypted", MediaType.layerZstd + "+encrypted",
            MediaType.dockerLayerGzip + "+encrypted", MediaType.nondistributableLayer + "+encrypted",
        ])
    func encrypted(_ type: String) throws {
        let encrypted = ManifestContent.encryptedImage(layer: try Samples.digest("d"))
        #expect(try manifest(config: MediaType.config, layers: [type]).content() == encrypted)
        #expect(try manifest(config: MediaType.config, layers: [MediaType.layer, type]).content() == encrypted)
        #expect(try manifest(config: MediaType.config, layers: [type]).isImage)
    }

    @Test("what is encrypted and no layer is an artifact")
    func encryptedArtifact() throws {
        let type = "application/vnd.example+encrypted"
        #expect(try manifest(config: MediaType.config, layers: [type]).content() == .artifact(type: type))
    }

    @Test("an index may say that an entry is no image")
    func listed() throws {
        var entry = Descriptor(mediaType: MediaType.manifest, digest: try Samples.digest("e"), size: 2)
        #expect(entry.isImageEntry)
        entry.artifactType = MediaType.config
        #expect(entry.isImageEntry)
        entry.artifactType = "application/vnd.amazon.soci.index.v2+json"
        #expect(!entry.isImageEntry)
        #expect(
            try manifest(config: MediaType.config).content(listedAs: entry)
                == .artifact(type: "application/vnd.amazon.soci.index.v2+json"))
        entry.artifactType = nil
        entry.annotations = ["vnd.docker.reference.type": "attestation-manifest"]
        #expect(!entry.isImageEntry)
        entry.annotations = nil
        entry.platform = Platform(os: "unknown", architecture: "unknown")
        #expect(!entry.isImageEntry)
    }

    @Test("a config without a media type is read", arguments: ["", #""mediaType":"","#])
    func untypedConfig(_ type: String) throws {
        let digest = try Samples.digest("c")
        let text = #"{"config":{\#(type)"digest":"\#(digest)","size":2},"layers":[]}"#
        let manifest = try Samples.decode(ImageManifest.self, text)
        #expect(manifest.config == Descriptor(mediaType: "", digest: digest, size: 2))
        #expect(manifest.content() == .image)
    }

    @Test("a layer without a media type is refused")
    func untypedLayer() throws {
        let digest = try Samples.digest("c")
        let text = #"{"config":\#(Samples.descriptor(MediaType.config, "c")),"layers":[{"digest":"\#(digest)","size":2}]}"#
        #expect(throws: DocumentError.self) { try Samples.decode(ImageManifest.self, text) }
    }
}
