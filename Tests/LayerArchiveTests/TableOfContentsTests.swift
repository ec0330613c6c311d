import Foundation
import LayerArchive
import OCISpec
import TestSupport
import Testing

/// The tables that eStargz and zstd:chunked layers carry.
struct TableOfContentsTests {
    private static let digest = "sha256:000102030405060708090a0b0c0d0e0f" + String(repeating: "f", count: 32)

    private static func table(_ entries: String) -> [UInt8] { Array(#"{"version":1,"entries":[\#(entries)]}"#.utf8) }

    /// The index of a zstd:chunked table with these entries, of a layer with 1,000 bytes of data before it.
    private func index(_ entries: String, limits: ScanLimits = ScanLimits()) throws -> LayerIndex {
        try index(ofTable: Self.table(entries), limits: limits)
    }

    private func index(ofTable table: [UInt8], limits: ScanLimits = ScanLimits()) throws -> LayerIndex {
        let stored = try Compressor.zstd(table)
        let place = TableOfContents.Place(
            form: .zstdChunked, range: 1000..<1000 + Int64(stored.count), digest: sha256(stored),
            blobBytes: 1000 + Int64(stored.count))
        return try TableOfContents.index(stored, at: place, limits: limits)
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
        let linked = try index(#"{"name":"x","type":"hardlink","linkName":"./a/y"},{"name":"a/y","type":"reg"}"#)
        #expect(linked[0].linkTarget == Array("a/y".utf8))
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
        #"{"name":"../x","type":"reg"}"#, #"{"name":"","type":"reg"}"#, #"{"name":"./","type":"symlink","linkName":"x"}"#,
        #"{"name":"x","type":"whatever"}"#, #"{"name":"x\u0000y","type":"reg"}"#, #"{"name":".wh.","type":"reg"}"#,
        #"{"name":"x","type":"hardlink","linkName":"../y"}"#, #"{"name":"x","type":"hardlink"}"#,
        #"{"name":"x","type":"hardlink","linkName":"y"}"#,
        #"{"name":"x","type":"hardlink","linkName":"d"},{"name":"d","type":"dir"}"#,
        #"{"name":"x","type":"hardlink","linkName":"y"},{"name":"y","type":"hardlink","linkName":"x"}"#,
        #"{"name":"x","type":"reg","size":-1}"#, #"{"name":"x","type":"reg","size":9223372036854775807}"#,
        #"{"name":"x","type":"chunk"}"#, #"{"name":"d","type":"dir"},{"name":"d","type":"chunk"}"#,
        #"{"name":"x","type":"reg","size":9},{"name":"x","type":"chunk","chunkOffset":4,"chunkSize":6}"#,
        #"{"name":"x","type":"reg","size":9},{"name":"x","type":"chunk","chunkOffset":-1}"#,
        #"{"name":"x","type":"reg","size":9,"chunkSize":10}"#, #"{"name":"x","type":"reg","size":9,"offset":1000}"#,
        #"{"name":"x","type":"reg","size":9,"offset":-1}"#, #"{"name":"x","type":"reg","size":9,"offset":5,"endOffset":4}"#,
        #"{"name":"x","type":"reg","size":9,"endOffset":1001}"#,
        #"{"name":"x","type":"reg","size":1},{"name":"./x","type":"reg","size":2}"#,
        #"{"name":".wh.x","type":"reg"},{"name":".wh.x","type":"reg"}"#,
    ]) func whatNoLayerHasIsRefused(entries: String) {
        #expect { try index(entries) } throws: { error in
            guard case TableFault.entry = error else {
                if case TableFault.limitExceeded = error { return true }
                return false
            }
            return true
        }
    }

    @Test(arguments: [
        #"{"version":1,"entries":[{"name":5,"type":"reg"}]}"#, #"{"version":1,"entries":[{"name":"x","type":"reg","size":1.5}]}"#,
        #"{"version":1,"entries":[{"name":"x","type":"reg","size":01}]}"#, #"{"version":1,"entries":[1]}"#,
        #"{"version":1,"entries":{}}"#, #"{"version":1}"#, #"{"version":1,"entries":[]} x"#, #"{"version":1,"entries":[],}"#,
        #"{"version":1,"entries":[{"name":"x","name":"y","type":"reg"}]}"#, #"{"version":1,"entries":[],"entries":[]}"#,
        #"{"version":1,"entries":[{"name":"\ud","type":"reg"}]}"#, "{\"version\":1,\"entries\":[{\"name\":\"a\nb\"}]}", "", "[",
    ]) func whatIsNoTableIsRefused(text: String) {
        #expect { try index(ofTable: Array(text.utf8)) } throws: { error in
            guard case TableFault.malformed = error else { return false }
            return true
        }
    }

    @Test(arguments: [#"{"entries":[]}"#, #"{"version":2,"entries":[]}"#]) func anotherVersionIsRefused(text: String) {
        #expect { try index(ofTable: Array(text.utf8)) } throws: { error in
            guard case TableFault.otherVersion = error else { return false }
            return true
        }
    }

    @Test func aListThatIsNullIsEmpty() throws {
        #expect(try index(ofTable: Array(#"{"version":1,"entries":null}"#.utf8)).count == 0)
    }

    @Test func theRootMayBeThere() throws {
        #expect(try index(#"{"name":"","type":"dir"},{"name":"a","type":"reg","size":9}"#).count == 2)
    }

    @Test func textIsReadAsJSONHasIt() throws {
        let index = try index(
            #" {"x":[1.5e3,{"a":[]},null,true,"y"], "name" : "\u00e9\ud83d\ude00\/\ud800", "type":"reg", "size":null} "#)
        #expect(index[0].path == Array("é😀/\u{FFFD}".utf8))
    }

    @Test func linksMayNameWhatComesLater() throws {
        let index = try index(
            #"{"name":"a","type":"hardlink","linkName":"b"},{"name":"b","type":"hardlink","linkName":"c"},{"name":"c","type":"reg"}"#
        )
        #expect(index.count == 3)
    }

    /// A scan would stop at a tar of that size, at such a ratio, or at that many entries.
    @Test func theLimitsOfAScanHold() throws {
        func kind(_ entries: String, _ change: (inout ScanLimits) -> Void) throws -> ScanLimitKind? {
            var limits = ScanLimits()
            change(&limits)
            do { _ = try index(entries, limits: limits) } catch TableFault.limitExceeded(let kind, _) { return kind }
            return nil
        }
        let large = #"{"name":"a","type":"reg","size":1000000000}"#
        #expect(try kind(large) { $0.maxTarBytes = 1_000_000_000 } == .tarBytes)
        #expect(try kind(large) { $0.ratioFloorBytes = 999_999_999 } == .ratio)
        #expect(try kind(large) { $0.maxContentBytes = 999_999_999 } == .contentBytes)
        #expect(try kind(large) { _ in } == nil)
        #expect(try kind(#"{"name":"a","type":"reg"},{"name":"b","type":"reg"}"#) { $0.maxEntries = 1 } == .entries)
        #expect(try kind(#"{"name":"abc","type":"reg"}"#) { $0.maxPathBytes = 2 } == .pathBytes)
        #expect(try kind(#"{"name":"abc","type":"reg"}"#) { $0.maxNameBytes = 2 } == .nameBytes)
    }

    // MARK: names that lost bytes

    @Test func namesThatLostBytesMayReadAlike() throws {
        let twice = try index(
            #"{"name":"a\ufffd","type":"reg","size":1},{"name":"a\ufffd","type":"reg","size":2}"#)
        #expect(twice.count == 2)
        #expect(LossyNames.areAmbiguous(in: [twice]))
    }

    @Test func aNameThatLostBytesAndStandsOnceIsItsOwn() throws {
        let layers = [
            try index(#"{"name":"d\ufffd/a","type":"reg"},{"name":"d\ufffd/b","type":"reg"}"#),
            try index(#"{"name":"d","type":"reg"}"#),
        ]
        #expect(!LossyNames.areAmbiguous(in: layers))
    }

    @Test func aDirectoryThatLostBytesIsNotKnownInAnotherLayer() throws {
        let layers = [try index(#"{"name":"d\ufffd/a","type":"reg"}"#), try index(#"{"name":".wh.d\ufffd","type":"reg"}"#)]
        #expect(LossyNames.areAmbiguous(in: layers))
    }

    // MARK: digests

    @Test func anotherDigestIsRefused() throws {
        let stored = try Compressor.zstd(Self.table(""))
        let place = TableOfContents.Place(
            form: .zstdChunked, range: 0..<Int64(stored.count), digest: sha256([1]), blobBytes: Int64(stored.count))
        #expect(throws: TableFault.self) { try TableOfContents.index(stored, at: place) }
    }

    @Test func damagedBytesAreRefused() throws {
        let stored = Array(try Compressor.zstd(Self.table("")).dropLast(3))
        let place = TableOfContents.Place(
            form: .zstdChunked, range: 0..<Int64(stored.count), digest: sha256(stored), blobBytes: Int64(stored.count))
        #expect(throws: TableFault.self) { try TableOfContents.index(stored, at: place) }
    }

    // MARK: where it is

    private static let prefix: String = "io.github.containers.zstd-chunked.manifest-"
    private static let estargz: ExactText = "containerd.io/snapshot/stargz/toc.digest"

    /// What a layer of 1,000 bytes says with these annotations.
    private func claim(_ annotations: [ExactText: String]) throws(TableFault) -> TableOfContents.Claim? {
        try TableOfContents.claim(
            Descriptor(mediaType: MediaType.layerGzip, digest: sha256([1]), size: 1000, annotations: annotations))
    }

    @Test func annotationsNameThePlace() throws {
        let claim = try claim(["\(Self.prefix)position": "100:50:900:1", "\(Self.prefix)checksum": "\(sha256([2]))"])
        #expect(
            claim
                == .place(
                    TableOfContents.Place(form: .zstdChunked, range: 100..<150, digest: sha256([2]), blobBytes: 1000)))
        #expect(try self.claim([Self.estargz: "\(sha256([2]))"]) == .footer(sha256([2])))
        #expect(try self.claim([:]) == nil)
    }

    @Test(arguments: [
        "", "1", "5:10:10", "5:10:10:1:1", "-5:10:10:1", "+5:10:10:1", "990:50:900:1", "9223372036854775807:50:1:1", "5:0:0:1",
        "5:99999999999:1:1", "100:50:900:2", "100:50:900:0", "100:50:999999999999:1",
    ])
    func aPlaceThatCannotBeIsRefused(text: String) {
        #expect(throws: TableFault.self) {
            try claim(["\(Self.prefix)position": text, "\(Self.prefix)checksum": "\(sha256([2]))"])
        }
    }

    @Test func aTableThatNobodyVouchesForIsRefused() {
        #expect(throws: TableFault.self) { try claim(["\(Self.prefix)position": "100:50:900:1"]) }
        #expect(throws: TableFault.self) { try claim(["\(Self.prefix)checksum": "\(sha256([2]))"]) }
        #expect(throws: TableFault.self) {
            try claim(["\(Self.prefix)position": "100:50:900:1", "\(Self.prefix)checksum": "md5:1"])
        }
        #expect(throws: TableFault.self) { try claim([Self.estargz: "x"]) }
    }

    @Test func twoTablesAreNone() {
        let digest = "\(sha256([2]))"
        #expect(throws: TableFault.self) {
            try claim([
                "\(Self.prefix)position": "100:50:900:1", "\(Self.prefix)checksum": digest, Self.estargz: digest,
            ])
        }
    }

    private static func footer(_ offset: Int) -> [UInt8] {
        let digits = String(offset, radix: 16)
        let text = Array((String(repeating: "0", count: 16 - digits.count) + digits + "STARGZ").utf8)
        return [0x1F, 0x8B, 8, 4, 0, 0, 0, 0, 0, 255, 26, 0, 0x53, 0x47, 22, 0] + text + [
            1, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0,
        ]
    }

    private func place(_ footer: [UInt8]) throws(TableFault) -> TableOfContents.Place {
        try TableOfContents.place(footer: footer, digest: sha256([2]), blobBytes: 1000)
    }

    @Test func aFooterNamesThePlace() throws {
        let footer = Self.footer(300)
        #expect(footer.count == 51)
        let place = try place(footer)
        #expect(place.range == 300..<949 && place.form == .estargz)
    }

    @Test func aFooterThatPointsBehindItselfIsRefused() {
        #expect(throws: TableFault.self) { try place(Self.footer(990)) }
        #expect(throws: TableFault.self) { try place([UInt8](repeating: 0, count: 51)) }
        #expect(throws: TableFault.self) { try place([1, 2]) }
    }
}
