import Foundation
import OCISpec
import TestSupport
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

    @Test("text that is not UTF-8 is read with U+FFFD in its place, as in Go")
    func notUTF8() throws {
        let bytes = Array(#"["x"]"#.utf8).map { $0 == UInt8(ascii: "x") ? 0xff : $0 }
        #expect(try decodeDocument([String].self, from: bytes) == ["\u{FFFD}"])
    }

    @Test(
        "so is half of a surrogate pair",
        arguments: [
            (#"\ud83d x"#, "\u{FFFD} x"), (#"\ude00"#, "\u{FFFD}"), (#"\ud83d\ud83d\ude00"#, "\u{FFFD}\u{1F600}"),
            (#"\ud83d\u0041"#, "\u{FFFD}A"), (#"\uD83D\uDE00"#, "\u{1F600}"), (#"\ud83d\n"#, "\u{FFFD}\n"),
        ])
    func halfPairs(_ text: String, _ expected: String) throws {
        let found = try decodeDocument([String].self, from: Array("[\"\(text)\"]".utf8))
        #expect(found.map { Array($0.utf8) } == [Array(expected.utf8)])
    }

    @Test(
        "what Go refuses is refused",
        arguments: [
            "[01]", "[+1]", "[1.]", "[.5]", "[1e]", "[-]", "[0x1]", "[NaN]", "[\"\u{1}\"]", #"["\x41"]"#, #"["\u00g0"]"#, "[1 2]",
            "{\"a\" 1}", "{1:2}", "{\"a\":1,}", "[1],", "tru", "[\"a]", "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}",
        ])
    func refused(_ text: String) {
        #expect(throws: DocumentError.self) { try decodeDocument(JSONValue.self, from: Array(text.utf8)) }
    }

    @Test("random documents are read as another reader reads them")
    func randomDocuments() throws {
        var random = SplitMix64(seed: 24)
        for _ in 0..<3000 {
            let text = Self.document(&random, depth: 0)
            let bytes = Array(text.utf8)
            let found = try decodeDocument(JSONValue.self, from: bytes)
            let other = try JSONDecoder().decode(JSONValue.self, from: Data(bytes))
            #expect(found == other, "\(text)")
            // Cut short, a document is none.
            let cut = Array(bytes.prefix(Int(random.next() % UInt64(bytes.count))))
            if let first = bytes.first, "[{\"".utf8.contains(first) {
                #expect(throws: DocumentError.self) { try decodeDocument(JSONValue.self, from: cut) }
            }
        }
    }

    private static func document(_ random: inout SplitMix64, depth: Int) -> String {
        func pick(_ choices: [String]) -> String { choices[Int(random.next() % UInt64(choices.count))] }
        func string() -> String {
            let parts = ["a", "bc", #"\""#, #"\\"#, #"\u00e9"#, "é", "\u{1F600}", #"\ud83d\ude00"#, " ", "{[", #"\/\b\f\n\r\t"#]
            return "\"" + (0..<Int(random.next() % 5)).map { _ in pick(parts) }.joined() + "\""
        }
        let blank = pick(["", "", " ", "\n\t"])
        switch random.next() % (depth > 4 ? 5 : 8) {
        case 0: return blank + pick(["0", "-0", "7", "-12", "1.5", "-2.25e2", "123456789012345678", "1E3", "0.1"])
        case 1: return blank + pick(["true", "false", "null"])
        case 2, 3, 4: return blank + string()
        case 5:
            let count = Int(random.next() % 25)
            let names = (0..<count).map { "\"\($0)\(pick(["", "é", #"\u0041"#]))\"" }
            let fields = names.map { "\($0)\(blank):\(document(&random, depth: depth + 1))" }
            return blank + "{" + fields.joined(separator: ",") + blank + "}"
        default:
            let values = (0..<Int(random.next() % 6)).map { _ in document(&random, depth: depth + 1) }
            return blank + "[" + values.joined(separator: ",") + blank + "]"
        }
    }

    @Test("a field at fault is named however deep it is")
    func deepPath() {
        let text = #"{"manifests":[],"subject":{"mediaType":"a/b","size":1,"digest":"sha256:0","x":[1,{"y":2}]}}"#
        let error = #expect(throws: DocumentError.self) { try decodeDocument(ImageIndex.self, from: Array(text.utf8)) }
        guard case .malformed(let detail)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(detail.hasPrefix("subject.digest: "))
    }

    @Test("an object of many fields is read in time")
    func manyFields() throws {
        let fields = (0..<200_000).map { "\"name\($0)\":\"\($0)\"" }.joined(separator: ",")
        let found = try decodeDocument([String: String].self, from: Array("{\(fields)}".utf8))
        #expect(found.count == 200_000 && found["name7"] == "7")
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

    @Test("a higher number of bytes raises all limits alike, and never above the highest")
    func raised() {
        let twice = DocumentLimits.default.raised(toBytes: 16 << 20)
        #expect(twice == DocumentLimits(maxBytes: 16 << 20, maxDepth: 128, maxUnknownValues: 400_000, maxManifests: 20_000))
        #expect(DocumentLimits.default.raised(toBytes: .max) == .highest)
        #expect(DocumentLimits.default.raised(toBytes: 100) == DocumentLimits(maxBytes: 100))
    }
}
