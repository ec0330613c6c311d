import BoltDatabase
import Foundation
import Glibc
import TestSupport
import Testing

@Suite struct BoltSnapshotTests {
    private let bench: Bench

    init() throws { bench = try Bench() }

    @Test(arguments: 0..<30) func whatWasWrittenIsRead(seed: Int) throws {
        var numbers = SeededNumbers(seed: seed)
        let items = numbers.items(numbers.one(of: [0, 1, 30, 400]), depth: 3)
        try bench.write(ModelFile(items, pageSize: numbers.one(of: [512, 1024, 4096, 65_536])).bytes)
        let snapshot = try #require(try bench.snapshot())
        #expect(snapshot.root.all == items)
        #expect(snapshot.transaction == 7 && snapshot.vainTries == 0)
    }

    @Test(arguments: 0..<10) func everyKeyIsFoundAndNoOther(seed: Int) throws {
        var numbers = SeededNumbers(seed: seed)
        let items = numbers.items(500, depth: 1)
        try bench.write(ModelFile(items).bytes)
        let root = try #require(try bench.snapshot()).root
        for (key, node) in items {
            switch root.item(key) {
            case .value(let bytes): #expect(node == .value(Array(bytes)))
            case .bucket(let bucket): #expect(node == .bucket(bucket.all))
            case nil: Issue.record("\(key) is not found")
            }
            for other in [key + [0], key.dropLast() + [], key.dropLast() + [key[key.count - 1] &+ 1]] where items[other] == nil {
                #expect(root.item(other) == nil)
            }
        }
    }

    @Test func keysComeInOrder() throws {
        var numbers = SeededNumbers(seed: 1)
        let items = numbers.items(800, depth: 1)
        try bench.write(ModelFile(items).bytes)
        var keys: [[UInt8]] = []
        try #require(try bench.snapshot()).root.forEach { key, _ in keys.append(Array(key)) }
        #expect(keys == items.keys.sorted { $0.lexicographicallyPrecedes($1) })
    }

    @Test func aPathLeadsThroughBuckets() throws {
        let inner: [[UInt8]: ModelFile.Node] = [Array("id".utf8): .value([5])]
        let items: [[UInt8]: ModelFile.Node] = [
            Array("v1".utf8): .bucket([Array("moby".utf8): .bucket(inner), Array("x".utf8): .value([1])])
        ]
        try bench.write(ModelFile(items).bytes)
        let root = try #require(try bench.snapshot()).root
        #expect(root.bucket("v1", "moby")?.value("id").map(Array.init) == [5])
        #expect(root.bucket("v1", "x") == nil && root.bucket("v2") == nil)
        #expect(root.bucket("v1")?.value("moby") == nil)
        #expect(root.bucket("v1")?.buckets.map { String(decoding: $0.key, as: UTF8.self) } == ["moby"])
    }

    @Test func theLaterOfTwoStatesCounts() throws {
        var bytes = ModelFile([[1]: .value([2])], transaction: 9).bytes
        // The later meta page damaged, as a cut power leaves it: the earlier one counts.
        bytes[60] ^= 1
        try bench.write(bytes)
        #expect(try bench.snapshot()?.transaction == 8)
    }

    @Test func thereIsNothingWithoutAFile() throws {
        let folder = bench.folder
        #expect(try BoltSnapshot.read("other", in: folder) == nil)
    }

    @Test func whatIsNoDatabaseIsSaidToBeNone() throws {
        for bytes in [[], [1], [UInt8](repeating: 0, count: 100_000), Array("{\"a\": 1}".utf8)] {
            guard case .notBolt = try bench.fault(bytes) else {
                Issue.record("\(bytes.count) bytes are taken for a database")
                continue
            }
        }
    }

    @Test func aFileBeyondTheLimitIsNotRead() throws {
        let file = ModelFile([[1]: .value([UInt8](repeating: 1, count: 50_000))])
        try bench.write(file.bytes)
        #expect(throws: BoltError.tooLarge(path: bench.scratch.path("db"), bytes: Int64(file.bytes.count), limit: 1000)) {
            try bench.snapshot(limit: 1000)
        }
    }

    /// The access time of a file whose owner reads it.
    @Test func readingLeavesNoAccessTime() throws {
        try bench.write(ModelFile([[1]: .value([2])]).bytes)
        func accessed() -> timespec {
            var status = stat()
            stat(bench.scratch.path("db"), &status)
            return status.st_atim
        }
        var times = [timespec(tv_sec: 1000, tv_nsec: 0), timespec(tv_sec: 2000, tv_nsec: 0)]
        try #require(utimensat(AT_FDCWD, bench.scratch.path("db"), &times, 0) == 0)
        _ = try bench.snapshot()
        #expect(accessed().tv_sec == 1000)
    }
}
