import BoltDatabase
import Foundation
import TestSupport
import Testing

/// Files that no bbolt wrote: each gives a value or an error, and ends.
@Suite struct BoltDamageTests {
    private let bench: Bench
    private let file: ModelFile

    init() throws {
        bench = try Bench()
        var numbers = SeededNumbers(seed: 4)
        var items = numbers.items(12, depth: 2)
        // Two levels of branches, and a bucket with pages of its own.
        for key in UInt8(0)..<60 { items[[key]] = .value([UInt8](repeating: key, count: 40)) }
        items[[200]] = .bucket([[1]: .bucket([[2]: .value([3])])])
        file = ModelFile(items, pageSize: 512)
    }

    private func kind(_ bytes: [UInt8]) throws -> BoltFault.Kind? {
        guard case .damaged(_, let fault) = try bench.fault(bytes) else { return nil }
        return fault.kind
    }

    @Test func everyByteFlipped() throws {
        for place in file.bytes.indices {
            for mask: UInt8 in [0xFF, 1 << UInt8(place % 8)] {
                var bytes = file.bytes
                bytes[place] ^= mask
                _ = try bench.fault(bytes)
            }
        }
    }

    @Test func everyTruncation() throws {
        for length in stride(from: 0, to: file.bytes.count, by: 37) { _ = try bench.fault(Array(file.bytes[..<length])) }
    }

    @Test func pagesByChance() throws {
        var numbers = SeededNumbers(seed: 11)
        let pages = file.bytes.count / file.pageSize
        for _ in 0..<2000 {
            var bytes = file.bytes
            for _ in 0..<numbers.number(1...4) {
                let target = numbers.number(2...pages - 1) * file.pageSize
                if numbers.chance(50) {
                    // Another page's content in this one's place, its own number kept.
                    let source = numbers.number(2...pages - 1) * file.pageSize
                    for place in 8..<file.pageSize { bytes[target + place] = bytes[source + place] }
                } else {
                    let start = target + numbers.number(0...file.pageSize - 9)
                    for place in start..<start + 8 { bytes[place] = UInt8(numbers.number(0...255)) }
                }
            }
            _ = try bench.fault(bytes)
        }
    }

    private func page(_ number: Int, _ flags: UInt16, count: Int, overflow: UInt32 = 0, _ body: [UInt8]) -> [UInt8] {
        let head = ModelFile.little(UInt64(number)) + ModelFile.little(flags) + ModelFile.little(UInt16(count))
        let page = head + ModelFile.little(overflow) + body
        return page + [UInt8](repeating: 0, count: 512 - page.count)
    }

    /// A file whose pages from number 2 on are these, the first of them the root.
    private func file(_ pages: [[UInt8]]) -> [UInt8] {
        let metas = (0...1).map { number in
            let meta = ModelFile.meta(number, 512, root: 2, highWater: 2 + pages.count, transaction: 5)
            return meta + [UInt8](repeating: 0, count: 512 - meta.count)
        }
        return Array((metas + pages).joined())
    }

    private func branch(_ children: [(key: UInt8, page: UInt64)]) -> [UInt8] {
        var heads: [UInt8] = []
        for (number, child) in children.enumerated() {
            heads += ModelFile.little(UInt32((children.count - number) * 16 + number)) + ModelFile.little(UInt32(1))
            heads += ModelFile.little(child.page)
        }
        return heads + children.map(\.key)
    }

    private func leaf(_ items: [(key: UInt8, value: [UInt8], flags: UInt32)]) -> [UInt8] {
        var heads: [UInt8] = []
        var data: [UInt8] = []
        for (number, item) in items.enumerated() {
            heads += ModelFile.little(item.flags) + ModelFile.little(UInt32((items.count - number) * 16 + data.count))
            heads += ModelFile.little(UInt32(1)) + ModelFile.little(UInt32(item.value.count))
            data += [item.key] + item.value
        }
        return heads + data
    }

    @Test func aBranchThatLeadsToItselfIsRefused() throws {
        #expect(try kind(file([page(2, 1, count: 1, branch([(1, 2)]))])) == .pageSharedByTwo)
    }

    @Test func twoBucketsInOnePageAreRefused() throws {
        let bucket = ModelFile.little(UInt64(3)) + ModelFile.little(UInt64(0))
        let root = page(2, 2, count: 2, leaf([(1, bucket, 1), (2, bucket, 1)]))
        #expect(try kind(file([root, page(3, 2, count: 0, [])])) == .pageSharedByTwo)
    }

    @Test func aChainOfBucketsHasAnEnd() throws {
        let pages = (2..<400).map { number in
            page(number, 2, count: 1, leaf([(1, ModelFile.little(UInt64(number + 1)) + ModelFile.little(UInt64(0)), 1)]))
        }
        #expect(try kind(file(pages)) == .tooDeep)
    }

    @Test func everyFaultIsTold() throws {
        let one = leaf([(1, [], 0)])
        let cases: [(BoltFault.Kind, [[UInt8]])] = [
            (.pageOutOfBounds, [page(2, 1, count: 1, branch([(1, 900)]))]),
            (.pageOutOfBounds, [page(2, 1, count: 1, branch([(1, 1)]))]),
            (.pageOutOfBounds, [page(2, 2, count: 1, overflow: 1, one)]),
            (.pageOutOfBounds, [page(2, 2, count: 1, overflow: .max, one)]),
            (.wrongNumber, [page(3, 2, count: 1, one)]),
            (.wrongKind, [page(2, 16, count: 1, one)]),
            (.emptyBranch, [page(2, 1, count: 0, [])]),
            (.elementOutOfBounds, [page(2, 2, count: 60_000, one)]),
            (.elementOutOfBounds, [page(2, 2, count: 1, leaf([(1, [UInt8](repeating: 0, count: 2), 2)]))]),
            (.keysOutOfOrder, [page(2, 2, count: 2, leaf([(2, [], 0), (1, [], 0)]))]),
            (.keysOutOfOrder, [page(2, 2, count: 2, leaf([(2, [], 0), (2, [], 0)]))]),
            (.keysOutOfOrder, [page(2, 1, count: 1, branch([(5, 3)])), page(3, 2, count: 1, one)]),
            (.badBucket, [page(2, 2, count: 1, leaf([(1, [1, 2, 3], 1)]))]),
            (.badBucket, [page(2, 2, count: 1, leaf([(1, [UInt8](repeating: 0, count: 20), 1)]))]),
        ]
        for (wanted, pages) in cases { #expect(try kind(file(pages)) == wanted) }
    }

    /// A root in the middle of a page's extent, or at a meta page.
    @Test func rootsThatAreNoneAreRefused() throws {
        for root in [0, 1, 3, Int(UInt32.max)] {
            var bytes = file([page(2, 2, count: 0, [])])
            for number in 0...1 {
                let meta = ModelFile.meta(number, 512, root: root, highWater: 3, transaction: 5)
                bytes.replaceSubrange(number * 512..<number * 512 + meta.count, with: meta)
            }
            #expect(try kind(bytes) == .pageOutOfBounds)
        }
    }
}
