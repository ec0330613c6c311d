// https://github.com/containerd/stargz-snapshotter/blob/v0.16.3/docs/estargz.md#footer
// https://github.com/facebook/zstd/blob/v1.5.4/doc/zstd_compression_format.md#skippable-frames

package import OCISpec

extension TableOfContents {
    /// The last bytes of a blob whose table is at `offset`: an empty gzip member that says so.
    static func footer(of offset: Int64) -> [UInt8] {
        let digits = String(offset, radix: 16)
        let text = String(repeating: "0", count: 16 - digits.utf8.count) + digits + "STARGZ"
        let head: [UInt8] = [0x1F, 0x8B, 8, 4, 0, 0, 0, 0, 0, 0xFF, 26, 0, 0x53, 0x47, 22, 0]
        return head + Array(text.utf8) + [1, 0, 0, 0xFF, 0xFF] + Array(repeating: 0, count: 8)
    }

    /// Bytes of a skipped frame before what it holds.
    static let skippedHeaderBytes: Int64 = 8

    /// A frame that those who unpack a zstd stream pass over.
    static func skippedFrame(_ bytes: [UInt8]) -> [UInt8] {
        littleEndian(UInt32(0x184D_2A50)) + littleEndian(UInt32(bytes.count)) + bytes
    }

    /// Where the table of a zstd:chunked layer is.
    struct ChunkedPlace {
        /// Of its stored bytes, in the blob.
        var offset: Int64
        /// How many of them there are.
        var bytes: Int
        /// How many they unpack to.
        var documentBytes: Int

        /// The one type of table that there is.
        private static let type = 1

        /// What the last frame holds, for those who have no annotations: the place, none of a tar-split, and the magic.
        var footer: [UInt8] {
            [UInt64(offset), UInt64(bytes), UInt64(documentBytes), UInt64(Self.type), 0, 0, 0].flatMap(littleEndian)
                + Array("GnUlInUx".utf8)
        }

        /// What the descriptor says; `checksum` is of the stored bytes.
        func annotations(checksum: Digest) -> [ExactText: String] {
            [
                ExactText(chunkedPrefixes[0] + "manifest-checksum"): checksum.description,
                ExactText(chunkedPrefixes[0] + "manifest-position"): "\(offset):\(bytes):\(documentBytes):\(Self.type)",
            ]
        }
    }

    /// Whether the descriptor's annotations speak of a table of this form.
    package static func isClaimed(_ form: Form, by layer: Descriptor) -> Bool {
        let names = (layer.annotations ?? [:]).keys
        switch form {
        case .estargz: return names.contains(estargzDigest)
        case .zstdChunked: return names.contains { name in chunkedPrefixes.contains { name.text.hasPrefix($0) } }
        }
    }

    private static func littleEndian<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian, Array.init)
    }
}
