import OCISpec
import Testing

@Suite("documents within limits")
struct JSONDocumentTests {
    @Test("a document over the size limit is refused")
    func tooLarge() {
        #expect(throws: DocumentError.tooLarge(bytes: 11, limit: 10)) {
            try checkDocument(Array(repeating: UInt8(ascii: " "), count: 11), limits: DocumentLimits(maxBytes: 10))
        }
    }

    @Test("64 levels are the deepest", arguments: [(64, true), (65, false)])
    func depth(_ levels: Int, _ isAllowed: Bool) throws {
        let bytes = Array((String(repeating: "[", count: levels) + String(repeating: "]", count: levels)).utf8)
        if isAllowed {
            #expect(throws: Never.self) { try checkDocument(bytes) }
        } else {
            #expect(throws: DocumentError.tooDeep(limit: 64)) { try checkDocument(bytes) }
        }
    }

    @Test("brackets in strings are text, behind escapes too")
    func bracketsInStrings() {
        let text = #"["\"[[[[", "\\", "]]]{{{", "[[[[[[\\\"[["]"#
        #expect(throws: Never.self) { try checkDocument(Array(text.utf8), limits: DocumentLimits(maxDepth: 1)) }
    }

    @Test("an escaped backslash does not hide the end of a string")
    func escapedBackslash() {
        let text = #"["\\", [[]]]"#
        #expect(throws: DocumentError.tooDeep(limit: 2)) {
            try checkDocument(Array(text.utf8), limits: DocumentLimits(maxDepth: 2))
        }
    }

    @Test("siblings are not depth")
    func siblings() {
        let text = "[" + String(repeating: "{},", count: 1000) + "{}]"
        #expect(throws: Never.self) { try checkDocument(Array(text.utf8)) }
    }

    @Test("UTF-16 is refused before the decoder sees it")
    func utf16() {
        let bytes = #"["a"]"#.utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
        #expect(throws: DocumentError.malformed(detail: "a zero byte")) { try decodeDocument([String].self, from: bytes) }
    }

    @Test("what is no JSON is malformed", arguments: ["", "{", "nope", "[1,]", "{\"a\":1}}", "\u{feff}"])
    func noJSON(_ text: String) {
        #expect(throws: DocumentError.self) { try decodeDocument([String: Int].self, from: Array(text.utf8)) }
    }

    @Test("text that is not UTF-8 is malformed")
    func notUTF8() {
        let bytes = Array(#"["x"]"#.utf8).map { $0 == UInt8(ascii: "x") ? 0xff : $0 }
        #expect(throws: DocumentError.self) { try decodeDocument([String].self, from: bytes) }
    }

    @Test("the detail names the field")
    func detailNamesTheField() throws {
        let text = """
            {"config": {"mediaType": "a/b", "size": 1, "digest": "sha256:\(String(repeating: "a", count: 64))"},
             "layers": [{"mediaType": "a/b", "size": -1, "digest": "sha256:\(String(repeating: "a", count: 64))"}]}
            """
        #expect(throws: DocumentError.malformed(detail: "layers[0].size: negative: -1")) {
            try decodeDocument(ImageManifest.self, from: Array(text.utf8))
        }
    }

    @Test("the detail does not quote a document at length")
    func detailIsShort() throws {
        let text = #"{"mediaType": "a/b", "size": 1, "digest": "\#(String(repeating: "a", count: 100_000))"}"#
        let error = #expect(throws: DocumentError.self) { try decodeDocument(Descriptor.self, from: Array(text.utf8)) }
        guard case .malformed(let detail) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(detail.count <= 300)
    }

    @Test("equal values encode to equal bytes")
    func encodingIsStable() throws {
        let value = ["b": "1/2", "a": "3", "c": "4"]
        #expect(try String(decoding: encodeDocument(value), as: UTF8.self) == #"{"a":"3","b":"1/2","c":"4"}"#)
    }

    @Test(
        "any value passes through",
        arguments: [#"{"a":[1,-2.5,true,null,"x",{"b":{}},[]],"c":9223372036854775807}"#, "[]", "[false]"])
    func passThrough(_ text: String) throws {
        let value = try decodeDocument(JSONValue.self, from: Array(text.utf8))
        #expect(try String(decoding: encodeDocument(value), as: UTF8.self) == text)
    }

    @Test("unknown values are bounded, however they stand", arguments: [#"[1,1,1,1]"#, #"{"a":{"b":{"c":1}}}"#, "[[],[],[]]"])
    func unknownValues(_ value: String) {
        let text = #"{"manifests":[],"x":\#(value)}"#
        #expect(throws: DocumentError.self) {
            try decodeDocument(ImageIndex.self, from: Array(text.utf8), limits: DocumentLimits(maxUnknownValues: 3))
        }
    }

    @Test("as many unknown values as the limit are read")
    func unknownValuesAtTheLimit() {
        #expect(throws: Never.self) {
            try decodeDocument(
                ImageIndex.self, from: Array(#"{"manifests":[],"x":[1,1]}"#.utf8), limits: DocumentLimits(maxUnknownValues: 3))
        }
    }
}
