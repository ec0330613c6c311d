import Foundation
import LayerArchive
import TestSupport
import Testing

struct ContentHashTests {
    private func hash(_ members: [TarMember]) throws -> [ContentHash] { try entries(members).map(\.content) }

    @Test func equalContentHasEqualHashes() throws {
        let found = try hash([
            .file("a", size: 300_000, seed: 1), .file("b", size: 300_000, seed: 1), .file("c", size: 300_000, seed: 2),
        ])
        #expect(found[0] == found[1])
        #expect(found[0] != found[2])
    }

    /// The published test vector of an empty input.
    @Test func anEmptyFileHasTheHashOfNothing() throws {
        #expect(try hash([.file("e", [])]) == [ContentHash(low: 0x6001_c324_468d_497f, high: 0x99aa_06d3_0147_98d8)])
    }

    @Test func onlyRegularFilesHaveAHash() throws {
        let found = try hash([.directory("d"), .symlink("s", to: "x"), .hardLink("h", to: "x"), .whiteout("w")])
        #expect(found == Array(repeating: ContentHash(), count: 4))
    }

    /// A file that lies across buffers of the ring, at any alignment, hashes as one that does not.
    @Test func aHashDoesNotDependOnTheFilesPlace() throws {
        let body = TarMember.noise(size: 200_000, seed: 7)
        let members = (0..<12).flatMap { [TarMember.file("f\($0)", body), .file("pad\($0)", size: 1000 * $0, seed: 1)] }
        #expect(Set(try hash(members.enumerated().filter { $0.offset % 2 == 0 }.map(\.element))).count == 1)
        let all = try hash(members)
        #expect(Set(stride(from: 0, to: all.count, by: 2).map { all[$0] }).count == 1)
    }

    static let shapes: [(size: Int, chunks: [(Int, Int)])] = [
        (1, []), (65_535, []), (65_536, []), (65_537, [(0, 1)]), (300_000, [(0, 10), (200_000, 5)]), (300_000, [(299_999, 1)]),
        (1_000_000, [(65_536, 65_536), (500_000, 100_000)]), (131_072, [(65_535, 2)]), (2_500_000, []),
    ]

    @Test(arguments: shapes.indices)
    func holesAreZerosHoweverStored(shape: Int) throws {
        let (size, parts) = Self.shapes[shape]
        var dense = [UInt8](repeating: 0, count: size)
        var chunks: [(offset: Int64, bytes: [UInt8])] = []
        for (offset, count) in parts {
            let bytes = TarMember.noise(size: count, seed: UInt64(offset))
            dense.replaceSubrange(offset..<offset + count, with: bytes)
            chunks.append((Int64(offset), bytes))
        }
        let found = try entries([.file("dense", dense), .sparse("sparse", size: Int64(size), chunks: chunks)])
        #expect(found[0].content == found[1].content)
        #expect(found[0].size == found[1].size)
    }

    @Test func placesOfZerosMatter() throws {
        let block = TarMember.noise(size: 65_536, seed: 1)
        let zeros = [UInt8](repeating: 0, count: 65_536)
        let found = try hash([
            .file("a", block + zeros), .file("b", zeros + block), .file("c", block), .file("d", zeros + zeros), .file("e", zeros),
            .file("f", block + zeros + zeros), .file("g", zeros + block + zeros), .file("h", []),
        ])
        #expect(Set(found).count == found.count)
    }

    @Test func aHugeHoleCostsNothing() throws {
        let start = Date()
        let found = try entries([.sparse("huge", size: 1 << 52, chunks: [(1 << 40, [1])])])
        #expect(found.map(\.size) == [1 << 52])
        #expect(Date().timeIntervalSince(start) < 2)
    }

    @Test func missingDataOfASparseFileIsAnError() {
        let member = TarMember.sparse("s", size: 10_000, chunks: [(0, [1, 2, 3]), (5000, [4])])
        let short = member.with { $0.body.removeLast(2) }
        #expect(failure([short, .file("next", text: "1")])?.name == "badSparseMap")
    }

    @Test func overlappingPartsAreAnError() {
        let member = TarMember.sparse("s", size: 10_000, chunks: [(100, [1, 2, 3]), (50, [4])])
        #expect(failure([member])?.name == "badSparseMap")
    }

    @Test func aPartBeyondTheSizeIsAnError() {
        let member = TarMember.sparse("s", size: 10, chunks: [(8, [1, 2, 3])])
        #expect(failure([member])?.name == "badSparseMap")
    }
}
