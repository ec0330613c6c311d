import Testing
import TextValues

@Suite struct PublishedPortTests {
    @Test(arguments: [
        ("80", [PublishedPort(80)]), ("8080:80", [PublishedPort(80, hostPort: 8080)]),
        ("53:53/udp", [PublishedPort(53, .udp, hostPort: 53)]), ("0.0.0.0:8080:80/TCP", [PublishedPort(80, hostPort: 8080)]),
        ("127.0.0.1::80", [PublishedPort(80, hostAddress: IPv4Address("127.0.0.1"))]),
        (
            "127.0.0.1:8000-8001:90-91",
            [
                PublishedPort(90, hostAddress: IPv4Address("127.0.0.1"), hostPort: 8000),
                PublishedPort(91, hostAddress: IPv4Address("127.0.0.1"), hostPort: 8001),
            ]
        ),
    ]) func docker(_ text: String, _ ports: [PublishedPort]) {
        #expect(PublishedPort.all(in: text) == ports)
    }

    @Test(arguments: [
        "", ":", "0", "65536", "a", "80/sctp", "80/tcp/udp", "1:2:3:4", "[::1]:80:80", "localhost:80:80", "8000-8002:90-91",
        "91-90", "-1",
        "+80", "8 0", "1.2.3:1:1",
    ]) func others(_ text: String) {
        #expect(PublishedPort.all(in: text) == nil)
    }
}

@Suite struct IPv4RangeTests {
    @Test func aRangeIsWhatBeginsAlike() throws {
        let range = try #require(IPv4Range("10.89.4.0/22"))
        #expect("\(range)" == "10.89.4.0/22" && "\(range.last)" == "10.89.7.255")
        #expect(range.overlaps(try #require(IPv4Range("10.89.7.128/25"))))
        #expect(range.overlaps(try #require(IPv4Range("0.0.0.0/0"))))
        #expect(!range.overlaps(try #require(IPv4Range("10.89.8.0/22"))))
        #expect(range.hasHost(try #require(IPv4Address("10.89.5.0"))) && !range.hasHost(range.base) && !range.hasHost(range.last))
    }

    @Test(arguments: [
        "10.89.4.1/22", "10.89.4.0", "10.89.4.0/33", "10.89.4.0/", "010.89.4.0/24", "256.0.0.0/8", "1.2.3/8", "::/8", "",
    ])
    func others(_ text: String) { #expect(IPv4Range(text) == nil) }
}
