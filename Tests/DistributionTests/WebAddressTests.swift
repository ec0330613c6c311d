import Distribution
import Testing

@Suite struct WebAddressTests {
    @Test(arguments: [
        (
            "http://far:8000/p?sig=a%2Bb%3D&cd=attachment;filename=\"x\"",
            "http://far:8000/p?sig=a%2Bb%3D&cd=attachment;filename=\"x\""
        ),
        ("/up?_state=abc%2f", "https://registry.test:5000/up?_state=abc%2f"),
        ("?only=query", "https://registry.test:5000/v2/a/?only=query"),
        ("u2", "https://registry.test:5000/v2/a/u2"), ("//other.test/x", "https://other.test/x"),
        ("http://me:secret@far/x#part", "http://far/x"), ("http://far/a b", "http://far/a%20b"),
        ("http://far/a/../b", "http://far/a/../b"),
        ("http://far/%zz", "http://far/%zz"),
    ]) func whatAServerGaveGoesBackAsItCame(location: String, expected: String) throws {
        #expect(try WebAddress("https://registry.test:5000/v2/a/").resolving(location).text == expected)
    }

    @Test(arguments: [
        "http://h:99999/", "http://h:0/", "http://h:-1/", "http://h:8o/", "ftp://h/", "file:///etc/passwd", "http://", "", "h",
        "data:x",
        "http://a b/", "http://h\u{0}.test/", "javascript:alert(1)",
    ]) func whatIsNoAddressIsRefused(text: String) {
        #expect(throws: WebAddress.Fault.self) { try WebAddress(text) }
    }

    @Test func anOriginIsWhatIsConnectedTo() throws {
        // Two readers of this address must not see two hosts.
        #expect(try WebAddress("http://h\\@evil.test/x").origin.host == "evil.test")
        #expect(try WebAddress("http://2130706433/").origin.isLoopback)
        #expect(try WebAddress("HTTPS://Registry.TEST/").origin == Origin(scheme: "https", host: "registry.test", port: 443))
        #expect(try WebAddress("https://[::1]:5000/").origin.authority == "[::1]:5000")
        #expect(try !WebAddress("http://127.0.0.1.evil.test/").origin.isLoopback)
    }
}
