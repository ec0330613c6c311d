import Foundation
import LayerArchive
import OCISpec
import TestSupport
import Testing

/// The tables that eStargz and zstd:chunked layers carry.
struct TableOfContentsTests {
    private static let digest = "sha256:000102030405060708090a0b0c0d0e0f" + String(repeating: "f", count: 32)

    private static func table(_ entries: String) -> [UInt8] { Array(#"{"version":1,"entries":[\#(entries)]}"#.utf8) }

    /// The index of a zstd:chunked table with these entries.
    private func index(_ entries: String) throws -> LayerIndex {
        let stored = try Compressor.zstd(Self.table(entries))
        let place = TableOfContents.Place(form: .zstdChunked, range: 0..<Int64(stored.count), digest: sha256(stored))
        return try TableOfContents.index(stored, at: place)
    }

    private func only(_ entry: String) throws -> LayerEntry {
        let index = try index(entry)
        try #require(index.count == 1)
        return index[0]
    }

    @Test func aFileIsReadWithAllOfItsFields() throws {
        let entry = try only(
            #"{"name":"./etc/a","type":"reg","size":12,"mode":2541,"uid":7,"gid":8,"modtime":"2020-01-02T03:04:05.5Z","digest":"\#(Self.digest)"}"#
        )
        #expect(
            entry
                == LayerEntry(
                    path: Array("etc/a".utf8), kind: .file, mode: 0o4755, uid: 7, gid: 8, size: 12, mtimeSeconds: 1_577_934_245,
                    mtimeNanoseconds: 500_000_000, content: ContentHash(low: 0x0809_0A0B_0C0D_0E0F, high: 0x0001_0203_0405_0607)))
    }

    @Test(arguments: [
        ("dir", EntryKind.directory), ("fifo", .fifo), ("char", .characterDevice), ("block", .blockDevice), ("reg", .file),
    ]) func everyTypeIsKnown(type: String, kind: EntryKind) throws {
        #expect(try only(#"{"name":"x","type":"\#(type)"}"#).kind == kind)
    }

    @Test func aDeviceHasItsNumbers() throws {
        #expect(try only(#"{"name":"x","type":"char","devMajor":1,"devMinor":3}"#).device == 1 << 32 | 3)
    }

    @Test func linksHaveTargets() throws {
        #expect(try only(#"{"name":"x","type":"symlink","linkName":"../y"}"#).linkTarget == Array("../y".utf8))
        #expect(try only(#"{"name":"x","type":"hardlink","linkName":"./a/y"}"#).linkTarget == Array("a/y".utf8))
    }

    @Test func markersAreTold() throws {
        let whiteout = try only(#"{"name":"a/.wh.b","type":"reg"}"#)
        #expect(whiteout.kind == .whiteout && whiteout.path == Array("a/b".utf8))
        let opaque = try only(#"{"name":"a/.wh..wh..opq","type":"reg"}"#)
        #expect(opaque.kind == .opaque && opaque.path == Array("a".utf8))
    }

    @Test func furtherPiecesOfAFileAreNoEntries() throws {
        #expect(try index(#"{"name":"x","type":"reg","size":9},{"name":"x","type":"chunk","chunkOffset":4}"#).count == 1)
    }

    @Test func attributesCountAsThoseOfATar() throws {
        var member = TarMember.file("x", text: "x")
        member.records = [(key: "SCHILY.xattr.user.a", value: Array("value".utf8))]
        let scanned = try LayerScanner.scan(source: MemorySource(Tar([member]).bytes)).index[0]
        let value = Data("value".utf8).base64EncodedString()
        #expect(try only(#"{"name":"x","type":"reg","xattrs":{"user.a":"\#(value)"}}"#).xattrs == scanned.xattrs)
    }

    @Test func filesWithoutADigestAreLikeNoOther() throws {
        let index = try index(#"{"name":"x","type":"reg","size":9},{"name":"y","type":"reg","size":9}"#)
        #expect(index[0].content != index[1].content)
    }

    @Test(arguments: [
        #"{"name":"../x","type":"reg"}"#, #"{"name":"","type":"reg"}"#, #"{"name":"x","type":"whatever"}"#,
        #"{"name":"x","type":"hardlink","linkName":"../y"}"#, #"{"name":"x","type":"hardlink"}"#,
        #"{"name":"x","type":"reg","size":-1}"#, #"{"name":"x","type":"reg","size":9223372036854775807}"#, #"{"name":5}"#,
        #"{"name":".wh.","type":"reg"}"#,
    ]) func whatNoTarMayHoldIsRefused(entry: String) {
        #expect(throws: LayerArchiveError.self) { try index(entry) }
    }

    @Test func anotherDigestIsRefused() throws {
        let stored = try Compressor.zstd(Self.table(""))
        let place = TableOfContents.Place(form: .zstdChunked, range: 0..<Int64(stored.count), digest: sha256([1]))
        #expect(throws: LayerArchiveError.self) { try TableOfContents.index(stored, at: place) }
    }

    @Test func damagedBytesAreRefused() throws {
        let stored = Array(try Compressor.zstd(Self.table("")).dropLast(3))
        let place = TableOfContents.Place(form: .zstdChunked, range: 0..<Int64(stored.count), digest: nil)
        #expect(throws: LayerArchiveError.self) { try TableOfContents.index(stored, at: place) }
    }

    // MARK: where it is

    private static let position = "io.github.containers.zstd-chunked.manifest-position"

    @Test func anAnnotationNamesThePlace() throws {
        let place = try #require(TableOfContents.place(annotations: [Self.position: "100:50:900:1"], blobBytes: 1000))
        #expect(place.range == 100..<150 && place.form == .zstdChunked)
    }

    @Test(arguments: ["", "1", "-5:10:10:1", "990:50:900:1", "9223372036854775807:50:1:1", "5:0:0:1", "5:99999999999:1:1"])
    func aPlaceOutsideTheBlobIsNone(text: String) {
        #expect(TableOfContents.place(annotations: [Self.position: text], blobBytes: 1000) == nil)
    }

    private static func footer(_ offset: Int) -> [UInt8] {
        let digits = String(offset, radix: 16)
        let text = Array((String(repeating: "0", count: 16 - digits.count) + digits + "STARGZ").utf8)
        return [0x1F, 0x8B, 8, 4, 0, 0, 0, 0, 0, 255, 26, 0, 0x53, 0x47, 22, 0] + text + [
            1, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0,
        ]
    }

    @Test func aFooterNamesThePlace() throws {
        let footer = Self.footer(300)
        #expect(footer.count == 51)
        let place = try #require(TableOfContents.place(footer: footer, annotations: nil, blobBytes: 1000))
        #expect(place.range == 300..<949 && place.form == .estargz)
    }

    @Test func aFooterThatPointsBehindItselfIsNone() {
        #expect(TableOfContents.place(footer: Self.footer(990), annotations: nil, blobBytes: 1000) == nil)
        #expect(TableOfContents.place(footer: [UInt8](repeating: 0, count: 51), annotations: nil, blobBytes: 1000) == nil)
        #expect(TableOfContents.place(footer: [1, 2], annotations: nil, blobBytes: 1000) == nil)
    }
}
