import OCISpec
import Testing

@Suite("platforms")
struct PlatformTests {
    @Test("the text parses to itself", arguments: ["linux/amd64", "linux/arm/v7", "unknown/unknown"])
    func text(_ text: String) {
        #expect(Platform(parsing: text)?.description == text)
    }

    @Test("one part is completed, and capitals are small letters")
    func parts() {
        #expect(Platform(parsing: "linux") == Platform.host)
        #expect(Platform(parsing: "aarch64")?.description == "linux/arm64")
        #expect(Platform(parsing: "riscv64")?.description == "linux/riscv64")
        #expect(Platform(parsing: "Linux/AMD64")?.description == "linux/amd64")
    }

    @Test("a platform that says nothing is read", arguments: ["{}", #"{"os":null}"#])
    func silent(_ text: String) throws {
        #expect(try Samples.decode(Platform.self, text) == Platform(os: "", architecture: ""))
    }

    @Test("a platform of wrong types is refused", arguments: ["[]", #""linux""#, #"{"os":1,"architecture":"amd64"}"#])
    func wrongTypes(_ text: String) {
        #expect(throws: DocumentError.self) { try Samples.decode(Platform.self, text) }
    }

    @Test(
        "too few, too many or empty parts are refused", arguments: ["", "nothing", "linux/", "/amd64", "a/b/c/d", "linux/arm/"])
    func refused(_ text: String) {
        #expect(Platform(parsing: text) == nil)
    }
}
