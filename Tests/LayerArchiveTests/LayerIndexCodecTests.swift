import LayerArchive
import TestSupport
import Testing

struct LayerIndexCodecTests {
    /// An index that depends on `seed` alone, values of all sizes in every column.
    static func index(seed: UInt64, count: Int) -> LayerIndex {
        var words = Words(state: seed)
        return LayerIndex(
            (0..<count).map { _ in
                let kind = EntryKind.allCases[Int(words.next() % 10)]
                let depth = Int(words.next() % 4)
                let path = (0..<depth).map { _ in "p\(words.next() % 7)/" }.joined() + "\(words.next() % 1000)"
                let isOdd = words.next() % 5 == 0
                return LayerEntry(
                    path: isOdd ? TarMember.noise(size: Int(words.next() % 400), seed: words.next()) : Array(path.utf8),
                    kind: kind, mode: UInt16(words.next() & 0o7777), uid: Int64(bitPattern: words.any()),
                    gid: Int64(bitPattern: words.any()), size: Int64(words.any() >> 12),
                    mtimeSeconds: Int64(bitPattern: words.any()), mtimeNanoseconds: UInt32(words.next() % 1_000_000_000),
                    linkTarget: words.next() % 3 == 0 ? Array(path.utf8) : [],
                    content: ContentHash(low: words.any(), high: words.any()), xattrs: words.any(), device: words.any())
            })
    }

    @Test(arguments: [0, 1, 2, 50, 3000])
    func anIndexComesBackAsItWas(count: Int) throws {
        for seed in 0..<6 as Range<UInt64> {
            let index = Self.index(seed: seed, count: count)
            #expect(try LayerIndexCodec.decode(LayerIndexCodec.encode(index)) == index)
        }
    }

    @Test func aScannedIndexComesBackAsItWas() throws {
        let tar = Tar([.directory("d"), .file("d/a", size: 9, seed: 1), .hardLink("b", to: "d/a"), .whiteout("x"), .fifo("p")])
        let index = try scan(tar.bytes).index
        #expect(try LayerIndexCodec.decode(LayerIndexCodec.encode(index)) == index)
    }

    @Test func everyTruncationIsRefused() {
        let bytes = LayerIndexCodec.encode(Self.index(seed: 1, count: 40))
        for length in 0..<bytes.count {
            #expect(throws: RecordDecodeError.self, "\(length) bytes") { try LayerIndexCodec.decode(Array(bytes[..<length])) }
        }
    }

    @Test func everyFlippedBitIsRefused() {
        let bytes = LayerIndexCodec.encode(Self.index(seed: 2, count: 20))
        for bit in 0..<bytes.count * 8 {
            var damaged = bytes
            damaged[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: RecordDecodeError.self, "bit \(bit)") { try LayerIndexCodec.decode(damaged) }
        }
    }

    @Test func aLaterVersionIsToldApart() {
        var bytes = LayerIndexCodec.encode(LayerIndex())
        bytes[0] = LayerIndexCodec.version + 1
        #expect(throws: RecordDecodeError.unknownVersion(LayerIndexCodec.version + 1)) { try LayerIndexCodec.decode(bytes) }
    }

    /// Damage under a right checksum: what a faulty writer would leave.
    ///
    /// No result is right, but none may crash.
    @Test func damagedColumnsDoNotCrash() {
        let columns = LayerIndexCodec.columns(of: Self.index(seed: 3, count: 30))
        var words = Words(state: 9)
        for _ in 0..<20_000 {
            var damaged = columns
            for _ in 0...Int(words.next() % 3) {
                damaged[Int(words.next() % UInt64(damaged.count))] = UInt8(truncatingIfNeeded: words.next())
            }
            if words.next() % 4 == 0 { damaged.removeLast(Int(words.next() % UInt64(damaged.count))) }
            if let index = try? LayerIndexCodec.decode(LayerIndexCodec.seal(damaged)) {
                for entry in 0..<index.count { _ = index[entry] }
                _ = index.contentBytes
            }
        }
    }
}

/// splitmix64, for values that are the same in every run.
struct Words {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    /// A value of any length in bits, 0 often.
    mutating func any() -> UInt64 {
        let bits = next() % 65
        return bits == 0 ? 0 : next() >> (64 - bits)
    }
}
