import Testing
import TextValues

struct ResourceLimitTextTests {
    @Test(arguments: [
        ("nofile=100:200", "nofile", UInt64(100), UInt64(200)), ("nofile=100", "nofile", 100, 100),
        ("core=0", "core", 0, 0), ("memlock=-1", "memlock", .max, .max), ("memlock=-1:-1", "memlock", .max, .max),
        ("nproc=5:-1", "nproc", 5, .max),
    ])
    func limitsAreReadAsDockerReadsThem(text: String, name: String, soft: UInt64, hard: UInt64) throws {
        let limit = try ResourceLimitText(text)
        #expect(limit.name == name && limit.soft == soft && limit.hard == hard)
    }

    @Test(arguments: [
        "", "nofile", "nofile=", "=1", "nofile=a", "nofile=1:", "nofile=:1", "nofile=1:2:3", "nofile=1.5", "nofile=-2",
        "nofile= 1", "nofile=99999999999999999999",
    ])
    func whatIsNoLimitIsMalformed(text: String) {
        #expect(throws: ResourceLimitText.Fault.malformed) { try ResourceLimitText(text) }
    }

    @Test func namesAndOrderAreChecked() {
        #expect(throws: ResourceLimitText.Fault.unknownName("bogus")) { try ResourceLimitText("bogus=1") }
        #expect(throws: ResourceLimitText.Fault.unknownName("NOFILE")) { try ResourceLimitText("NOFILE=1") }
        for text in ["nofile=200:100", "nofile=-1:100"] {
            #expect(throws: ResourceLimitText.Fault.softAboveHard) { try ResourceLimitText(text) }
        }
    }
}
