/// What one entry of a layer's tar stands for.
///
/// Markers are told from files when a layer is indexed, so that no later stage looks at `.wh.` names again.
package enum EntryKind: UInt8, Sendable, CaseIterable {
    case file = 0
    case directory = 1
    case symlink = 2
    case hardLink = 3
    case characterDevice = 4
    case blockDevice = 5
    case fifo = 6
    case socket = 7
    /// `.wh.NAME`: the entry's path is the one it hides.
    case whiteout = 8
    /// `.wh..wh..opq`: the entry's path is the directory it makes opaque.
    case opaque = 9

    /// The word for the kind in reports, queries and lines.
    package var word: StaticString {
        switch self {
        case .file: "file"
        case .directory: "directory"
        case .symlink: "symlink"
        case .hardLink: "hardLink"
        case .characterDevice: "characterDevice"
        case .blockDevice: "blockDevice"
        case .fifo: "fifo"
        case .socket: "socket"
        case .whiteout: "whiteout"
        case .opaque: "opaque"
        }
    }
}

/// XXH3-128 of a regular file's logical content; zero for everything else.
package struct ContentHash: Hashable, Sendable {
    /// The low 64 bits.
    package var low: UInt64
    /// The high 64 bits.
    package var high: UInt64

    /// A hash from its halves; by default that of no content.
    package init(low: UInt64 = 0, high: UInt64 = 0) {
        self.low = low
        self.high = high
    }
}

/// One entry of a layer's tar, as the layer index keeps it.
package struct LayerEntry: FileMetadataHolder, Hashable, Sendable {
    /// Raw bytes of the normalised path: no leading slash, no `.`, no empty part; empty for the root directory.
    ///
    /// For `whiteout` the path hidden, for `opaque` the directory made opaque.
    package var path: [UInt8]
    /// What the entry is.
    package var kind: EntryKind
    /// Mode, owner, time and device, as the tar has them; of a marker those of the marker's own entry.
    package var metadata: FileMetadata
    /// A regular file's logical size in bytes; 0 for everything else, hard links and markers included.
    package var size: Int64
    /// A symlink's target as written; a hard link's target as a normalised path; else empty.
    package var linkTarget: [UInt8]
    /// A regular file's content hash.
    package var content: ContentHash
    /// XXH3-64 of the sorted extended attributes; 0 when there are none.
    package var xattrs: UInt64

    /// An entry from its parts; what a test does not care for has a plain value.
    package init(
        path: [UInt8], kind: EntryKind, mode: UInt16 = 0o644, uid: Int64 = 0, gid: Int64 = 0, size: Int64 = 0,
        mtimeSeconds: Int64 = 0, mtimeNanoseconds: UInt32 = 0, linkTarget: [UInt8] = [], content: ContentHash = ContentHash(),
        xattrs: UInt64 = 0, device: UInt64 = 0
    ) {
        self.path = path
        self.kind = kind
        metadata = FileMetadata(
            mode: mode, uid: uid, gid: gid, mtimeSeconds: mtimeSeconds, mtimeNanoseconds: mtimeNanoseconds, device: device)
        self.size = size
        self.linkTarget = linkTarget
        self.content = content
        self.xattrs = xattrs
    }
}

extension ContentHash {
    /// A hash by its 32 digits, the high half first; nil for any other text.
    ///
    /// Digits are small, as in digests.
    package init?(digits: UnsafeBufferPointer<UInt8>) {
        guard digits.count == 32, let high = Self.number(digits[..<16]), let low = Self.number(digits[16...]) else { return nil }
        self.init(low: low, high: high)
    }

    /// The hash of a file of which no digest is known: it is like no other that has another number.
    package static func unlikeOthers(_ number: UInt64) -> ContentHash { ContentHash(low: number, high: .max) }

    /// Whether no digest of the file is known.
    package var isUnknown: Bool { high == .max }

    private static func number(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> UInt64? {
        var value: UInt64 = 0
        for digit in digits {
            switch digit {
            case 0x30...0x39: value = value << 4 | UInt64(digit - 0x30)
            case 0x61...0x66: value = value << 4 | UInt64(digit - 0x61 + 10)
            default: return nil
            }
        }
        return value
    }
}
