import OCISpec
import Testing

@Suite("docker-archive items and layout markers")
struct DockerArchiveItemTests {
    @Test(
        "an item without names and layers", arguments: [#","RepoTags":null,"Layers":null"#, "", #","RepoTags":null,"Layers":[]"#])
    func nulls(_ more: String) throws {
        let items = try Samples.decode([DockerArchiveItem].self, #"[{"Config":"a.json"\#(more)}]"#)
        #expect(items == [DockerArchiveItem(config: "a.json", repoTags: nil, layers: [])])
    }

    @Test("keys of newer engines are passed over")
    func newerKeys() throws {
        let text =
            #"{"Config":"blobs/sha256/a","RepoTags":["a:b"],"Layers":["x","y"],"LayerSources":{"sha256:x":{}},"Parent":"z"}"#
        #expect(try Samples.decode(DockerArchiveItem.self, text).layers == ["x", "y"])
    }

    @Test("an item without a config is refused")
    func missingConfig() {
        #expect(throws: DocumentError.malformed(detail: "Config: missing")) {
            try Samples.decode(DockerArchiveItem.self, #"{"Layers":[]}"#)
        }
    }

    @Test("an item is written as Docker writes it")
    func encoding() throws {
        let item = DockerArchiveItem(config: "a.json", repoTags: nil, layers: ["x/layer.tar"])
        #expect(
            try String(decoding: encodeDocument(item), as: UTF8.self)
                == #"{"Config":"a.json","Layers":["x/layer.tar"],"RepoTags":null}"#)
    }

    @Test("the layout marker's text")
    func marker() throws {
        #expect(try String(decoding: encodeDocument(ImageLayoutMarker()), as: UTF8.self) == #"{"imageLayoutVersion":"1.0.0"}"#)
    }
}
