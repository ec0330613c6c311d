import Foundation
import LayerArchive
import TestSupport
import Testing

/// Whatever is done to a tar, a scan ends with a result or an error.
struct DamageTests {
    private static let tar = Tar([
        .directory("etc"), .file("etc/x", size: 900, seed: 1),
        .sparse("s", size: 300_000, chunks: [(4096, [1, 2]), (90_000, [3])]),
        .file(String(repeating: "long/", count: 40), text: "1").xattr("user.a", [1]), .hardLink("h", to: "etc/x"),
        .file(String(repeating: "gnu/", count: 40) + "x", text: "2").with { $0.dialect = .gnu }, .symlink("l", to: "etc"),
        .characterDevice("c", major: 1, minor: 2), .whiteout("w"), .opaque("etc"),
    ])

    @Test(arguments: 0..<8 as Range<UInt64>)
    func changedBytesDoNoHarm(seed: UInt64) {
        let bytes = Self.tar.bytes
        var words = Words(state: seed)
        for _ in 0..<400 {
            var damaged = bytes
            for _ in 0...words.next() % 4 {
                damaged[Int(words.next() % UInt64(damaged.count))] = UInt8(truncatingIfNeeded: words.next())
            }
            repair(&damaged)
            _ = failure(damaged)
        }
    }

    /// Makes the checksums right again, so that the damage gets past them.
    private func repair(_ bytes: inout [UInt8]) {
        for start in stride(from: 0, to: bytes.count, by: 512) where bytes[start + 257..<start + 262].elementsEqual("ustar".utf8)
        {
            for index in 148..<156 { bytes[start + index] = 0x20 }
            let sum = String(bytes[start..<start + 512].reduce(0) { $0 + Int($1) }, radix: 8)
            let digits = Array((String(repeating: "0", count: 6 - sum.count) + sum).utf8) + [0]
            bytes.replaceSubrange(start + 148..<start + 155, with: digits)
        }
    }
}
