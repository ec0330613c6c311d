import OCISpec
import TestSupport
import Testing

/// Which image runs on a machine, as containerd and skopeo have it.
@Suite("the choice of a platform")
struct PlatformPreferenceTests {
    struct Row: CustomTestStringConvertible, Sendable {
        let wanted: String
        let available: [String]
        let chosen: String?

        init(_ wanted: String, _ available: String..., chosen: String?) {
            self.wanted = wanted
            self.available = available
            self.chosen = chosen
        }

        var testDescription: String { "\(wanted) of \(available)" }
    }

    private static let rows = [
        Row("linux/amd64", "linux/arm64", "linux/amd64", chosen: "linux/amd64"),
        Row("linux/amd64", "windows/amd64", chosen: nil),
        Row("linux/amd64", "linux/amd64/v3", chosen: nil),
        Row("linux/amd64", "linux/amd64/v2", "linux/amd64", chosen: "linux/amd64"),
        Row("linux/amd64/v3", "linux/amd64", "linux/amd64/v2", "linux/amd64/v4", chosen: "linux/amd64/v2"),
        Row("linux/amd64/v1", "linux/amd64", chosen: "linux/amd64"),
        Row("linux/amd64", "linux/386", chosen: "linux/386"),
        Row("linux/amd64", "linux/386", "linux/amd64", chosen: "linux/amd64"),
        Row("linux/386", "linux/amd64", chosen: nil),
        Row("linux/x86_64", "linux/amd64", chosen: "linux/amd64"),
        Row("linux/arm", "linux/arm/v5", "linux/arm/v7", chosen: "linux/arm/v7"),
        Row("linux/arm", "linux/arm/v5", "linux/arm/v6", chosen: "linux/arm/v6"),
        Row("linux/arm", "linux/arm/v8", chosen: nil),
        Row("linux/arm/v7", "linux/arm/v6", chosen: "linux/arm/v6"),
        Row("linux/arm/v7", "linux/arm", chosen: "linux/arm"),
        Row("linux/arm/v6", "linux/arm/v7", chosen: nil),
        Row("linux/arm/v6", "linux/arm", chosen: nil),
        Row("linux/arm/v6", "linux/arm/v5", chosen: "linux/arm/v5"),
        Row("linux/arm/v5", "linux/arm/v6", chosen: nil),
        Row("linux/arm/v8", "linux/arm/v7", chosen: "linux/arm/v7"),
        Row("linux/armhf", "linux/arm/v7", chosen: "linux/arm/v7"),
        Row("linux/armel", "linux/arm/v6", chosen: "linux/arm/v6"),
        Row("linux/arm64", "linux/arm64/v8", chosen: "linux/arm64/v8"),
        Row("linux/arm64/v8", "linux/arm64", chosen: "linux/arm64"),
        Row("linux/aarch64", "linux/arm64", chosen: "linux/arm64"),
        Row("linux/arm64", "linux/arm64/v9", chosen: nil),
        Row("linux/arm64/v8.2", "linux/arm64", "linux/arm64/v8.1", "linux/arm64/v8.3", chosen: "linux/arm64/v8.1"),
        Row("linux/arm64/v9", "linux/arm64/v8.6", "linux/arm64/v8.5", chosen: "linux/arm64/v8.5"),
        Row("linux/arm64/v9.1", "linux/arm64/v8.6", "linux/arm64/v9", chosen: "linux/arm64/v9"),
        Row("linux/arm64", "linux/arm/v7", "linux/arm/v8", chosen: "linux/arm/v8"),
        Row("linux/arm64", "linux/amd64", chosen: nil),
        Row("linux/riscv64", "linux/riscv64", chosen: "linux/riscv64"),
        Row("linux/riscv64", "linux/riscv64/rva23", chosen: nil),
        Row("windows/amd64", "linux/amd64", "windows/amd64", chosen: "windows/amd64"),
    ]

    private func choose(_ wanted: Platform?, _ available: [Platform]) -> Platform? {
        PlatformPreference.choose(available.map { PlatformCandidate($0, listed: $0, own: $0) }, for: wanted)
    }

    @Test("the best of what runs there", arguments: rows)
    func best(_ row: Row) throws {
        let available = try row.available.map { try #require(Platform(parsing: $0)) }
        let wanted = try #require(Platform(parsing: row.wanted))
        #expect(choose(wanted, available)?.description == row.chosen)
    }

    @Test("of equals the first", arguments: ["linux/arm64", "linux/arm64/v8"])
    func first(_ wanted: String) throws {
        let texts = ["linux/arm64/v8", "linux/arm64"]
        let available = try texts.map { try #require(Platform(parsing: $0)) }
        let wanted = try #require(Platform(parsing: wanted))
        #expect(choose(wanted, available) == available[0])
        #expect(choose(wanted, available.reversed()) == available[1])
    }

    @Test("without a wish this machine's, else the only one")
    func noWish() {
        let foreign = Platform(os: "plan9", architecture: "s390x")
        #expect(choose(nil, [foreign, .host]) == .host)
        #expect(choose(nil, [foreign]) == foreign)
        #expect(choose(nil, [foreign, foreign]) == nil)
        #expect(choose(.host, [foreign]) == nil)
    }

    @Test("a feature that this machine does not have makes an image unfit")
    func features() {
        var demanding = Platform.host
        demanding.osFeatures = ["nydus.remoteimage.v1"]
        #expect(choose(nil, [demanding, .host]) == .host)
        #expect(choose(.host, [demanding]) == nil)
        #expect(choose(demanding, [demanding]) == demanding)
    }

    @Test("a config says what its image demands, too")
    func featuresOfAConfig() throws {
        let text = #"{"os":"linux","architecture":"amd64","os.features":["x"],"rootfs":{"type":"layers"}}"#
        #expect(try Samples.decode(ImageConfig.self, text).platform.osFeatures == ["x"])
    }

    @Test("every Windows has what its images ask for")
    func windows() {
        let wanted = Platform(os: "windows", architecture: "amd64")
        var image = wanted
        image.osFeatures = ["win32k"]
        image.osVersion = "10.0.17763.1"
        #expect(choose(wanted, [image]) == image)
    }

    @Test("a version that was asked for must be the image's")
    func versions() {
        let wanted = Platform(os: "windows", architecture: "amd64", osVersion: "10.0.17763.1")
        let other = Platform(os: "windows", architecture: "amd64", osVersion: "10.0.20348.1")
        #expect(choose(wanted, [other, wanted]) == wanted)
    }

    @Test("an index's word goes before a config's")
    func listed() {
        let candidates = [
            PlatformCandidate("own", listed: nil, own: .host), PlatformCandidate("listed", listed: .host, own: .host),
        ]
        #expect(PlatformPreference.choose(candidates, for: .host) == "listed")
    }

    @Test("an index that says nothing leaves it to the config")
    func silent() {
        let silent = Platform(os: "", architecture: "")
        let candidates = [PlatformCandidate("image", listed: silent, own: .host)]
        #expect(!candidates[0].isListed)
        #expect(PlatformPreference.choose(candidates, for: .host) == "image")
    }

    @Test("what says nothing at all fits any machine of its system, and comes last")
    func unknown() {
        let silent = Platform(os: "", architecture: "")
        #expect(choose(.host, [silent, .host]) == .host)
        #expect(choose(.host, [silent]) == silent)
        #expect(choose(Platform(os: "windows", architecture: "amd64"), [silent]) == nil)
    }

    @Test("the order of an index leads to the image that is chosen", arguments: 0..<200)
    func order(_ seed: Int) {
        var numbers = SplitMix64(seed: UInt64(seed))
        let architectures = ["amd64", "arm64", "arm", "386", "s390x", ""]
        let variants: [String?] = [nil, "v5", "v6", "v7", "v8", "v2"]
        let entries = (0..<Int(numbers.next() % 7)).map { place in
            (
                place: place,
                listed: Platform(
                    os: numbers.next() % 8 == 0 ? "" : "linux", architecture: architectures[Int(numbers.next() % 6)],
                    variant: variants[Int(numbers.next() % 6)])
            )
        }
        let wanted = Platform(os: "linux", architecture: architectures[Int(numbers.next() % 5)])
        let order = PlatformOrder(entries, for: PlatformPreference(wanted)) { $0.listed }
        // Each is in one of the three, and those that fit are those with a rank.
        let all = order.fitting.map(\.place) + order.silent.map(\.place) + order.others.map(\.entry.place)
        #expect(all.sorted() == Array(entries.indices))
        #expect(order.silent.map(\.place) == entries.filter { $0.listed.isSilent }.map(\.place))
        #expect(order.others.allSatisfy { PlatformPreference(wanted).rank($0.platform) == nil })
        let known = entries.filter { !$0.listed.isSilent }
        let chosen = PlatformPreference.choose(
            known.map { PlatformCandidate($0.place, listed: $0.listed, own: $0.listed) }, for: wanted)
        #expect(order.fitting.first?.place == chosen)
    }
}
