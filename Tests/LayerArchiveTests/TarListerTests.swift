import Foundation
import LayerArchive
import StorageIO
import SystemPackage
import TestSupport
import Testing

struct TarListerTests {
    private func members(_ bytes: [UInt8]) throws -> [ArchiveMember] {
        try TemporaryFile(bytes).opened { try TarLister.members(fd: $0) }
    }

    @Test func offsetsAreWhereTheContentsStart() throws {
        let bodies = [0, 1, 511, 512, 70_000, 3].map { TarMember.noise(size: $0, seed: UInt64($0)) }
        var list = bodies.enumerated().map { TarMember.file("./f\($0.offset)", $0.element) }
        list[3] = list[3].with { $0.name = Array(String(repeating: "long", count: 60).utf8) }
        list[4] = list[4].with {
            $0.name = Array(String(repeating: "gnu", count: 60).utf8)
            $0.dialect = .gnu
        }
        let bytes = Tar(list).bytes
        let found = try members(bytes)
        #expect(found.map { Array(bytes[Int($0.dataOffset)..<Int($0.dataOffset + $0.size)]) } == bodies)
        #expect(found[0].name == Array("f0".utf8))
    }

    @Test func linksAreListed() throws {
        let found = try members(Tar([.symlink("a/layer.tar", to: "../b/layer.tar"), .hardLink("h", to: "./x/y")]).bytes)
        #expect(found.map(\.kind) == [.symlink, .hardLink])
        #expect(found.map { String(decoding: $0.linkTarget, as: UTF8.self) } == ["../b/layer.tar", "x/y"])
    }

    @Test func aMemberBeyondTheFilesEndIsTruncation() {
        let bytes = Tar([.file("a", text: "1"), .file("layer", size: 100_000, seed: 1)], ending: []).bytes
        for length in [bytes.count - 1000, 2000, 1536 + 10] {
            let error = #expect(throws: LayerArchiveError.self) { try members(Array(bytes[..<length])) }
            #expect(error?.name == "tarTruncated")
        }
    }

    @Test func anArchiveMayEndWithoutEndBlocks() throws {
        #expect(try members(Tar([.file("a", text: "1")], ending: []).bytes).count == 1)
    }

    @Test func whatIsNoTarIsRefused() {
        #expect(throws: LayerArchiveError.self) { try members(Array("{}".utf8)) }
        #expect(throws: LayerArchiveError.self) { try members(TarMember.noise(size: 4000, seed: 1)) }
    }

    @Test func aParentPartIsRefused() {
        #expect(throws: LayerArchiveError.self) { try members(Tar([.file("../x", text: "1")]).bytes) }
    }

    @Test func aSparseMemberIsReadWithItsHoles() throws {
        let chunks: [(offset: Int64, bytes: [UInt8])] = [
            (0, [1, 2]), (50_000, [3]), (70_000, TarMember.noise(size: 5000, seed: 1)),
        ]
        let bytes = Tar([
            .file("before", size: 70_000, seed: 1), .sparse("s", size: 100_000, chunks: chunks), .file("after", text: "x"),
            .sparse("hole", size: 3000, chunks: []),
        ]).bytes
        var expected = [UInt8](repeating: 0, count: 100_000)
        for (offset, bytes) in chunks { expected.replaceSubrange(Int(offset)..<Int(offset) + bytes.count, with: bytes) }
        let file = try TemporaryFile(bytes)
        let members = try file.opened { try TarLister.members(fd: $0) }
        #expect(members.map { $0.sparseHeaderOffset != nil } == [false, true, false, true])
        let opened = File(adopting: try FileDescriptor.open(FilePath(file.url.path), .readOnly), path: "x")
        for (member, content) in [(members[1], expected), (members[3], [UInt8](repeating: 0, count: 3000))] {
            let source = try SparseMemberSource(member, in: opened, limits: ScanLimits())
            var found: [UInt8] = []
            var buffer = [UInt8](repeating: 9, count: 777)
            while case let count = try buffer.withUnsafeMutableBytes({ try source.read(into: $0) }), count > 0 {
                found += buffer[..<count]
            }
            #expect(found == content)
        }
    }

    @Test func aHoleOverTheLimitsIsRefusedWhenItIsRead() throws {
        let file = try TemporaryFile(Tar([.sparse("s", size: 3 << 40, chunks: [(0, [1])])]).bytes)
        let members = try file.opened { try TarLister.members(fd: $0) }
        let opened = File(adopting: try FileDescriptor.open(FilePath(file.url.path), .readOnly), path: "x")
        for limit in [ScanLimitKind.tarBytes, .ratio] {
            var limits = ScanLimits()
            if limit == .ratio { limits.maxTarBytes = 4 << 40 }
            let error = #expect(throws: LayerArchiveError.self) {
                try SparseMemberSource(members[0], in: opened, limits: limits)
            }
            guard case .limitExceeded(limit, _, _) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test func bigMembersAreSkippedNotRead() throws {
        let file = try TemporaryFile()
        let head = Tar([TarMember(name: Array("big".utf8)).with { $0.claimedSize = 4 << 30 }], ending: []).bytes
        let tail = Tar([.file("after", text: "1")]).bytes
        try file.opened { fd in
            let handle = FileHandle(fileDescriptor: fd)
            try handle.write(contentsOf: Data(head))
            try handle.seek(toOffset: UInt64(head.count) + 4 << 30)
            try handle.write(contentsOf: Data(tail))
            let start = Date()
            let found = try TarLister.members(fd: fd)
            #expect(Date().timeIntervalSince(start) < 0.5)
            #expect(found.map(\.size) == [4 << 30, 1])
            #expect(found[1].dataOffset == Int64(head.count) + 4 << 30 + 512)
        }
    }

    @Test(.needsCases) func everySharedArchiveListsAsItsBytesSay() throws {
        let folder = try #require(SharedCases.url("archives"))
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        var count = 0
        while let url = files?.nextObject() as? URL {
            guard url.pathExtension == "tar" else { continue }
            let bytes = [UInt8](try Data(contentsOf: url))
            let found = try members(bytes)
            for member in found where member.kind == .file {
                let header = Array(bytes[Int(member.dataOffset) - 512..<Int(member.dataOffset)])
                #expect(header[257..<262].elementsEqual("ustar".utf8), "\(url.lastPathComponent)")
                let size = header[124..<135].reduce(0) { (0x30...0x37).contains($1) ? $0 << 3 | Int64($1 & 7) : $0 }
                #expect(size == member.size)
                let name = String(decoding: member.name, as: UTF8.self)
                if name.hasSuffix(".json") { #expect("{[n".utf8.contains(bytes[Int(member.dataOffset)])) }
            }
            count += 1
        }
        #expect(count > 30)
    }
}
