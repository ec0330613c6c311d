import Testing
import TextValues

struct HostEntryTests {
    @Test(arguments: [
        ("db:10.0.0.1", "db", "10.0.0.1"), ("db:::1", "db", "::1"), ("db:2001:db8::2", "db", "2001:db8::2"),
        ("db:[2001:db8::2]", "db", "2001:db8::2"), ("db=10.0.0.1", "db", "10.0.0.1"), ("db=::1", "db", "::1"),
        ("me:host-gateway", "me", "127.0.0.1"), ("a.b-c:1.2.3.4", "a.b-c", "1.2.3.4"),
    ])
    func hostsAreReadAsDockerReadsThem(text: String, name: String, address: String) throws {
        let entry = try #require(HostEntry(text))
        #expect(entry.name == name && entry.address == address && entry.line == "\(address)\t\(name)\n")
    }

    @Test(arguments: [
        "", "db", "db:", ":10.0.0.1", "db:10.0.0", "db:10.0.0.256", "db:one.two", "a b:1.2.3.4", "a\n:1.2.3.4", "#a:1.2.3.4",
        "db:[::1", "db: 1.2.3.4",
    ])
    func whatIsNoHostIsNone(text: String) { #expect(HostEntry(text) == nil) }

    @Test func whereTheMachineCannotBeReachedItsWordIsNoAddress() {
        #expect(HostEntry("me:host-gateway", gateway: nil) == nil)
    }
}
