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

    /// A hole, or a run of zeros, is honest at any ratio where it costs next to nothing: its floor is four times as high.
    @Test(arguments: [Compressor.zstd, .xz, .bzip2]) func theFloorDependsOnTheCompression(_ compressor: Compressor) throws {
        func bomb(_ size: Int) throws -> [UInt8] {
            try compressor(Tar([.file("zeros", [UInt8](repeating: 0, count: size))]).bytes)
        }
        func change(_ limits: inout ScanLimits) { limits.ratioFloorBytes = 1 << 20 }
        #expect(exceeded(try bomb(3 << 20), change) == nil)
        #expect(exceeded(try bomb(9 << 20), change) ?? (.entries, 0) == (.ratio, 1100))
        #expect(
            exceeded(try bomb(9 << 20)) {
                change(&$0)
                $0.maxRatio = 10_000_000
            } == nil)
    }

    @Test(arguments: [28, 30]) func aWindowIsLimitedAndToldFromDamage(_ power: Int) throws {
        let content = Tar([.file("a", size: 50_000, seed: 1)]).bytes
        let bytes = try Compressor.run("zstd", ["-qc", "--long=\(power)", "--no-content-size"], on: content)
        // Without a size in its header the frame asks for the window itself.
        let piped = try Compressor.run("sh", ["-c", "zstd -qc --long=\(power) < \"$0\""], on: content)
        for stored in [bytes, piped] {
            guard case .windowTooLarge(let wanted, let limit) = failure(stored) else { continue }
            #expect((wanted, limit) == (1 << power, 128 << 20))
        }
        guard case .windowTooLarge = failure(piped) else {
            Issue.record("\(String(describing: failure(piped)))")
            return
        }
        var limits = ScanLimits()
        limits.maxWindowBytes = 1 << power
        #expect(try scan(piped, limits: limits).tarBytes == Int64(content.count))
        #expect(try scan(piped, limits: limits, step: 1).tarBytes == Int64(content.count))
        guard case .windowTooLarge = failure(piped + piped) else {
            Issue.record("a second frame")
            return
        }
    }

    @Test func pathsThatImplyMuchMoreThanTheyAreAreLimited() {
        let deep = ["a", "b", "c"].map { name in
            TarMember.file(Array(repeating: name, count: 6000).joined(separator: "/"), text: "x")
        }
        #expect(exceeded(Tar(deep).bytes) { _ in }?.0 == .impliedBytes)
        #expect(exceeded(Tar(deep).bytes) { $0.maxImpliedBytes = 200 << 20 } == nil)
        #expect(exceeded(Tar(Array(deep.prefix(1))).bytes) { _ in } == nil)
    }

    /// However their entries stand, trees as people have them are far from the limit.
    @Test(arguments: [true, false]) func honestPathsImplyLittle(_ hasDirectories: Bool) {
        var random = SplitMix64(seed: 7)
        var members: [TarMember] = []
        for number in 0..<3000 {
            let depth = Int(random.next() % 14)
            let folders = (0..<depth).map { "folder\($0)-\(random.next() % 3)" }
            if hasDirectories {
                for count in 1..<max(1, depth) { members.append(.directory(folders.prefix(count).joined(separator: "/"))) }
            }
            members.append(.file((folders + ["file\(number)"]).joined(separator: "/"), text: "x"))
        }
        members.shuffle(using: &random)
        #expect(exceeded(Tar(members).bytes) { $0.maxImpliedBytes = 0 } == nil)
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
