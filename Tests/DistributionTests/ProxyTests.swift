import Distribution
import Testing

@Suite struct ProxyTests {
    private func name(_ address: String, _ environment: [String: String]) throws -> String? {
        try ProxyChoice(environment).proxy(for: try WebAddress(address).origin)?.name
    }

    @Test(arguments: [
        ("registry.test", true), ("REGISTRY.test", true), (".test", true), ("*.test", true), ("test", true), ("*", true),
        ("registry.test:443", true), ("registry.test:5000", false), ("gistry.test", false), ("a.registry.test", false),
        ("a, registry.test", true), ("a registry.test", true), ("", false), ("192.0.2.0/24", false),
    ]) func namesAreExempt(list: String, isExempt: Bool) throws {
        let proxy = try name("https://registry.test/v2/", ["HTTPS_PROXY": "http://proxy.test", "NO_PROXY": list])
        #expect((proxy == nil) == isExempt, "\(list)")
    }

    @Test(arguments: [
        ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.8", false), ("192.0.2.7", "192.0.2.0/24", true),
        ("192.0.2.7", "192.0.3.0/24", false), ("192.0.2.7", "0.0.0.0/0", true), ("192.0.2.7", "192.0.2.7/33", false),
        ("192.0.2.7", "2.7", false), ("192.0.2.7", "192.0.2.7:443", true), ("192.0.2.7", "192.0.2.7:80", false),
        ("[2001:db8::1]", "2001:db8::/32", true), ("[2001:db8::1]", "2001:db9::/32", false),
        ("[2001:db8::1]", "2001:db8:0::1", true), ("[2001:db8::1]", "[2001:db8::1]", true),
        ("[2001:db8::1]", "[2001:db8::1]:443", true), ("[2001:db8::1]", "[2001:db8::1]:5000", false),
        ("[2001:db8::1]", "192.0.2.0/24", false),
    ]) func addressesAreExempt(host: String, list: String, isExempt: Bool) throws {
        let proxy = try name("https://\(host)/v2/", ["HTTPS_PROXY": "http://proxy.test", "NO_PROXY": list])
        #expect((proxy == nil) == isExempt, "\(host) by \(list)")
    }

    /// A range contains an address when their first bits are the same, counted one by one.
    @Test func rangesAreBits() throws {
        for _ in 0..<500 {
            let (one, two) = (UInt32.random(in: 0...UInt32.max), UInt32.random(in: 0...UInt32.max))
            let count = Int.random(in: 0...32)
            let near = one ^ (two >> UInt32(min(31, count)))
            let range = try #require(IPRange("\(text(one))/\(count)"))
            for other in [two, near, one] {
                let same = count == 0 || one >> UInt32(32 - count) == other >> UInt32(32 - count)
                #expect(range.contains(try #require(IPAddress(text(other)))) == same, "\(text(one))/\(count), \(text(other))")
            }
        }
    }

    private func text(_ address: UInt32) -> String {
        (0..<4).map { "\(address >> UInt32(24 - $0 * 8) & 255)" }.joined(separator: ".")
    }

    @Test func variablesHaveTheirSchemes() throws {
        let all = ["HTTPS_PROXY": "http://a.test:1", "http_proxy": "b.test", "ALL_PROXY": "socks5://c.test"]
        #expect(try name("https://x.test/", all) == "http://a.test:1")
        #expect(try name("http://x.test/", all) == "http://b.test")
        #expect(try name("http://x.test/", ["ALL_PROXY": "socks5://c.test"]) == "socks5h://c.test")
        #expect(try name("https://x.test/", ["HTTPS_PROXY": "", "ALL_PROXY": ""]) == nil)
        for host in ["127.0.0.1:5000", "localhost", "[::1]:5000", "x.localhost"] {
            #expect(try name("https://\(host)/", all) == nil, "\(host) is this machine")
        }
    }

    @Test(arguments: [
        ("proxy.test", "http://proxy.test:80"), ("https://proxy.test", "https://proxy.test:443"),
        ("http://me:p%40ss@proxy.test/", "http://me:p%40ss@proxy.test:80"), ("http://proxy.test:3128", "http://proxy.test:3128"),
        ("http://[2001:db8::1]", "http://[2001:db8::1]:80"), ("socks4://proxy.test", "socks4a://proxy.test"),
        ("socks5h://me:p@ss@proxy.test:1", "socks5h://me:p%40ss@proxy.test:1"),
        ("http://me:p ss%ret@proxy.test", "http://me:p%20ss%ret@proxy.test:80"),
    ]) func anAddressIsCompleted(text: String, address: String) throws {
        let proxy = try Proxy(text)
        #expect(proxy.address == address)
        #expect(!proxy.name.contains("@"), "a name is for messages")
    }

    @Test(arguments: [
        ("foo://me:s3cret@proxy.test", Proxy.Fault.scheme), ("http://me:s3c/ret@proxy.test", .host),
        ("http://me:s3c#ret@proxy.test", .host), ("http://me:s3cret@proxy.test:99999", .host), ("http://me:s3cret@", .host),
        ("http://me:s3cret@proxy.test:", .host), ("http://me:s3cret@[::1", .host), ("http://me:s3cret@pro xy:3", .host),
        ("http:/me:s3cret@proxy.test", .host), ("http:me:s3cret@proxy.test", .scheme), ("http://me:s3c%00ret@proxy.test", .user),
    ]) func whatIsNoProxyIsRefused(text: String, fault: Proxy.Fault) {
        #expect(throws: fault) { try Proxy(text) }
    }
}
