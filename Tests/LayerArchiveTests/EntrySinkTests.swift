import LayerArchive
import Synchronization
import TestSupport
import Testing

/// Entries that are handed over while a layer is read.
struct EntrySinkTests {
    /// The pieces that a scan hands over, and what else it finds.
    private func pieces(
        _ bytes: [UInt8], limits: ScanLimits = ScanLimits()
    ) throws(LayerArchiveError) -> (pieces: [LayerIndex], scan: LayerScan) {
        let taken = Taken()
        let found = try LayerScanner.scan(
            source: MemorySource(bytes), limits: limits,
            entries: EntrySink { piece in taken.pieces.withLock { $0.append(piece) } })
        return (taken.pieces.withLock { $0 }, found)
    }

    private final class Taken: Sendable {
        let pieces = Mutex<[LayerIndex]>([])
    }

    @Test func piecesTogetherAreTheIndex() throws {
        let members: [TarMember] = (0..<2000).map { number in
            number % 7 == 0
                ? .directory("d\(number)") : .file("d\(number / 7 * 7)/f\(number)", size: number % 50, seed: UInt64(number))
        }
        let bytes = Tar(members).bytes
        let whole = try scan(bytes)
        let (pieces, streamed) = try pieces(bytes)
        #expect(pieces.count > 1)
        #expect(pieces.allSatisfy { $0.count <= 512 && $0.count > 0 })
        let together = LayerIndex(pieces.flatMap { piece in (0..<piece.count).map { piece[$0] } })
        #expect(together.hasSameEntries(as: whole.index))
        #expect(streamed.index.count == 0)
        #expect(streamed.diffID == whole.diffID && streamed.tarBytes == whole.tarBytes)
    }

    @Test func limitsHoldOverAllPieces() throws {
        let bytes = Tar((0..<1000).map { .file("name-\($0)", size: 1, seed: 1) }).bytes
        for change in [
            { (limits: inout ScanLimits) in limits.maxEntries = 900 }, { $0.maxNameBytes = 5000 }, { $0.maxContentBytes = 900 },
        ] {
            var limits = ScanLimits()
            change(&limits)
            let inPieces = failure { () throws(LayerArchiveError) in _ = try pieces(bytes, limits: limits) }
            let whole = LayerArchiveTests.failure(bytes, limits: limits)
            #expect(inPieces != nil)
            #expect(inPieces?.name == whole?.name)
            #expect(inPieces?.entryName == whole?.entryName)
        }
    }

    private func failure(_ body: () throws(LayerArchiveError) -> Void) -> LayerArchiveError? {
        do throws(LayerArchiveError) {
            try body()
            return nil
        } catch {
            return error
        }
    }

    @Test func whatDirectoriesImplyIsCountedAcrossPieces() throws {
        // Each path implies as many directories as it has parts, whichever piece its neighbour was in.
        let deep = String(repeating: "d/", count: 2000)
        let bytes = Tar((0..<600).map { .file("\($0)/\(deep)f", size: 0) }).bytes
        let inPieces = failure { () throws(LayerArchiveError) in _ = try pieces(bytes) }
        #expect(inPieces?.name == LayerArchiveTests.failure(bytes)?.name)
        #expect(inPieces?.entryName == LayerArchiveTests.failure(bytes)?.entryName)
    }
}
