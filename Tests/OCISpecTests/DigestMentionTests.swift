import OCISpec
import Testing

@Suite("digests that a document names")
struct DigestMentionTests {
    private let first = "sha256:\(String(repeating: "1", count: 64))"
    private let second = "sha512:\(String(repeating: "2", count: 128))"

    private func mentions(_ text: String) -> [String] {
        DigestMention.all(in: Array(text.utf8)).map { "\($0.field) \($0.mediaType ?? "-") \($0.digest)" }
    }

    @Test("stand where they will, with the type beside them, before or after")
    func types() {
        #expect(mentions(#"{"blobs":[{"digest":"\#(first)","mediaType":"a/b"}]}"#) == ["blobs a/b \(first)"])
        #expect(mentions(#"{"Blobs":{"MediaType":"a/b","x":"\#(second)"}}"#) == ["blobs a/b \(second)"])
        #expect(mentions(#"{"list":["\#(first)"]}"#) == ["list - \(first)"])
        #expect(mentions(#"{"map":{"\#(first)":1}}"#) == ["map - \(first)"])
    }

    @Test("are whole texts")
    func wholeTexts() {
        #expect(mentions(#"{"a":"x@\#(first)","b":"\#(first) ","c":"\#(first.uppercased())"}"#) == [])
    }

    @Test("count in annotations for nothing, at any depth")
    func annotations() {
        #expect(mentions(#"{"annotations":{"a":"\#(first)","b":{"c":["\#(first)"]}},"d":"\#(first)"}"#) == ["d - \(first)"])
    }

    @Test("may be written with escapes")
    func escapes() {
        let escaped = "\\u0073ha256:\(String(repeating: "1", count: 64))"
        #expect(mentions(#"{"q\"":"\\","d":"\#(escaped)"}"#) == ["d - \(first)"])
    }

    @Test(
        "are looked for in what is no JSON as well, without a crash",
        arguments: ["{\"", "\"\\", "{]}[\"", "{\"a\":\"\\", "", "}}]]"])
    func noJSON(_ text: String) {
        #expect(mentions(text) == [])
    }

    @Test("an object may begin after blanks")
    func beginnings() {
        #expect(DigestMention.mayBeObject(Array(" \n{ \"a\"".utf8)))
        #expect(DigestMention.mayBeObject(Array("{}".utf8)))
        for text in ["", "[", "{", "{a", "PK", "\u{1F}\u{8B}"] { #expect(!DigestMention.mayBeObject(Array(text.utf8))) }
    }
}

@Suite("entries that are no descriptors")
struct OddEntryTests {
    private let entry = Samples.descriptor(MediaType.manifest, "e")
    private let odd = #"{"digest":"sha384:abc","mediaType":"a/b","size":1,"x":[1]}"#

    private func index(_ entries: String) -> String { #"{"manifests":[\#(entries)],"schemaVersion":2}"# }

    @Test("a digest of another algorithm passes, and stays in its place")
    func passes() throws {
        let text = index("\(odd),\(entry),\(odd)")
        let decoded = try Samples.decode(ImageIndex.self, text)
        #expect(decoded.manifests.count == 1)
        #expect(decoded.oddEntries.map(\.digest) == ["sha384:abc", "sha384:abc"])
        let again = try Samples.decode(ImageIndex.self, String(decoding: encodeDocument(decoded), as: UTF8.self))
        #expect(again == decoded)
    }

    @Test("it stays when the others go")
    func stays() throws {
        var decoded = try Samples.decode(ImageIndex.self, index("\(entry),\(odd)"))
        decoded.manifests = []
        let text = String(decoding: try encodeDocument(decoded), as: UTF8.self)
        #expect(text == index(odd))
    }

    @Test("what is no digest at all is refused", arguments: ["sha256:12", "x", "a b:c", ":c", "a:", "A:c"])
    func refused(_ digest: String) {
        #expect(throws: DocumentError.self) {
            try Samples.decode(ImageIndex.self, index(#"{"digest":"\#(digest)","mediaType":"a/b","size":1}"#))
        }
    }

    @Test("an ID is decided by all of an entry, and by nothing else")
    func hasAnID() throws {
        let spaced = #"{ "x": [1], "size": 1, "mediaType": "a/b", "digest": "sha384:abc" }"#
        let other = #"{"digest":"sha384:abc","mediaType":"a/b","size":2,"x":[1]}"#
        let decoded = try Samples.decode(ImageIndex.self, index("\(odd),\(entry),\(spaced),\(other)"))
        let ids = decoded.oddEntries.map(\.id)
        #expect(ids[0] == ids[1] && ids[0] != ids[2])
        #expect(ids.allSatisfy { $0.wholeMatch(of: /odd-[0-9a-f]{12}/) != nil })
        let again = try Samples.decode(ImageIndex.self, String(decoding: encodeDocument(decoded), as: UTF8.self))
        #expect(again.oddEntries.map(\.id) == ids)
    }

    @Test(
        "every object passes where that is asked for",
        arguments: [#"{}"#, #"{"digest":7}"#, #"{"annotations":{"a":[]},"size":1}"#, #"{"digest":null,"mediaType":"a/b"}"#])
    func passesObjects(_ text: String) throws {
        let bytes = Array(index("\(text),\(entry)").utf8)
        let decoded = try decodeDocument(ImageIndex.self, from: bytes, passesOddEntries: true)
        #expect(decoded.manifests.count == 1)
        #expect(decoded.oddEntries.map(\.digest) == [nil])
        #expect(throws: DocumentError.self) { try decodeDocument(ImageIndex.self, from: bytes) }
    }

    @Test("but where every entry with a digest passes")
    func passesAll() throws {
        let text = index(#"{"digest":"sha256:12","mediaType":"a/b","size":1}"#)
        let decoded = try decodeDocument(ImageIndex.self, from: Array(text.utf8), passesOddEntries: true)
        #expect(decoded.oddEntries.count == 1)
        #expect(throws: DocumentError.self) {
            try decodeDocument(ImageIndex.self, from: Array(index("7").utf8), passesOddEntries: true)
        }
    }
}
