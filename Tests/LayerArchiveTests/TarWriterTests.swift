import Foundation
import LayerArchive
import TestSupport
import Testing

/// A tar that is written reads back as what was to be written, and says no more than it must.
struct TarWriterTests {
    private struct Refusal: Error {}

    private func written(_ files: [(header: TarHeader, body: [UInt8])]) throws -> [UInt8] {
        var bytes: [UInt8] = []
        let writer = try TarWriter { bytes += $0 }
        for file in files { try writer.add(file.header, file.body) }
        try writer.end()
        return bytes
    }

    private func readBack(_ header: TarHeader) throws -> LayerEntry {
        let body = header.kind == .file ? [UInt8](repeating: 7, count: Int(header.size)) : []
        let index = try scan(try written([(header, body)])).index
        try #require(index.count == 1)
        return index[0]
    }

    @Test func aPlainFileIsOneUstarHeader() throws {
        let bytes = try written([(.file("blobs/sha256/abc", size: 3), [1, 2, 3])])
        #expect(bytes.count == 512 + 512 + 1024)
        #expect(bytes[257..<262].elementsEqual("ustar".utf8))
        #expect(bytes[156] == UInt8(ascii: "0"))
    }

    @Test func equalCallsGiveEqualBytes() throws {
        let header = TarHeader(
            path: Array(repeating: 97, count: 300), kind: .file, mode: 0o644, uid: 1 << 40, size: 1, mtimeNanoseconds: 5,
            xattrs: [ExtendedAttribute(name: Array("user.x".utf8), value: [0, 255])])
        #expect(try written([(header, [1])]) == written([(header, [1])]))
    }

    @Test(
        arguments: [
            [], Array("a".utf8), Array("dir/ümläut".utf8), Array("a\u{308}".utf8), [0x62, 0xFF, 0xFE],
            Array(repeating: 0x78, count: 5000),
            Array("a b\nc".utf8), Array("=1 x".utf8),
        ] as [[UInt8]])
    func namesStayTheBytesTheyAre(path: [UInt8]) throws {
        #expect(try readBack(TarHeader(path: path, kind: .directory, mode: 0o755)).path == path)
        // The root is a directory and nothing else.
        guard !path.isEmpty else { return }
        #expect(try readBack(TarHeader(path: path, kind: .file, mode: 0o644)).path == path)
        let link = try readBack(TarHeader(path: [0x6C], kind: .symlink, mode: 0o777, linkTarget: path))
        #expect(link.kind == .symlink && link.linkTarget == path)
        let hard = try readBack(TarHeader(path: [0x6C], kind: .hardLink, mode: 0o644, linkTarget: path))
        #expect(hard.kind == .hardLink && hard.linkTarget == path)
    }

    @Test(arguments: [
        (0, 0), (1, 0), (1_700_000_000, 123_456_789), (-1, 0), (-2, 500_000_000), (-1, 1), (1 << 35, 1), (-(1 << 33), 0),
    ])
    func timesStay(seconds: Int64, nanoseconds: UInt32) throws {
        let entry = try readBack(
            TarHeader(path: [0x61], kind: .file, mode: 0o600, mtimeSeconds: seconds, mtimeNanoseconds: nanoseconds))
        #expect(entry.mtimeSeconds == seconds && entry.mtimeNanoseconds == nanoseconds)
    }

    @Test(.needs("python3")) func timesJustBefore1970AreReadByOthers() throws {
        // Many entries, so that headers lie across the pieces that the writer gives.
        var bytes: [UInt8] = []
        let writer = try TarWriter { bytes += $0 }
        for number in 0..<2000 {
            var header = TarHeader.file("file\(number)", size: Int64(number))
            (header.mtimeSeconds, header.mtimeNanoseconds) = (-1, 500_000_000)
            try writer.add(header, [UInt8](repeating: 0x31, count: number))
        }
        try writer.end()
        let tar = try TemporaryFile(bytes)
        let script = "import sys, tarfile; print({(m.mtime, m.size - int(m.name[4:])) for m in tarfile.open(sys.argv[1])})"
        #expect(try Program("python3").run(["-c", script, tar.url.path]).output == "{(-0.5, 0)}\n")
    }

    @Test(arguments: [0, 1, 0o7777777, 0o7777777 + 1, 1 << 32] as [Int64]) func ownersStay(id: Int64) throws {
        let entry = try readBack(TarHeader(path: [0x61], kind: .file, mode: 0o4751, uid: id, gid: id))
        #expect(entry.uid == id && entry.gid == id && entry.mode == 0o4751)
    }

    @Test(arguments: [EntryKind.characterDevice, .blockDevice, .fifo]) func specialFilesStay(kind: EntryKind) throws {
        let device: UInt64 = kind == .fifo ? 0 : 259 << 32 | 70_000
        let entry = try readBack(TarHeader(path: [0x61], kind: kind, mode: 0o660, device: device))
        #expect(entry.kind == kind && entry.device == device)
    }

    @Test func attributesStay() throws {
        let value: [UInt8] = [1, 0, 0, 2, 10, 61, 255]
        let member = TarMember.file("a", []).xattr("security.capability", value).xattr("user.a_b-c.d", [])
        let header = TarHeader(
            path: [0x61], kind: .file, mode: 0o644,
            xattrs: [
                ExtendedAttribute(name: Array("user.a_b-c.d".utf8), value: []),
                ExtendedAttribute(name: Array("security.capability".utf8), value: value),
            ])
        #expect(try readBack(header).xattrs == entries([member])[0].xattrs)
    }

    @Test func gnuTarReadsIt() throws {
        let folder = try TemporaryDirectory()
        let files: [(TarHeader, [UInt8])] = [
            (.directory("d"), []), (.file("d/\(String(repeating: "n", count: 180))", size: 2), [1, 2]),
            (TarHeader(path: Array("s".utf8), kind: .symlink, mode: 0o777, linkTarget: Array("d".utf8)), []),
        ]
        try Data(try written(files)).write(to: URL(fileURLWithPath: folder.path("a.tar")))
        let outcome = try Program("tar").run(["tf", folder.path("a.tar")])
        #expect(outcome.errors == "")
        #expect(outcome.lines == ["d/", "d/\(String(repeating: "n", count: 180))", "s"])
    }

    @Test func tooMuchOrTooLittleContentIsAnError() throws {
        #expect(throws: LayerArchiveError.self) { try written([(.file("a", size: 1), [1, 2])]) }
        #expect(throws: LayerArchiveError.self) { try written([(.file("a", size: 3), [1, 2])]) }
    }

    @Test func whatTheSinkThrowsIsThrown() throws {
        let writer = try TarWriter { _ in throw Refusal() }
        do {
            try writer.add(.file("a", size: 1), [1])
            try writer.end()
            Issue.record("nothing was thrown")
        } catch LayerArchiveError.tapFailed(let cause) {
            #expect(cause is Refusal)
        }
    }

    @Test func anUnfinishedTarIsNotFinishedByItself() throws {
        var bytes: [UInt8] = []
        do {
            let writer = try TarWriter { bytes += $0 }
            try writer.begin(.file("a", size: 10_000_000))
        }
        #expect(bytes == [])
    }
}
