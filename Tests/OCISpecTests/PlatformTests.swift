import OCISpec
import Testing

@Suite("platforms")
struct PlatformTests {
    @Test("the text parses to itself", arguments: ["linux/amd64", "linux/arm/v7", "unknown/unknown"])
    func text(_ text: String) {
        #expect(Platform(parsing: text)?.description == text)
    }

    @Test("a platform that says nothing is read", arguments: ["{}", #"{"os":null}"#])
    func silent(_ text: String) throws {
        #expect(try Samples.decode(Platform.self, text) == Platform(os: "", architecture: ""))
    }

    @Test("a platform of wrong types is refused", arguments: ["[]", #""linux""#, #"{"os":1,"architecture":"amd64"}"#])
    func wrongTypes(_ text: String) {
        #expect(throws: DocumentError.self) { try Samples.decode(Platform.self, text) }
    }

    @Test("too few, too many or empty parts are refused", arguments: ["", "linux", "linux/", "/amd64", "a/b/c/d", "linux/arm/"])
    func refused(_ text: String) {
        #expect(Platform(parsing: text) == nil)
    }
}
