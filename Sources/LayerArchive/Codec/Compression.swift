/// How a layer's tar, or an archive, is compressed; told from its first bytes, never from a media type or a file name.
package enum Compression: String, Hashable, Sendable, CaseIterable {
    case none
    case gzip
    case zstd
    case xz
    case bzip2
    case lz4
    case compress

    /// How many bytes `detect` should be given, where there are that many: enough for a tar's own magic.
    package static let prefixLength = 512

    /// The compression of a stream that starts with `prefix`; `none` where no magic fits, the empty stream included.
    ///
    /// Skippable frames may stand before zstd and lz4 data alike, so the frame after them decides; where the prefix
    /// ends before it, zstd is taken.
    package static func detect(prefix: UnsafeRawBufferPointer) -> Compression {
        if hasTarMagic(prefix) { return .none }
        if starts(prefix, [0x1F, 0x8B]) { return .gzip }
        if starts(prefix, [0x1F, 0x9D]) { return .compress }
        if starts(prefix, [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]) { return .xz }
        if isBzip2(prefix) { return .bzip2 }
        return detectFrames(prefix)
    }

    /// As the other `detect`, for bytes in an array.
    package static func detect(prefix: [UInt8]) -> Compression {
        prefix.withUnsafeBytes { detect(prefix: $0) }
    }

    private static func detectFrames(_ prefix: UnsafeRawBufferPointer) -> Compression {
        var at = 0
        while let magic = word(prefix, at) {
            switch magic {
            case 0xFD2F_B528: return .zstd
            case 0x184D_2204, 0x184C_2102: return .lz4
            case 0x184D_2A50...0x184D_2A5F:
                guard let length = word(prefix, at + 4) else { return .zstd }
                at += 8 + Int(length)
            default: return .none
            }
        }
        return at == 0 ? .none : .zstd
    }

    private static func hasTarMagic(_ prefix: UnsafeRawBufferPointer) -> Bool {
        prefix.count >= 512 && prefix[257..<262].elementsEqual("ustar".utf8)
    }

    /// `BZh1`–`BZh9` and then the magic of a block or of the stream's end: three letters alone may start a tar's first name.
    private static func isBzip2(_ prefix: UnsafeRawBufferPointer) -> Bool {
        guard prefix.count >= 10, starts(prefix, Array("BZh".utf8)), (0x31...0x39).contains(prefix[3]) else { return false }
        let magic = Array(prefix[4..<10])
        return magic == [0x31, 0x41, 0x59, 0x26, 0x53, 0x59] || magic == [0x17, 0x72, 0x45, 0x38, 0x50, 0x90]
    }

    private static func starts(_ prefix: UnsafeRawBufferPointer, _ magic: [UInt8]) -> Bool {
        prefix.prefix(magic.count).elementsEqual(magic)
    }

    private static func word(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> UInt32? {
        guard at + 4 <= bytes.count else { return nil }
        return UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self))
    }
}
