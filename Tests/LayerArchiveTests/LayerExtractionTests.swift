import LayerArchive
import TestSupport
import Testing

/// Entries taken out of a layer keep all that they were.
struct LayerExtractionTests {
    /// The entries of a tar made of those of `layer` at these places.
    private func extract(_ names: [Int: [String]], from layer: [UInt8]) throws -> [LayerEntry] {
        var bytes: [UInt8] = []
        let writer = try TarWriter { bytes += $0 }
        let digest = try LayerExtraction.copy(
            names.mapValues { $0.map { Array($0.utf8) } }, from: MemorySource(layer, step: 1000), into: writer)
        try writer.end()
        #expect(digest == sha256(layer))
        let index = try scan(bytes).index
        return (0..<index.count).map { index[$0] }
    }

    private static let everything: [TarMember] = [
        .directory("d"),
        .file("d/f", size: 700_000, seed: 1, mode: 0o4755).xattr("security.capability", [1, 0, 2]).with {
            $0.uid = 70_000
            $0.gid = 1 << 33
            $0.mtimeSeconds = -5
            $0.mtimeNanoseconds = 500_000_000
        },
        .symlink("s", to: "../x y"), .characterDevice("c", major: 5, minor: 1), .blockDevice("b", major: 259, minor: 70_000),
        .fifo("p"), .file("empty", []), .sparse("sparse", size: 3_000_000, chunks: [(1_000_000, [1, 2, 3])]),
    ]

    @Test(arguments: [nil, Compressor.gzip, .zstd]) func everythingStays(compressor: Compressor?) throws {
        let tar = Tar(Self.everything).bytes
        if let compressor { try Skip.unless(installed: compressor.rawValue) }
        let layer = try compressor.map { try $0(tar) } ?? tar
        let before = try entries(Self.everything)
        let names = Dictionary(
            uniqueKeysWithValues: before.indices.map { ($0, [String(decoding: before[$0].path, as: UTF8.self)]) })
        #expect(try extract(names, from: layer) == before)
    }

    @Test func anEntryTakesOtherNames() throws {
        let found = try extract([1: ["z/1", "z/2"]], from: Tar(Self.everything).bytes)
        #expect(found.map(\.name) == ["z/1", "z/2"])
        #expect(found[1].kind == .hardLink && found[1].target == "z/1")
    }

    @Test func placesAreThoseOfTheIndex() throws {
        let members: [TarMember] = [
            .file(".wh..wh.aufs", text: "x"), .whiteout("gone"), .file("a", text: "a"),
            .hardLink("l", to: "a").with { $0.body = [UInt8](repeating: 1, count: 600) }, .file("b", text: "bb"),
        ]
        let index = try entries(members)
        let place = try #require(index.firstIndex { $0.name == "b" })
        #expect(try extract([place: ["b"]], from: Tar(members).bytes) == [index[place]])
    }

    @Test func attributesOfDirectoriesAreRead() throws {
        let members: [TarMember] = [.directory("a").xattr("user.z", [1]).xattr("user.b", [2, 0]), .directory("c")]
        let found = try LayerExtraction.xattrs(of: [0, 1], from: MemorySource(Tar(members).bytes))
        #expect(
            found[0] == [
                ExtendedAttribute(name: Array("user.b".utf8), value: [2, 0]),
                ExtendedAttribute(name: Array("user.z".utf8), value: [1]),
            ])
        #expect(found[1] == [])
    }

    @Test func aLayerThatEndsEarlyIsAnError() throws {
        let tar = Array(Tar(Self.everything).bytes.prefix(100_000))
        #expect(throws: LayerArchiveError.self) { try extract([1: ["x"]], from: tar) }
    }

    @Test func anEmptyLayerIsRead() throws {
        #expect(try extract([:], from: []) == [])
    }
}
