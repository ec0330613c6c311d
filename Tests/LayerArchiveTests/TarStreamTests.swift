import Foundation
import LayerArchive
import TestSupport
import Testing

struct TarStreamTests {
    private let members: [TarMember] = [
        .directory("etc"), .file("etc/x", size: 3000, seed: 1), .file(String(repeating: "n", count: 200), text: "long"),
        .symlink("s", to: "etc"), .file("empty", []), .file("even", size: 1024, seed: 2),
    ]

    @Test func anEmptyStreamIsALayerWithoutEntries() throws {
        let result = try scan([])
        #expect(result.index.count == 0)
        #expect(result.diffID == sha256([UInt8]()))
        #expect(result.compression == .none)
    }

    @Test(arguments: Compressor.allCases)
    func anEmptyStreamMayBeCompressed(program: Compressor) throws {
        let stored = try program([])
        let result = try scan(stored)
        #expect(result.index.count == 0)
        #expect(result.diffID == sha256([UInt8]()))
        #expect(result.digest == sha256(stored))
        #expect(result.tarBytes == 0)
    }

    @Test(arguments: [512, 1024, 10240])
    func onlyEndBlocksAreALayerWithoutEntries(count: Int) throws {
        #expect(try scan([UInt8](repeating: 0, count: count)).index.count == 0)
    }

    @Test func aDiffIDCoversWhatFollowsTheEndBlocks() throws {
        let bytes = Tar(members, ending: Tar.endBlocks + TarMember.noise(size: 3_000_001, seed: 4)).bytes
        let stored = try Compressor.gzip(bytes)
        for result in [try scan(bytes), try scan(stored)] {
            #expect(result.diffID == sha256(bytes))
            #expect(result.tarBytes == Int64(bytes.count))
            #expect(result.index.count == members.count)
        }
        #expect(try scan(stored).digest == sha256(stored))
    }

    @Test func anUncompressedLayerIsHashedOnce() throws {
        let bytes = Tar(members).bytes
        let result = try scan(bytes)
        #expect(result.digest == result.diffID)
        #expect(result.diffID == sha256(bytes))
        #expect(result.compressedBytes == result.tarBytes)
    }

    @Test func aTarMayEndAtAnEntrysEnd() throws {
        #expect(try scan(Tar(members, ending: []).bytes).index.count == members.count)
    }

    @Test func cutAnywhereATarIsWholeEntriesOrAnError() throws {
        let tar = Tar(members)
        let bytes = tar.bytes
        let offsets = tar.memberOffsets
        for length in stride(from: 1, to: offsets[members.count], by: 7).map({ $0 }) + offsets {
            let error = failure(Array(bytes[..<length]))
            if let whole = offsets.firstIndex(of: length) {
                #expect(error == nil, "cut behind \(whole) entries")
            } else {
                #expect(error != nil, "cut at \(length)")
            }
        }
    }

    @Test func aSizeWithoutItsDataIsTruncation() {
        let error = failure([.file("a", text: "1"), .file("big", text: "x").with { $0.claimedSize = 16 << 30 }])
        #expect(error?.name == "tarTruncated")
        #expect(error?.entryName == "big")
    }

    @Test func whatIsNoTarIsRefused() {
        #expect(failure(Array(#"{"schemaVersion": 2}"#.utf8)) != nil)
        #expect(failure(TarMember.noise(size: 5000, seed: 1))?.name == "badTar")
        #expect(failure(Array("#mtree\n./x type=file\n".utf8) + [UInt8](repeating: 0x20, count: 2000)) != nil)
    }

    @Test func aDamagedHeaderIsAnErrorThatNamesItsPlace() {
        let tar = Tar(members)
        var bytes = tar.bytes
        bytes[tar.memberOffsets[1] + 10] ^= 0xFF
        guard case .badTar(let place, _) = failure(bytes) else {
            Issue.record("not refused")
            return
        }
        #expect(place.index == 1)
        #expect(place.previousPath == Array("etc".utf8))
    }

    @Test(arguments: [1, 511, 4097])
    func aSlowSourceGivesTheSameScan(step: Int) throws {
        let bytes = Tar(members).bytes
        let stored = try Compressor.gzip(bytes)
        #expect(try scan(bytes, step: step).index == scan(bytes).index)
        #expect(try scan(stored, step: step).diffID == sha256(bytes))
    }

    @Test func theTapGetsEveryStoredByteOnce() throws {
        let stored = try Compressor.gzip(Tar([.file("x", size: 900_000, seed: 1)]).bytes)
        var seen: [UInt8] = []
        var last: Int64 = 0
        _ = try LayerScanner.scan(
            source: MemorySource(stored, step: 100_000), tap: { seen += Array($0) }, progress: { last = $0 })
        #expect(seen == stored)
        #expect(last == Int64(stored.count))
    }

    @Test func anErrorOfTheTapEndsTheScan() {
        struct Full: Error {}
        #expect(throws: LayerArchiveError.self) {
            try LayerScanner.scan(source: MemorySource(Tar([]).bytes), tap: { _ in throw Full() })
        }
    }

    @Test func aFileThatEndsEarlyIsAnError() throws {
        let file = try TemporaryFile(Tar([.file("x", text: "1")]).bytes)
        try file.opened { fd in
            let error = #expect(throws: LayerArchiveError.self) {
                try LayerScanner.scan(source: FileRangeSource(fd: fd, length: 1 << 20, name: "blob"))
            }
            #expect(error?.name == "sourceTooShort")
        }
    }

    @Test func aRangeOfAFileIsALayer() throws {
        let bytes = Tar(members).bytes
        let file = try TemporaryFile([UInt8](repeating: 7, count: 100) + bytes + [9, 9])
        let result = try file.opened { fd in
            try LayerScanner.scan(source: FileRangeSource(fd: fd, offset: 100, length: Int64(bytes.count), name: "blob"))
        }
        #expect(result.diffID == sha256(bytes))
    }
}
