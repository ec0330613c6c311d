import LayerArchive
import TestSupport
import Testing

struct LimitTests {
    private func exceeded(_ bytes: [UInt8], _ change: (inout ScanLimits) -> Void) -> (ScanLimitKind, Int64)? {
        var limits = ScanLimits()
        change(&limits)
        guard case .limitExceeded(let kind, let limit, _) = failure(bytes, limits: limits) else { return nil }
        return (kind, limit)
    }

    private let tar = Tar([.file("a", size: 5000, seed: 1), .file("b", size: 5000, seed: 2)]).bytes

    @Test func theSizeOfTheStreamIsLimited() throws {
        let found = exceeded(try Compressor.gzip(tar)) { $0.maxTarBytes = 10_000 }
        #expect(found ?? (.ratio, 0) == (.tarBytes, 10_000))
        #expect(exceeded(tar) { $0.maxTarBytes = 10_000 } ?? (.ratio, 0) == (.tarBytes, 10_000))
        #expect(exceeded(tar) { $0.maxTarBytes = Int64(tar.count) } == nil)
    }

    @Test func theNumberOfEntriesIsLimited() {
        #expect(exceeded(tar) { $0.maxEntries = 1 } ?? (.ratio, 0) == (.entries, 1))
        #expect(exceeded(tar) { $0.maxEntries = 2 } == nil)
    }

    @Test func aPathIsLimitedAndNamed() {
        let long = Tar([.file("ok", text: "1"), .file(String(repeating: "p", count: 70_000), text: "1")]).bytes
        let error = failure(long)
        #expect(error?.name == "limitExceeded")
        #expect(error?.entryName?.hasPrefix("pppp") == true)
        #expect(exceeded(long) { $0.maxPathBytes = 80_000 } == nil)
        #expect(exceeded(Tar([.symlink("s", to: String(repeating: "p", count: 70_000))]).bytes) { _ in }?.0 == .pathBytes)
    }

    @Test func allNamesTogetherAreLimited() {
        #expect(exceeded(tar) { $0.maxNameBytes = 1 }?.0 == .nameBytes)
    }

    @Test func logicalSizesTogetherAreLimited() {
        let sparse = Tar([.sparse("s", size: 1 << 50, chunks: [(0, [1])])]).bytes
        #expect(exceeded(sparse) { _ in } == nil)
        #expect(exceeded(Tar([.sparse("s", size: 1 << 54, chunks: [(0, [1])])]).bytes) { _ in }?.0 == .contentBytes)
        let most = TarMember.sparse("s", size: .max, chunks: [(0, [1])])
        #expect(exceeded(Tar([most, most]).bytes) { _ in }?.0 == .contentBytes)
    }

    @Test func theRatioCountsBeyondAFloor() throws {
        let zeros = try Compressor.gzip(Tar([.file("zeros", [UInt8](repeating: 0, count: 8 << 20))]).bytes)
        #expect(exceeded(zeros) { $0.maxRatio = 500 } == nil)
        let found = exceeded(zeros) {
            $0.maxRatio = 500
            $0.ratioFloorBytes = 1 << 20
        }
        #expect(found ?? (.entries, 0) == (.ratio, 500))
    }

    @Test func gzipNeverReachesTheDefaultRatio() throws {
        let zeros = try Compressor.gzip(Tar([.file("zeros", [UInt8](repeating: 0, count: 64 << 20))]).bytes, "-9")
        #expect(exceeded(zeros) { $0.ratioFloorBytes = 0 } == nil)
    }

    /// libarchive keeps a sparse map in memory: a small compressed layer could ask for any amount of it.
    @Test func aSparseMapWithoutEndIsRefused() {
        let map = Array((String(repeating: "0\n", count: 8_000_000)).utf8)
        let bomb = TarMember(name: Array("x".utf8), body: Array("9000000\n".utf8) + map).with {
            $0.records = [("GNU.sparse.major", [0x31]), ("GNU.sparse.minor", [0x30]), ("GNU.sparse.realsize", [0x31])]
        }
        #expect(exceeded(Tar([bomb]).bytes) { $0.maxHeaderBytes = 4 << 20 }?.0 == .headerBytes)
    }
}
