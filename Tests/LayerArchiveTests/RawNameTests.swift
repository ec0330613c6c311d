import Foundation
import LayerArchive
import TestSupport
import Testing

/// Names are the bytes that their headers have, whatever characters those are in whatever locale.
struct RawNameTests {
    /// What conversions drop, compose, replace or refuse.
    private static let odd: [[UInt8]] = [
        Array("x\u{E0061}".utf8), Array("\u{E0061}".utf8), Array("e\u{301}".utf8), Array("é".utf8), Array("\u{FEFF}a".utf8),
        [0x78, 0xFF], [0x78, 0xED, 0xA0, 0x81, 0xED, 0xB0, 0x80], [0x78, 0xED, 0xA0, 0x81], [0xC0, 0xAF, 0x78],
        Array("\u{10400}".utf8), Array("a\u{200D}\u{E007F}b".utf8), Array("\u{E0001}\u{E0020}".utf8), Array("日本\u{E0061}".utf8),
    ]

    private static func pax(_ name: [UInt8], _ type: Character = "0", link: [UInt8] = []) -> TarMember {
        TarMember(name: Array("short".utf8), type: type, body: type == "0" ? [1] : []).with {
            $0.records = [("path", name)] + (link.isEmpty ? [] : [("linkpath", link)])
            if !link.isEmpty { $0.linkName = Array("short".utf8) }
        }
    }

    @Test(arguments: odd) func aNameOfAnExtendedHeaderIsKept(_ name: [UInt8]) throws {
        #expect(try entries([Self.pax(name)]).map(\.path) == [name])
    }

    @Test(arguments: odd) func soIsALinksTarget(_ name: [UInt8]) throws {
        let found = try entries([Self.pax(name), Self.pax([0x6C], "2", link: name), Self.pax([0x68], "1", link: name)])
        #expect(found.map(\.linkTarget) == [[], name, name])
    }

    @Test(arguments: odd) func soIsAWhiteouts(_ name: [UInt8]) throws {
        let found = try entries([Self.pax(Array(".wh.".utf8) + name)])
        #expect(found.map(\.path) == [name])
        #expect(found.map(\.kind) == [.whiteout])
    }

    @Test(arguments: odd) func soIsThatOfAnArchivesMember(_ name: [UInt8]) throws {
        let found = try TemporaryFile(Tar([Self.pax(name), Self.pax([0x6C], "2", link: name)]).bytes).opened {
            try TarLister.members(fd: $0)
        }
        #expect(found.map(\.name) == [name, [0x6C]])
        #expect(found.map(\.linkTarget) == [[], name])
    }

    /// Wherever the headers stand, even across the buffers that bytes come in, names of any bytes are told apart.
    @Test func randomNamesStayWhatTheyAre() throws {
        var random = SplitMix64(seed: 24)
        let pieces: [[UInt8]] = Self.odd + ["a", "B", ".", "-", "ä"].map { Array($0.utf8) }
        for _ in 0..<40 {
            var names: [[UInt8]] = []
            var members: [TarMember] = []
            for number in 0..<60 {
                var name = Array("\(number)".utf8)
                for _ in 0..<Int(random.next() % 6) { name += pieces[Int(random.next() % UInt64(pieces.count))] }
                names.append(name)
                members.append(Self.pax(name).with { $0.body = TarMember.noise(size: Int(random.next() % 60_000), seed: 1) })
            }
            #expect(try entries(members).map(\.path) == names)
        }
    }

    /// The same in an archive's listing, which skips contents.
    @Test func randomMembersStayWhatTheyAre() throws {
        var random = SplitMix64(seed: 42)
        for _ in 0..<20 {
            var names: [[UInt8]] = []
            var members: [TarMember] = []
            for number in 0..<40 {
                let name = Array("\(number)".utf8) + Self.odd[Int(random.next() % UInt64(Self.odd.count))]
                names.append(name)
                members.append(Self.pax(name).with { $0.body = TarMember.noise(size: Int(random.next() % 90_000), seed: 1) })
            }
            let found = try TemporaryFile(Tar(members).bytes).opened { try TarLister.members(fd: $0) }
            #expect(found.map(\.name) == names)
        }
    }

    @Test func ofTwoRecordsTheLaterCounts() throws {
        let member = TarMember(name: Array("short".utf8)).with {
            $0.records = [("path", Array("first\u{E0061}".utf8)), ("path", Array("second\u{E0061}".utf8))]
        }
        #expect(try entries([member]).map(\.path) == [Array("second\u{E0061}".utf8)])
    }
}

/// Where a tar ends.
struct TarEndTests {
    private static let zeros = [UInt8](repeating: 0, count: 512)

    private static func tar(_ name: String) -> [UInt8] { Tar([.file(name, text: "abc")], ending: []).bytes }

    @Test func aLoneBlockOfZerosBetweenEntriesIsRefused() {
        let bytes = Self.tar("f") + Self.zeros + Self.tar("g") + Tar.endBlocks
        guard case .badTar(let place, let detail) = failure(bytes) else {
            Issue.record("read as a whole tar")
            return
        }
        #expect(place.previousPath == Array("f".utf8))
        #expect(detail.contains("lone block of zeros"))
        #expect(throws: LayerArchiveError.self) { try TemporaryFile(bytes).opened { try TarLister.members(fd: $0) } }
    }

    @Test(arguments: [0, 1, 2, 3, 21]) func anyNumberOfBlocksEndsATar(_ count: Int) throws {
        let bytes = Self.tar("f") + (0..<count).flatMap { _ in Self.zeros }
        #expect(try scan(bytes).index.count == 1)
    }

    @Test func whatFollowsTwoBlocksIsNoEntry() throws {
        #expect(try scan(Self.tar("f") + Tar.endBlocks + Self.tar("g")).index.count == 1)
        #expect(try scan(Self.tar("f") + Self.zeros + [0, 0, 0]).index.count == 1)
    }
}
