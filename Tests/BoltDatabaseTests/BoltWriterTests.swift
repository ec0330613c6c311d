import BoltDatabase
import Foundation
import StorageIO
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// A reader beside a writer.
@Suite struct BoltWriterTests {
    /// Commits as bbolt makes them: pages that the last commit left in use are not touched, and the meta page comes last.
    private final class Writer: Sendable {
        let bench: Bench
        let isOver = Atomic(false)
        private static let pageSize = 512
        private static let width = 20

        init(_ bench: Bench) throws {
            self.bench = bench
            try commit(1)
        }

        /// State `number`: twenty leaves that all say so, in one half of the file, with pauses between their writes.
        func commit(_ number: UInt64) throws {
            let first = 2 + Int(number % 2) * (Self.width + 1)
            var children: [UInt8] = []
            for place in 0..<Self.width {
                let body = ModelFile.little(UInt32(0)) + ModelFile.little(UInt32(16)) + ModelFile.little(UInt32(1))
                try write(first + 1 + place, 2, 1, body + ModelFile.little(UInt32(8)) + [UInt8(place)] + ModelFile.little(number))
                children += ModelFile.little(UInt32((Self.width - place) * 16 + place)) + ModelFile.little(UInt32(1))
                children += ModelFile.little(UInt64(first + 1 + place))
            }
            try write(first, 1, Self.width, children + (0..<Self.width).map(UInt8.init))
            let meta = ModelFile.meta(
                Int(number % 2), Self.pageSize, root: first, highWater: 2 + 2 * (Self.width + 1), transaction: number)
            try bench.write(meta, at: Int(number % 2) * Self.pageSize)
        }

        private func write(_ number: Int, _ flags: UInt16, _ count: Int, _ body: [UInt8]) throws {
            let head = ModelFile.little(UInt64(number)) + ModelFile.little(flags) + ModelFile.little(UInt16(count))
            let page = head + ModelFile.little(UInt32(0)) + body
            try bench.write(page + [UInt8](repeating: 0, count: Self.pageSize - page.count), at: number * Self.pageSize)
        }
    }

    @Test func everyStateIsWhole() throws {
        let bench = try Bench()
        let writer = try Writer(bench)
        let thread = Thread {
            var number: UInt64 = 2
            while !writer.isOver.load(ordering: .relaxed) {
                do { try writer.commit(number) } catch {
                    Issue.record(error)
                    return
                }
                number += 1
                usleep(200)
            }
        }
        thread.start()
        defer { writer.isOver.store(true, ordering: .relaxed) }
        var (read, busy) = (0, 0)
        for _ in 0..<2000 {
            do {
                let snapshot = try #require(try bench.snapshot())
                let said = Set(snapshot.root.values.map { Array($0.value) })
                #expect(said == [ModelFile.little(snapshot.transaction)])
                read += 1
            } catch BoltError.busy { busy += 1 }
        }
        #expect(read > 0, "\(busy) looks found the file busy, and none found it still")
    }

    /// A state that is written over during the copy is not taken: with no try left, the file is busy.
    @Test func aCommitDuringTheOnlyTryIsBusy() throws {
        let bench = try Bench()
        let file = ModelFile([[1]: .value([UInt8](repeating: 7, count: 4 << 20))], pageSize: 4096)
        try bench.write(file.bytes)
        let isOver = Atomic(false)
        let thread = Thread {
            var number: UInt64 = 100
            while !isOver.load(ordering: .relaxed) {
                let pages = file.bytes.count / 4096
                let meta = ModelFile.meta(Int(number % 2), 4096, root: 2, highWater: pages, transaction: number)
                do { try bench.write(meta, at: Int(number % 2) * 4096) } catch {
                    Issue.record(error)
                    return
                }
                number += 1
            }
        }
        thread.start()
        defer { isOver.store(true, ordering: .relaxed) }
        let opened = try #require(try bench.folder.openFileQuietly("db"))
        for _ in 0..<5000 {
            do { _ = try BoltSnapshot(opened, tries: 1) } catch let error as BoltError {
                #expect(error == .busy(path: bench.scratch.path("db"), tries: 1))
                return
            }
        }
        Issue.record("5000 copies, and a commit during none of them")
    }
}
