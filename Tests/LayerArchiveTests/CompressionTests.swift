import Foundation
import LayerArchive
import TestSupport
import Testing

struct CompressionTests {
    private static let members: [TarMember] = [
        .directory("d"), .file("d/noise", size: 700_000, seed: 3), .file("text", Array(repeating: 0x61, count: 2_500_000)),
    ]
    private static let tar = Tar(members).bytes

    @Test(arguments: zip(Compressor.allCases, [Compression.gzip, .zstd, .xz, .bzip2, .lz4]))
    func everyCompressionGivesTheSameLayer(program: Compressor, compression: Compression) throws {
        let stored = try program(Self.tar)
        let result = try scan(stored)
        #expect(result.compression == compression)
        #expect(result.diffID == sha256(Self.tar))
        #expect(result.digest == sha256(stored))
        #expect(result.compressedBytes == Int64(stored.count))
        #expect(try result.index == scan(Self.tar).index)
    }

    @Test(arguments: Compressor.allCases)
    func severalMembersAreOneStream(program: Compressor) throws {
        let cut = 1_000_001
        // libarchive takes an empty lz4 stream for the end.
        let empty = program == .lz4 ? [] : try program([])
        let stored = try program(Array(Self.tar[..<cut])) + empty + program(Array(Self.tar[cut...]))
        #expect(try scan(stored).diffID == sha256(Self.tar))
        #expect(try scan(stored, step: 1000).diffID == sha256(Self.tar))
    }

    /// Header fields that gzip(1) does not write: extra, name, comment and the header's own checksum.
    @Test(arguments: [1, 2, 5, 1000])
    func everyHeaderFieldIsReadOver(step: Int) throws {
        let plain = try Compressor.gzip(Self.tar, "-n")
        let fields: [UInt8] = [0x1F, 0x8B, 8, 0x1C, 0, 0, 0, 0, 0, 3, 4, 0, 0x53, 0x47, 0, 0] + Array("name\0comment\0".utf8)
        let stored = plain + fields + plain.dropFirst(10)
        #expect(try scan(stored, step: step).diffID == sha256(Self.tar + Self.tar))
    }

    /// The low half of the CRC-32 of these ten bytes is 0x77A7.
    @Test func aHeadersOwnChecksumIsChecked() throws {
        let plain = try Compressor.gzip(Tar([]).bytes, "-n")
        let head: [UInt8] = [0x1F, 0x8B, 8, 2, 0, 0, 0, 0, 0, 3]
        #expect(failure(head + [0xA7, 0x77] + plain.dropFirst(10)) == nil)
        #expect(failure(head + [0, 0] + plain.dropFirst(10))?.name == "badCompression")
    }

    /// Every header and trailer of a member arrives in pieces here.
    @Test(arguments: [Compressor.gzip, .zstd], [1, 2, 3, 4, 5, 6, 7, 9])
    func membersMayArriveByteByByte(program: Compressor, step: Int) throws {
        let tar = Tar([.file("x", size: 3000, seed: 1), .file("y", text: "text")]).bytes
        let stored = try stride(from: 0, to: tar.count, by: 1000).flatMap {
            try program(Array(tar[$0..<min(tar.count, $0 + 1000)]))
        }
        #expect(try scan(stored, step: step).diffID == sha256(tar))
    }

    @Test(arguments: Compressor.allCases)
    func cutAnywhereItIsAnError(program: Compressor) throws {
        let stored = try program(Self.tar)
        for part in 1..<12 {
            #expect(failure(Array(stored[..<(stored.count * part / 12)])) != nil, "cut at \(part)/12")
        }
        for missing in 1...9 { #expect(failure(Array(stored.dropLast(missing))) != nil, "\(missing) bytes missing") }
    }

    @Test func aCutGzipStreamIsCalledTruncated() throws {
        let stored = try Compressor.gzip(Self.tar)
        #expect(failure(Array(stored.dropLast(1)))?.name == "compressedTruncated")
        #expect(failure(Array(stored[..<(stored.count / 2)]))?.name == "compressedTruncated")
        #expect(failure(Array(stored[..<5]))?.name == "compressedTruncated")
    }

    @Test func aCutZstdStreamIsCalledTruncated() throws {
        let stored = try Compressor.zstd(Self.tar)
        #expect(failure(Array(stored.dropLast(1)))?.name == "compressedTruncated")
        #expect(failure(Array(stored[..<(stored.count / 2)]))?.name == "compressedTruncated")
    }

    /// Bytes 4–9 of a gzip header are a time, flags of the compressor and a system, and the last byte before the
    /// checksum ends in bits that nothing uses: they say nothing about the data.
    @Test func aFlippedByteOfGzipIsAnError() throws {
        let stored = try Compressor.gzip(
            Tar([.file("x", size: 20_000, seed: 1), .file("y", Array(repeating: 7, count: 9000))]).bytes, "-n")
        for at in 0..<stored.count
        where !(4...9).contains(at) && at != stored.count - 9 && (at < 40 || at % 97 == 0 || at > stored.count - 20) {
            var damaged = stored
            damaged[at] ^= 0x10
            #expect(failure(damaged) != nil, "byte \(at) of \(stored.count)")
        }
    }

    @Test func aWrongChecksumIsSaid() throws {
        var stored = try Compressor.gzip(Self.tar)
        stored[stored.count - 6] ^= 1
        guard case .badCompression(.gzip, _, let detail) = failure(stored) else {
            Issue.record("not refused")
            return
        }
        #expect(detail == "incorrect checksum")
    }

    @Test func zerosBehindGzipArePadding() throws {
        let stored = try Compressor.gzip(Self.tar) + [UInt8](repeating: 0, count: 700_000)
        let result = try scan(stored)
        #expect(result.diffID == sha256(Self.tar))
        #expect(result.digest == sha256(stored))
    }

    @Test(arguments: [[0x41], [0, 0, 0x1F, 0x8B, 8], [0x1F, 0x41, 0x42, 0x43], Array("garbage behind the end".utf8)])
    func anythingElseBehindGzipIsRefused(garbage: [UInt8]) throws {
        #expect(failure(try Compressor.gzip(Self.tar) + garbage) != nil)
    }

    @Test(arguments: Compressor.allCases)
    func garbageBehindTheLastStreamIsRefused(program: Compressor) throws {
        #expect(failure(try program(Self.tar) + Array("garbage".utf8)) != nil)
    }

    @Test(arguments: [0, 1, 90], [1, 3]) func skippableFramesMayStandBeforeLZ4(_ length: Int, _ count: Int) throws {
        let frame: [UInt8] = [0x53, 0x2A, 0x4D, 0x18, UInt8(length), 0, 0, 0] + [UInt8](repeating: 7, count: length)
        let stored = (0..<count).flatMap { _ in frame } + (try Compressor.lz4(Self.tar))
        #expect(try scan(stored).diffID == sha256(Self.tar))
        #expect(try scan(stored, step: 5).diffID == sha256(Self.tar))
        #expect(failure(stored + [1])?.name == "trailingGarbage")
    }

    @Test func lz4BehindAnEmptyStreamIsNotLeftOut() throws {
        #expect(failure(try Compressor.lz4([]) + Compressor.lz4(Self.tar))?.name == "trailingGarbage")
    }

    @Test func skippableFramesOfZstdAreReadOver() throws {
        let skippable: [UInt8] = [0x52, 0x2A, 0x4D, 0x18, 5, 0, 0, 0, 1, 2, 3, 4, 5]
        let stored = try skippable + Compressor.zstd(Self.tar) + skippable
        let result = try scan(stored)
        #expect(result.compression == .zstd)
        #expect(result.diffID == sha256(Self.tar))
    }

    @Test func detectionLooksBehindSkippableFrames() {
        let skippable: [UInt8] = [0x52, 0x2A, 0x4D, 0x18, 1, 0, 0, 0, 9]
        #expect(Compression.detect(prefix: skippable + [0x04, 0x22, 0x4D, 0x18]) == .lz4)
        #expect(Compression.detect(prefix: skippable + [0x28, 0xB5, 0x2F, 0xFD]) == .zstd)
    }

    @Test func aTarWhoseFirstNameIsAMagicIsATar() throws {
        for magic in ["BZh91AY&SY", "BZh"] {
            #expect(try scan(Tar([.file(magic, text: "1")]).bytes).index.count == 1)
        }
        let raw = TarMember(name: [0x1F, 0x8B, 0x08], body: [1])
        #expect(try scan(Tar([raw]).bytes).index[0].path == [0x1F, 0x8B, 0x08])
    }

    @Test func decompressingWritesTheTar() throws {
        let stored = try Compressor.zstd(Self.tar)
        let file = try TemporaryFile()
        let result = try file.opened { try decompress(source: MemorySource(stored), into: $0) }
        #expect([UInt8](try Data(contentsOf: file.url)) == Self.tar)
        #expect(result.bytes == Int64(Self.tar.count))
        #expect(result.digest == sha256(stored))
        #expect(result.compression == .zstd)
    }
}
