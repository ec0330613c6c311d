import OCISpec
import Testing

@Suite("documents by their own word")
struct ImageDocumentTests {
    private let config = Samples.descriptor(MediaType.config, "c")

    private func decode(_ text: String) throws -> ImageDocument { try Samples.decode(ImageDocument.self, text) }

    @Test("a media type decides", arguments: [MediaType.index, MediaType.dockerManifestList])
    func index(_ type: String) throws {
        guard case .index = try decode(#"{"mediaType":"\#(type)","manifests":[]}"#) else {
            Issue.record("no index")
            return
        }
    }

    @Test("a manifest is one", arguments: [MediaType.manifest, MediaType.dockerManifest])
    func manifest(_ type: String) throws {
        guard case .manifest = try decode(#"{"mediaType":"\#(type)","config":\#(config),"layers":[]}"#) else {
            Issue.record("no manifest")
            return
        }
    }

    @Test(
        "without a media type its fields decide",
        arguments: [#"{"manifests":[]}"#, #"{"mediaType":"","manifests":[]}"#, #"{"mediaType":null,"Manifests":[]}"#])
    func fields(_ text: String) throws {
        guard case .index = try decode(text) else {
            Issue.record("no index")
            return
        }
    }

    @Test(
        "what calls itself one and is the other is refused",
        arguments: [
            #"{"mediaType":"application/vnd.oci.image.index.v1+json","config":{},"layers":[]}"#,
            #"{"mediaType":"application/vnd.oci.image.manifest.v1+json","manifests":[]}"#,
            #"{"mediaType":"application/vnd.example","manifests":[]}"#, #"{"schemaVersion":2}"#, "[]",
        ])
    func contradiction(_ text: String) {
        #expect(throws: DocumentError.self) { try decode(text) }
    }
}
