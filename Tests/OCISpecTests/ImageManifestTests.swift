import OCISpec
import Testing

@Suite("manifests")
struct ImageManifestTests {
    private let config = Samples.descriptor(MediaType.config, "c")
    private let layer = Samples.descriptor(MediaType.layerGzip, "d")

    private func decode(_ text: String) throws -> ImageManifest {
        try Samples.decode(ImageManifest.self, text)
    }

    @Test("layers keep their order")
    func order() throws {
        let text = #"{"schemaVersion":2,"config":\#(config),"layers":[\#(layer),\#(config),\#(layer)]}"#
        #expect(try decode(text).layers.map(\.digest) == [Samples.digest("d"), Samples.digest("c"), Samples.digest("d")])
    }

    @Test("no layers is legal, as null too", arguments: ["[]", "null"])
    func noLayers(_ layers: String) throws {
        #expect(try decode(#"{"schemaVersion":2,"config":\#(config),"layers":\#(layers)}"#).layers.isEmpty)
    }

    @Test("a missing list of layers is refused")
    func missingLayers() {
        #expect(throws: DocumentError.malformed(detail: "layers: missing")) { try decode(#"{"config":\#(config)}"#) }
    }

    @Test("a missing config is refused")
    func missingConfig() {
        #expect(throws: DocumentError.malformed(detail: "config: missing")) { try decode(#"{"layers":[]}"#) }
    }

    @Test("a schema version left out is 2")
    func missingSchemaVersion() throws {
        #expect(try decode(#"{"config":\#(config),"layers":[]}"#).schemaVersion == 2)
    }

    @Test("another schema version is refused", arguments: ["1", "3", "\"2\""])
    func otherSchemaVersion(_ version: String) {
        #expect(throws: DocumentError.self) { try decode(#"{"schemaVersion":\#(version),"config":\#(config),"layers":[]}"#) }
    }

    @Test("a manifest that is also an index is refused")
    func ambiguous() {
        #expect(throws: DocumentError.self) { try decode(#"{"config":\#(config),"layers":[],"manifests":[]}"#) }
    }

    @Test("a manifest that calls itself an index is refused")
    func misnamed() {
        #expect(throws: DocumentError.self) {
            try decode(#"{"mediaType":"\#(MediaType.index)","config":\#(config),"layers":[]}"#)
        }
    }

    @Test("a manifest encodes to what decodes to it")
    func roundTrip() throws {
        let text = #"{"annotations":{"k":"v"},"config":\#(config),"layers":[\#(layer)],"schemaVersion":2,"subject":\#(config)}"#
        let manifest = try decode(text)
        #expect(try decodeDocument(ImageManifest.self, from: encodeDocument(manifest)) == manifest)
    }
}
