import OCISpec
import Testing

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
}
