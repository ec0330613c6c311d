import OCISpec
import TestSupport
import Testing

/// An index is the same whether it is read as one that is plain or by the decoder.
@Suite("plain indexes")
struct PlainIndexTests {
    private static let digest = "sha256:" + String(repeating: "0f", count: 32)
    private static let entry =
        #"{"mediaType":"\#(MediaType.manifest)","digest":"\#(digest)","size":7,"annotations":{"a":"b é","c":""},"#
        + #""platform":{"os":"linux","architecture":"arm64","variant":"v8"}}"#
    private static let document =
        #"{"schemaVersion": 2, "mediaType":"\#(MediaType.index)", "manifests" :["# + "\n"
        + #"\#(entry) , \#(entry)], "annotations":{}}"#

    private func outcome(_ read: () throws(DocumentError) -> ImageIndex) -> Result<ImageIndex, DocumentError> {
        do throws(DocumentError) { return .success(try read()) } catch { return .failure(error) }
    }

    private func expectSame(_ text: [UInt8]) {
        let plain = outcome { () throws(DocumentError) in try ImageIndex(decoding: text) }
        let decoded = outcome { () throws(DocumentError) in try decodeDocument(ImageIndex.self, from: text) }
        #expect(plain == decoded, "\(String(decoding: text, as: UTF8.self))")
    }

    @Test("a plain one")
    func plain() throws {
        let index = try ImageIndex(decoding: Array(Self.document.utf8))
        #expect(index.manifests.count == 2)
        #expect(index.manifests[1].annotations == ["a": "b é", "c": ""])
        #expect(index.manifests[1].platform?.description == "linux/arm64/v8")
        expectSame(Array(Self.document.utf8))
    }

    @Test(
        "one that is not",
        arguments: [
            (#""size":7"#, #""size":7.0"#), (#""size":7"#, #""size":-7"#), (#""size":7"#, #""size":7e1"#),
            (#""size":7"#, #""size":07"#),
            (#""size":7"#, #""size":"7""#), (#""size":7,"#, ""), (#""size":7"#, #""size":17592186044417"#),
            (#""size":7"#, #""size":99999999999999999999"#), (#""size":7"#, #""Size":7"#), (#""size":7"#, #""size":7,"Size":8"#),
            (#""size":7"#, #""size":7,"size":7"#), (#""size":7"#, #""size":7,"data":"x""#),
            (#""size":7"#, #""size":7,"urls":null"#),
            (#""size":7"#, #""size":7,"x":[{}]"#), (#""a":"#, #""\u0061":"#),
            ("b é", #"b\ud800"#), ("b é", #"\n"#), ("b é", "b\t"),
            (#""annotations":{}"#, #""annotations":null"#), (#""annotations":{}"#, #""config":{}"#), ("2,", "1,"), ("2,", ""),
            (MediaType.index, MediaType.manifest), (MediaType.index, ""), (MediaType.manifest, "x"), ("0f0f", "0F0F"),
            ("sha256:", "sha999:"), (#""variant":"v8""#, #""os.version":"10""#), (#""variant":"v8""#, #""variant":null"#),
            (#""manifests""#, #""manifest""#), ("{}}", "{}} x"), ("{}}", "{}"), ("{}}", "{},}"),
        ])
    func other(_ text: String, _ replacement: String) {
        #expect(Self.document.contains(text))
        expectSame(Array(Self.document.replacing(text, with: replacement, maxReplacements: 1).utf8))
        expectSame(Array(Self.document.replacing(text, with: replacement).utf8))
    }

    @Test("any byte changed, gone or there twice", arguments: 0..<4)
    func damaged(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let bytes = Array(Self.document.utf8)
        for _ in 0..<500 {
            var text = bytes
            let place = Int.random(in: text.indices, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: text.remove(at: place)
            case 1: text.insert(text[place], at: place)
            case 2: text[place] = Array(#"{}[]",:\0129aé "#.utf8).randomElement(using: &random) ?? 0
            default: text[place] = UInt8.random(in: 0...255, using: &random)
            }
            expectSame(text)
        }
    }
}
