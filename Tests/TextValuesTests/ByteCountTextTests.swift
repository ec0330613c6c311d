import Testing
import TextValues

struct ByteCountTextTests {
    @Test(arguments: [
        ("500MB", Int64(500_000_000)), ("1.5GiB", 1_610_612_736), ("4096", 4096), ("1B", 1), ("10kB", 10_000), ("10KB", 10_000),
        ("10KiB", 10_240), ("20 GB", 20_000_000_000), ("0", 0), ("1mib", 1_048_576), ("2TB", 2_000_000_000_000),
        ("0.1kB", 100), ("0.0001kB", 0), ("8.5 TiB", 9_345_848_836_096), ("1PiB", 1_125_899_906_842_624),
    ])
    func byteCountsAreRead(text: String, expected: Int64) {
        #expect(ByteCountText.bytes(text) == expected)
    }

    @Test(arguments: [
        "", "MB", "-1", "10k", "10M", "1e3", "5%", "10  kB", "10 kB ", "9999999PB", "99999999999999999999", "1.2.3kB",
    ])
    func whatIsNoByteCountIsNone(text: String) {
        #expect(ByteCountText.bytes(text) == nil)
    }

    @Test(arguments: [
        ("1.5g", Int64(1_610_612_736)), ("512MiB", 536_870_912), ("1t", 1_099_511_627_776), ("512 m", 536_870_912),
        ("32", 32), ("32b", 32), ("32B", 32), ("32k", 32_768), ("32K", 32_768), ("32kb", 32_768), ("32Kib", 32_768),
        ("32p", 36_028_797_018_963_968), ("32.5kB", 33_280), ("32.5 kB", 33_280), ("32.", 32), (".5k", 512), ("0", 0),
        ("0.3K", 307),
        ("1 b", 1), ("32 ", 32),
    ])
    func dockersByteCountsAreAllBinary(text: String, expected: Int64) {
        #expect(ByteCountText.bytes(text, .docker) == expected)
    }

    @Test(arguments: [
        "", "hello", ".", "-32", "-3kb", " 32 ", "32m b", "32bm", "32bb", "32ki", "32mbb", "32  k", "1.2.3g", "1e", "99999p",
        "٣k",
        "3\u{301}k", "1.3.k", "k", "inf", "5%",
    ])
    func whatDockerRefusesIsRefused(text: String) {
        #expect(ByteCountText.bytes(text, .docker) == nil)
    }

    @Test(arguments: [
        ("1,000MB", Int64(1_000_000_000)), ("20Mb", 20_000_000), ("2G", 2_000_000_000), ("2Gi", 2_147_483_648),
        ("2  GiB ", 2_147_483_648), ("16e", Int64.max), ("1.5k", 1500),
    ])
    func divesByteCountsAreHumanized(text: String, expected: Int64) {
        #expect(ByteCountText.bytes(text, .dive) == expected)
    }

    @Test(arguments: ["", "20 apples", "-1MB", "1.2.3kB", " 1kB", "19e", "MB"])
    func whatDiveRefusesIsRefused(text: String) {
        #expect(ByteCountText.bytes(text, .dive) == nil)
    }

    @Test(arguments: [0, 1, 1_048_576, 1_048_577, 2_147_483_648, 1_125_899_906_842_624] as [Int64])
    func whatIsRoundedUpIsReadAsNoLess(bytes: Int64) throws {
        let read = try #require(ByteCountText.bytes(ByteCountText.roundedUp(bytes)))
        #expect(read >= bytes && read - bytes < 1 << 20)
    }
}
