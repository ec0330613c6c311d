import OCISpec
import Testing

@Suite("documents that say a thing twice")
struct RepeatedNameTests {
    @Test(
        "a name that an object has twice",
        arguments: [
            (#"{"layers":1,"layers":2}"#, "layers"), (#"{"a":{"b":1,"c":2,"b":3}}"#, "b"), (#"[{"a":1},{"a":1,"a":1}]"#, "a"),
            (#"{"":1,"":1}"#, ""), (#"{"layers":1,"\u006cayers":2}"#, "layers"), (#"{"a\/b":1,"a/b":2}"#, "a/b"),
            (#"{"a\n":1,"a\u000A":2}"#, "a\n"), (#"{"\ud83d\ude00":1,"😀":2}"#, "😀"), (#"{"é":1,"\u00E9":2}"#, "é"),
            (#"{"a" : 1 , "b" : [ {} ] , "a" : 2 }"#, "a"), ("{\"a\"\n:\t1,\"a\"\r:2}", "a"),
            (#"{"annotations":{"k":"v","k":"w"}}"#, "k"), (#"{"x":"}","x":1}"#, "x"), (#"{"\"":1,"\u0022":2}"#, "\""),
        ])
    func repeated(_ text: String, _ name: String) {
        #expect(throws: DocumentError.malformed(detail: "`\(name)` occurs twice")) {
            try decodeDocument(JSONValue.self, from: Array(text.utf8))
        }
    }

    @Test(
        "a name in several objects, or as a value, is no repetition",
        arguments: [
            #"{"a":{"a":{"a":"a"}},"b":"a"}"#, #"[{"a":1},{"a":1}]"#, #"{"a":["a","a"],"b":{"a":1},"c":{"a":1}}"#,
            #"{"a":"a","A":"a","a ":1}"#, #"{"a":"\"a\":1,\"a\":2"}"#, #"{"a\\":1,"a":2}"#, "{}", #"{"k":"k","v":"k"}"#,
        ])
    func unrepeated(_ text: String) {
        #expect(throws: Never.self) { try decodeDocument(JSONValue.self, from: Array(text.utf8)) }
    }

    @Test("among many names", arguments: [2, 15, 16, 17, 18, 1000])
    func many(_ count: Int) {
        let fields = (0..<count).map { #""name\#($0)":\#($0)"# }
        #expect(throws: Never.self) { try checkDocument(Array("{\(fields.joined(separator: ","))}".utf8)) }
        for place in [0, count / 2, count - 1] {
            let text = "{\((fields + [#""name\#(place)":0"#]).joined(separator: ","))}"
            #expect(throws: DocumentError.malformed(detail: "`name\(place)` occurs twice")) {
                try checkDocument(Array(text.utf8))
            }
        }
    }

    @Test("a large object takes no longer than its length asks for")
    func large() {
        let fields = (0..<500_000).map { "\"\($0)\":0" }.joined(separator: ",")
        #expect(throws: Never.self) { try checkDocument(Array("{\(fields)}".utf8)) }
    }

    @Test(
        "what is no JSON is left to the decoder", arguments: [#"{"a"#, #"{"a":1,"b\"#, "}}}", #"{"a":}]"#, #"{"\u12":1}"#, "\""])
    func noJSON(_ text: String) {
        #expect(throws: DocumentError.self) { try decodeDocument(JSONValue.self, from: Array(text.utf8)) }
    }
}

@Suite("fields under other names")
struct FoldedNameTests {
    private let config = Samples.descriptor(MediaType.config, "c")
    private let layer = Samples.descriptor(MediaType.layerGzip, "d")

    @Test("a field whose name differs in case is that field, as in Go", arguments: ["Layers", "LAYERS", "layer\u{17F}"])
    func folded(_ name: String) throws {
        let manifest = try Samples.decode(ImageManifest.self, #"{"Config":\#(config),"\#(name)":[\#(layer)]}"#)
        #expect(manifest.layers.count == 1)
    }

    @Test("one field under two names is refused", arguments: ["Layers", "layer\u{17F}"])
    func twice(_ name: String) {
        let text = #"{"config":\#(config),"layers":[\#(layer)],"\#(name)":[]}"#
        #expect(throws: DocumentError.malformed(detail: "layers: there under two names")) {
            try Samples.decode(ImageManifest.self, text)
        }
    }

    @Test(
        "in every object of a specification",
        arguments: [
            (#"{"os":"linux","OS":"windows","architecture":"amd64"}"#, "platform"),
            (#"{"mediaType":"a/b","MediaType":"a/b","size":1,"digest":"DIGEST"}"#, "descriptor"),
            (#"{"rootfs":{"type":"layers","diff_ids":[],"Diff_IDs":[]}}"#, "config"),
            (#"{"rootfs":{"type":"layers"},"config":{"Cmd":["a"],"cmd":["b"]}}"#, "config"),
            (#"{"rootfs":{"type":"layers"},"history":[{"empty_layer":true,"Empty_Layer":false}]}"#, "config"),
        ])
    func everywhere(_ text: String, _ kind: String) throws {
        let text = text.replacing("DIGEST", with: try Samples.digest("a").description)
        #expect(throws: DocumentError.self) {
            switch kind {
            case "platform": _ = try Samples.decode(Platform.self, text)
            case "descriptor": _ = try Samples.decode(Descriptor.self, text)
            default: _ = try Samples.decode(ImageConfig.self, text)
            }
        }
    }

    @Test("what a container runs is found under Go's other spellings")
    func containerConfig() throws {
        let text = #"{"rootfs":{"type":"layers"},"config":{"cmd":["a"],"ENV":["A=b"],"workingdir":"/x"}}"#
        let container = try #require(try Samples.decode(ImageConfig.self, text).config)
        #expect(container.cmd == ["a"] && container.env == ["A=b"] && container.workingDir == "/x")
    }

    @Test("annotations and labels are told apart by case")
    func maps() throws {
        let text = #"{"mediaType":"a/b","size":1,"digest":"\#(try Samples.digest("a"))","annotations":{"k":"1","K":"2"}}"#
        #expect(try Samples.decode(Descriptor.self, text).annotations == ["k": "1", "K": "2"])
    }

    @Test("a field found under another name is not kept as an unknown one too")
    func unknown() throws {
        let index = try Samples.decode(ImageIndex.self, #"{"Manifests":[],"x":1}"#)
        #expect(index.unknownFields == ["x": .integer(1)])
    }
}
