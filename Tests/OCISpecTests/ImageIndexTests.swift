import OCISpec
import Testing

@Suite("indexes")
struct ImageIndexTests {
    private let entry = Samples.descriptor(MediaType.manifest, "e")

    private func decode(_ text: String) throws -> ImageIndex {
        try Samples.decode(ImageIndex.self, text)
    }

    @Test("an empty index is legal, as null too", arguments: ["[]", "null"])
    func empty(_ manifests: String) throws {
        #expect(try decode(#"{"schemaVersion":2,"manifests":\#(manifests)}"#).manifests.isEmpty)
    }

    @Test("a missing list of manifests is refused")
    func missingManifests() {
        #expect(throws: DocumentError.malformed(detail: "manifests: missing")) { try decode(#"{"schemaVersion":2}"#) }
    }

    @Test("an index that is also a manifest is refused", arguments: ["config", "layers"])
    func ambiguous(_ field: String) {
        #expect(throws: DocumentError.self) { try decode(#"{"manifests":[],"\#(field)":[]}"#) }
    }

    @Test("unknown fields survive decoding and encoding")
    func unknownFieldsSurvive() throws {
        let text = #"{"manifests":[],"mediaType":"\#(MediaType.index)","schemaVersion":2,"x-tool":{"n":1}}"#
        #expect(try String(decoding: encodeDocument(decode(text)), as: UTF8.self) == text)
    }

    @Test("a negative size is refused")
    func negativeSize() {
        let bad = Samples.descriptor(MediaType.manifest, "e", size: "-5")
        #expect(throws: DocumentError.malformed(detail: "manifests[1].size: negative: -5")) {
            try decode(#"{"manifests":[\#(entry),\#(bad)]}"#)
        }
    }

    @Test("a manifest list of Docker is an index")
    func dockerList() throws {
        let text = #"{"schemaVersion":2,"mediaType":"\#(MediaType.dockerManifestList)","manifests":[\#(entry)]}"#
        #expect(try decode(text).manifests.count == 1)
    }
}
