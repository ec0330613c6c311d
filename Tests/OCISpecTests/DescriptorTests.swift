import OCISpec
import Testing

@Suite("descriptors")
struct DescriptorTests {
    @Test(
        "a size that is no count of bytes is refused",
        arguments: ["-1", "\"7\"", "1.5", "null", "true", "9223372036854775808", "9223372036854775807", "17592186044417", "{}"])
    func badSize(_ size: String) {
        #expect(throws: DocumentError.self) { try Samples.decode(Descriptor.self, Samples.descriptor("a/b", "a", size: size)) }
    }

    @Test("the largest size is read")
    func largestSize() throws {
        let text = Samples.descriptor("a/b", "a", size: "17592186044416")
        #expect(try Samples.decode(Descriptor.self, text).size == 16 << 40)
    }

    @Test(
        "a malformed digest is refused",
        arguments: [
            "", "sha256", "sha256:", ":abc", "sha256:abc", "md5:d41d8cd98f00b204e9800998ecf8427e",
            "sha256:" + String(repeating: "A", count: 64), "sha256:" + String(repeating: "a", count: 65),
            "sha256:../../" + String(repeating: "a", count: 58),
        ])
    func badDigest(_ digest: String) {
        let text = #"{"mediaType":"a/b","size":1,"digest":"\#(digest)"}"#
        #expect(throws: DocumentError.self) { try Samples.decode(Descriptor.self, text) }
    }

    @Test("null stands for absent")
    func nulls() throws {
        let more = #","urls":null,"annotations":null,"platform":null,"artifactType":null"#
        let plain = try Samples.decode(Descriptor.self, Samples.descriptor("a/b", "a"))
        #expect(try Samples.decode(Descriptor.self, Samples.descriptor("a/b", "a", more: more)) == plain)
    }

    @Test("unknown fields survive decoding and encoding, the platform's too")
    func unknownFieldsSurvive() throws {
        let text =
            #"{"annotations":{"k":"v"},"data":"e30=","digest":"sha256:\#(String(repeating: "a", count: 64))","#
            + #""mediaType":"a/b","platform":{"architecture":"amd64","os":"windows","os.features":["win32k"],"os.version":"10"},"#
            + #""size":2,"urls":["https://example.com/x"],"x":{"y":[1,null]}}"#
        let descriptor = try Samples.decode(Descriptor.self, text)
        #expect(try String(decoding: encodeDocument(descriptor), as: UTF8.self) == text)
    }
}
